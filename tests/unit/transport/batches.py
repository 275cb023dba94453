"""Record batches as a broker would hold them, built by aiokafka and then placed in a log."""

import struct

import google_crc32c
from aiokafka.record.default_records import DefaultRecordBatchBuilder

CONTROL, TRANSACTIONAL = 0x20, 0x10
CRC_AT, ATTRIBUTES_AT, LAST_DELTA_AT = 17, 21, 23


def batch(
    base_offset: int,
    values: list[bytes],
    *,
    codec: int = 0,
    producer: int = -1,
    transactional: bool = False,
    key: bytes | None = b"key",
) -> bytes:
    """One batch of ``values`` at ``base_offset``; timestamps are 1000 and up."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=int(transactional),
        producer_id=producer,
        producer_epoch=0 if producer >= 0 else -1,
        base_sequence=0 if producer >= 0 else -1,
        batch_size=1 << 24,
    )
    for index, value in enumerate(values):
        builder.append(index, timestamp=1000 + index, key=key, value=value, headers=[])
    return struct.pack(">q", base_offset) + bytes(builder.build())[8:]


def marker(base_offset: int, producer: int, *, commit: bool) -> bytes:
    """The control batch that ends a transaction."""
    body = batch(
        base_offset,
        [struct.pack(">hi", 0, 0)],
        producer=producer,
        transactional=True,
        key=struct.pack(">hh", 0, int(commit)),
    )
    return with_attributes(body, TRANSACTIONAL | CONTROL)


def with_attributes(data: bytes, attributes: int) -> bytes:
    return _sealed(data[:ATTRIBUTES_AT] + struct.pack(">h", attributes) + data[LAST_DELTA_AT:])


def with_last_delta(data: bytes, delta: int) -> bytes:
    """What compaction leaves: the batch still covers offsets of records that are gone."""
    return _sealed(data[:LAST_DELTA_AT] + struct.pack(">i", delta) + data[LAST_DELTA_AT + 4 :])


def _sealed(data: bytes) -> bytes:
    crc = google_crc32c.value(data[ATTRIBUTES_AT:])
    return data[:CRC_AT] + struct.pack(">I", crc) + data[ATTRIBUTES_AT:]
