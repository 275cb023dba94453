"""A chunk as a Faust message."""

from faust.types import TP

from app.transport.chunks import Chunk, ChunkMessage
from app.transport.ledger import AckLedger

TP0 = TP("requests", 3)
CHUNK = Chunk(100, 250, b"batches", 2, 140, 5000)


def test_what_faust_reads() -> None:
    message = ChunkMessage(TP0, CHUNK, 7, None)
    assert (message.topic, message.partition, message.tp) == ("requests", 3, TP0)
    assert (message.key, message.value, message.headers) == (None, b"batches", None)
    assert (message.offset, message.timestamp, message.generation_id) == (249, 5.0, 7)
    assert (message.serialized_key_size, message.serialized_value_size) == (0, 7)


def test_what_an_agent_reads() -> None:
    message = ChunkMessage(TP0, CHUNK, 7, None)
    assert (message.first_offset, message.next_offset) == (100, 250)


def test_an_acknowledgement_by_attribute_reaches_the_ledger() -> None:
    """As Faust's compiled streams do it, which call no method of the consumer."""
    ledger = AckLedger()
    message = ChunkMessage(TP0, CHUNK, 7, ledger.enter(TP0, CHUNK.next_offset))
    assert not message.acked
    message.acked = False
    assert ledger.committable(TP0) is None
    message.acked = True
    assert message.acked
    assert ledger.committable(TP0) == 250


def test_the_last_of_several_streams_settles() -> None:
    ledger = AckLedger()
    message = ChunkMessage(TP0, CHUNK, 7, ledger.enter(TP0, CHUNK.next_offset))

    class Consumer:
        def ack(self, one: ChunkMessage) -> bool:
            one.acked = True
            return True

    message.incref(2)
    assert not message.ack(Consumer())
    assert ledger.committable(TP0) is None
    assert message.ack(Consumer())
    assert ledger.committable(TP0) == 250


def test_the_ledger_keeps_no_bytes() -> None:
    ledger = AckLedger()
    delivery = ledger.enter(TP0, CHUNK.next_offset)
    assert not hasattr(delivery, "__dict__")
    assert set(type(delivery).__slots__) == {"_on_settled", "next_offset", "settled"}
