"""What an agent, or a table's recovery, gets for a topic that is read in chunks.

One Faust message stands for a run of one partition's log: ``[first_offset, next_offset)``.

``value``
    ``bytes``: the complete Kafka record batches (format v2) of that run, one after another,
    compressed as their producer left them and with their checksums unchecked (``frame(...,
    check_crc=True)`` checks them once). Control batches and batches of aborted transactions are not
    in it. It may be empty: a run of nothing but control, aborted or compacted records still moves
    the position.
``first_offset``
    Records below it are not part of the chunk, though the first batch may hold some: a broker
    returns whole batches. Pass it on: ``frame(message.value, message.first_offset, ...)``.
``next_offset``
    Where the next chunk starts. ``offset``, which Faust reads, is ``next_offset - 1``.
``generation_id``
    The group generation the chunk was fetched in. Faust's streams drop a message of an older one.

Within one assignment the chunks of a partition join without a gap or an overlap until something
seeks. ``key`` and ``headers`` are None; ``timestamp`` is the newest record's, in seconds.
"""

from dataclasses import dataclass

from faust.types import TP
from faust.types.tuples import ConsumerMessage

from app.transport.ledger import Delivery


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of one partition's log as the Kafka client fetched it; see the module's contract.

    ``records`` counts the records in ``data`` as their headers claim, those below
    ``first_offset`` included; ``timestamp_ms`` is -1 in an empty chunk.
    """

    first_offset: int
    next_offset: int
    data: bytes
    batches: int
    records: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class UnreadableChunk:
    """A place where a partition's log could not be cut into chunks, and why."""

    offset: int
    error: Exception


class ChunkMessage(ConsumerMessage):  # type: ignore[misc]
    """A chunk as a Faust message; see the module's contract."""

    __slots__ = ("_delivery", "first_offset", "next_offset")

    first_offset: int
    next_offset: int

    def __init__(self, tp: TP, chunk: Chunk, generation_id: int, delivery: Delivery | None) -> None:
        self._delivery = delivery or Delivery(chunk.next_offset)
        self.first_offset = chunk.first_offset
        self.next_offset = chunk.next_offset
        super().__init__(
            tp.topic,
            tp.partition,
            chunk.next_offset - 1,
            timestamp=chunk.timestamp_ms / 1000,
            timestamp_type=0,
            headers=None,
            key=None,
            value=chunk.data,
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=len(chunk.data),
            tp=tp,
            generation_id=generation_id,
        )

    @property
    def acked(self) -> bool:
        """Whether the last stream has finished with the chunk.

        Faust's compiled streams set this attribute instead of calling the consumer, so this is
        where an acknowledgement arrives.
        """
        return self._delivery.settled

    @acked.setter
    def acked(self, value: bool) -> None:
        if value:
            self._delivery.settle()
