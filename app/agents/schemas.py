"""Writers' Avro schemas for the event loop, which must never wait for a registry.

What an agent reads is folded on the event loop, where a call that blocks would hold up every other
partition, the heartbeats and the checkpoints. So the schemas of a run are looked up in a thread
before it is folded: reading a run whose schemas are not at hand raises ``SchemasPending`` before
anything of it has been applied, the agent awaits ``learn``, and begins the run again.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import structlog

from app import metrics
from app.events.framing import SchemaSource
from app.events.record import Record
from app.events.schemas import Schema
from app.kernels.avro_decode_program import SchemasPending

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
"""Pauses before a schema registry that could not be reached is asked again: doubled each time, and
short enough that nobody waits for long once it is back."""

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


class Waiting(Protocol):
    """Who is told that a topic is held up from outside; see ``Consumer.held_up``."""

    held_up: set[str]


class SchemaLookups:
    """The schemas that runs of one topic wait for, whichever partitions they are of."""

    def __init__(self, topic: str, schemas: SchemasAtHand, consumer: Callable[[], Waiting]) -> None:
        self._topic = topic
        self._schemas = schemas
        self._consumer = consumer
        self._waiting = 0
        self._users: Counter[Wanted] = Counter()

    async def wait(self, wanted: set[Wanted], still: Callable[[], bool]) -> None:
        """Until the source has answered for what is ``wanted``, or not ``still`` to be waited for.

        The answers stay at hand until whoever waited has called ``release``, in any case. Only runs
        of this topic wait; they keep their offsets and their order.
        """
        self._users.update(wanted)
        self._begin(len(wanted))
        pause = FIRST_PAUSE_SECONDS
        try:
            while still():
                try:
                    await self._schemas.learn(wanted)
                    return
                except ConnectionError as exc:
                    log.warning(
                        "records wait for the schema registry", topic=self._topic, error=str(exc)
                    )
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        finally:
            self._end(len(wanted))

    def _begin(self, schemas: int) -> None:
        self._waiting += 1
        self._consumer().held_up.add(self._topic)
        metrics.SCHEMAS_AWAITED.labels(topic=self._topic).inc(schemas)

    def _end(self, schemas: int) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._consumer().held_up.discard(self._topic)
        metrics.SCHEMAS_AWAITED.labels(topic=self._topic).dec(schemas)

    def release(self, learnt: set[Wanted]) -> None:
        """A run that has waited for what it has ``learnt`` has been taken, or given up."""
        self._users.subtract(learnt)
        unused = {one for one in learnt if self._users[one] <= 0}
        for one in unused:
            del self._users[one]
        self._schemas.forget(unused)
