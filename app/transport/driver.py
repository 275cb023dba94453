"""The Faust transport ``reflux://host:port``: aiokafka's, with chunks.

Group membership, assignment, rebalancing, topic creation, credentials and producing are Faust's
own. An application says which topics it reads in chunks before it starts::

    app = faust.App("reflux", broker="reflux://kafka:9092", ...)
    app.transport.read_in_chunks("reflux.requests.v1", ...)
    app.transport.positions = durable_positions  # see app.transport.positions

Such a topic is declared with ``key_serializer="raw", value_serializer="raw"`` and without types,
and so is every table's changelog: those are always read in chunks.
"""

from typing import Any, ClassVar

from faust.transport.drivers import aiokafka as stock
from faust.types import TP

from app.transport.consumer import Consumer
from app.transport.pinned import verify
from app.transport.positions import DurablePositions


class Transport(stock.Transport):  # type: ignore[misc]
    """Kafka by aiokafka, read in chunks where the application asks for it."""

    Consumer: ClassVar[type[Consumer]] = Consumer

    driver_version = f"reflux on {stock.Transport.driver_version}"

    positions: DurablePositions | None
    """Where chunk inputs resume and what is committed for them; None: acknowledgements decide."""

    queued_chunks: int
    """Most chunks that wait in one stream. With what the client holds this bounds memory."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        verify()
        super().__init__(*args, **kwargs)
        self._chunk_topics: set[str] = set()
        self.positions = None
        self.queued_chunks = 8

    def read_in_chunks(self, *topics: str) -> None:
        """Deliver these topics in chunks. Call before the application starts."""
        self._chunk_topics.update(topics)

    def in_chunks(self, topic: str) -> bool:
        return topic in self._chunk_topics or topic in self.app.tables.changelog_topics

    def durable_position(self, tp: TP) -> int | None:
        """Where an input resumes, if that is durable elsewhere than in committed offsets."""
        if self.positions is None or not self.in_chunks(tp.topic):
            return None
        return self.positions.resume(tp)
