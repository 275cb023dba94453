"""Writers' Avro schemas for the event loop, which must never wait for a registry.

What an agent reads is folded on the event loop, where a call that blocks would hold up every other
partition, the heartbeats and the checkpoints. So the schemas of a run are looked up in a thread
before it is folded: reading a run whose schemas are not at hand raises ``SchemasPending`` before
anything of it has been applied, the agent awaits ``learn``, and begins the run again.
"""

import asyncio

from app.events.framing import SchemaSource
from app.events.record import Record
from app.events.schemas import Schema
from app.kernels.avro_decode_program import SchemasPending

Wanted = tuple[int, type[Record]]
"""A schema id, and the record whose values are framed with it."""


class SchemasAtHand:
    """A ``SchemaSource`` that answers at once, or raises ``SchemasPending``.

    Answers are kept until they are forgotten, not for a time: a run that names more ids than a
    cache holds, or than can be asked for within a cache's life, must come to an end as well.
    """

    def __init__(self, source: SchemaSource) -> None:
        self._source = source
        self._answers: dict[Wanted, Schema | None] = {}

    def writer(self, schema_id: int, record: type[Record], /) -> Schema | None:
        """The schema with this id, or None when there is none.

        Raises:
            SchemasPending: it has to be learnt first.
        """
        wanted = schema_id, record
        if wanted not in self._answers:
            raise SchemasPending({wanted})
        return self._answers[wanted]

    def identify(self, topic: str, record: type[Record], /) -> int:
        """The source's answer; blocks on the network as the source does."""
        return self._source.identify(topic, record)

    async def learn(self, wanted: set[Wanted]) -> None:
        """Ask the source for what is ``wanted``, in a thread.

        Raises:
            What the source raises. Answers that came before it are kept.
        """
        await asyncio.to_thread(self._ask, sorted(wanted, key=str))

    def _ask(self, wanted: list[Wanted]) -> None:
        for one in wanted:
            if one not in self._answers:
                self._answers[one] = self._source.writer(*one)

    def forget(self, wanted: set[Wanted]) -> None:
        """Let go of answers: whoever reads an id again has kept what became of it, or asks anew."""
        for one in wanted:
            self._answers.pop(one, None)
