"""Record batches: every codec, every way to be broken."""

import struct

import cramjam
import numpy as np
import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from app.kernels import batches
from app.kernels.batches import CorruptBatch, LegacyFormat, frame, scan_headers
from app.kernels.batches_codecs import Undecodable, Unpacked
from tests.reference.batches import (
    Lost,
    Record,
    body,
    build,
    plain_lz4,
    rows_of,
    with_checksum,
)

RECORDS: list[tuple[bytes | None, bytes | None]] = [
    (b"a", b"one"),
    (None, b"two" * 300),
    (b"c", None),
    (b"", b""),
]
EXPECTED = [Record(40 + i, 1_000 + i, key, value) for i, (key, value) in enumerate(RECORDS)]
NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)


def framed(chunk: bytes, first_offset: int = 0, *, check_crc: bool = True) -> list[Record | Lost]:
    return rows_of(frame(chunk, first_offset, check_crc=check_crc))


@pytest.mark.parametrize("codec", [NONE, GZIP, SNAPPY, LZ4, ZSTD])
def test_batches_of_a_real_producer_in_every_codec(codec: int) -> None:
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=0,
        producer_id=77,
        producer_epoch=0,
        base_sequence=0,
        batch_size=1 << 20,
    )
    for i, (key, value) in enumerate(RECORDS):
        builder.append(i, timestamp=5_000 + i, key=key, value=value, headers=[("h", b"x")])
    chunk = bytes(builder.build())
    expected = [Record(i, 5_000 + i, key, value) for i, (key, value) in enumerate(RECORDS)]
    assert framed(chunk) == expected
    assert framed(chunk * 2, 2) == expected[2:] * 2
    headers = scan_headers(np.frombuffer(chunk * 2, np.uint8))
    assert headers["position"].tolist() == [0, len(chunk)]
    assert headers["length"].tolist() == [len(chunk)] * 2
    assert headers["producer_id"].tolist() == [77, 77]
    assert (headers["attributes"] & batches.CODEC_MASK).tolist() == [codec, codec]


def test_plain_and_compressed_batches_in_one_chunk() -> None:
    raw = cramjam.snappy.compress_raw(body(RECORDS))
    chunk = (
        build(RECORDS, base_offset=40)
        + build(RECORDS, base_offset=44, attributes=SNAPPY, payload=bytes(raw))
        + build(RECORDS, base_offset=48)
    )
    assert framed(chunk) == [
        record._replace(offset=record.offset + shift) for shift in (0, 4, 8) for record in EXPECTED
    ]


def test_an_uncompressed_chunk_is_not_copied() -> None:
    chunk = build(RECORDS)
    result = frame(chunk, 0, check_crc=True)
    assert np.shares_memory(result.data, np.frombuffer(chunk, np.uint8))


def test_a_memoryview_of_writable_bytes_is_taken() -> None:
    assert framed(memoryview(bytearray(build(RECORDS, base_offset=40)))) == EXPECTED  # type: ignore[arg-type]


def test_a_partial_batch_at_the_end_is_left_out() -> None:
    whole = build(RECORDS, base_offset=40)
    for cut in (1, 8, 12, 17, 40, 61, len(whole) - 1):
        assert framed(whole + whole[:cut]) == EXPECTED
    assert framed(b"") == []


def test_records_below_the_first_offset_are_skipped() -> None:
    chunk = build(RECORDS, base_offset=40)
    assert framed(chunk, 42) == EXPECTED[2:]
    assert framed(chunk, 44) == []


def test_log_append_time_is_the_batch_s() -> None:
    rows = framed(build(RECORDS, attributes=batches.LOG_APPEND_TIME, max_timestamp=123))
    assert [row.timestamp for row in rows] == [123] * 4


def test_control_batches_are_skipped() -> None:
    control = build([(b"\0\0\0\1", b"\0" * 6)], attributes=batches.CONTROL, base_offset=39)
    assert framed(control + build(RECORDS, base_offset=40)) == EXPECTED


def test_an_empty_batch_that_compaction_left() -> None:
    assert framed(build([], last_delta=9) + build(RECORDS, base_offset=40)) == EXPECTED


@pytest.mark.parametrize("magic", [0, 1])
def test_legacy_formats_are_refused_with_what_to_do(magic: int) -> None:
    chunk = build(RECORDS, magic=magic, base_offset=7)
    with pytest.raises(LegacyFormat, match=rf"offset 7 .* v{magic}.*message\.format\.version"):
        frame(chunk, 0, check_crc=False)


def test_an_unknown_format_and_an_impossible_length_are_refused() -> None:
    with pytest.raises(CorruptBatch, match="unknown record batch format 3"):
        frame(build(RECORDS, magic=3), 0, check_crc=False)
    batch = build(RECORDS)
    for length in (-1, 0, 48):
        with pytest.raises(CorruptBatch, match="length"):
            frame(batch[:8] + struct.pack(">i", length) + batch[12:], 0, check_crc=False)


def test_a_wrong_checksum_is_refused_only_when_asked_for() -> None:
    chunk = bytearray(build(RECORDS, base_offset=40))
    chunk[17] ^= 1
    with pytest.raises(CorruptBatch, match="offset 40: record batch checksum"):
        frame(bytes(chunk), 0, check_crc=True)
    assert framed(bytes(chunk), check_crc=False) == EXPECTED
    chunk[17] ^= 1
    chunk[-1] ^= 1
    with pytest.raises(CorruptBatch, match="checksum"):
        frame(bytes(chunk), 0, check_crc=True)


def test_records_that_cannot_be_framed_are_reported_with_their_offsets() -> None:
    whole = body(RECORDS)
    for payload, good in ((whole[:-1], 3), (whole[:12], 0), (b"", 0), (b"\xff" * 30, 0)):
        rows = framed(build(RECORDS, base_offset=40, payload=payload))
        lost = [Lost(40 + good, 9_000, 4 - good)]
        assert rows == [*EXPECTED[:good], *lost]
        # the rest of the chunk is not affected, nor is what was already read reported again
        after = build(RECORDS, base_offset=40)
        assert framed(build(RECORDS, payload=payload) + after, 40) == EXPECTED
        partly = framed(build(RECORDS, base_offset=40, payload=payload), 43)
        assert partly == [Lost(43, 9_000, 1)]


def test_a_count_that_is_not_true_is_reported() -> None:
    assert framed(build(RECORDS, base_offset=40, count=3)) == [*EXPECTED[:3], Lost(43, 9_000, 1)]
    assert framed(build(RECORDS, base_offset=40, count=5, last_delta=9)) == [
        *EXPECTED,
        Lost(44, 9_000, 6),
    ]
    for count in (-1, 0):
        assert framed(build(RECORDS, base_offset=40, count=count)) == [Lost(40, 9_000, 4)]
    assert len(framed(build(RECORDS, base_offset=40, count=2**31 - 1))) == 5


def test_offsets_that_do_not_increase_or_leave_the_batch_are_reported() -> None:
    # records beyond the batch's last offset have none of their own: the last one stands for them
    rows = framed(build(RECORDS, base_offset=40, last_delta=1))
    assert rows == [*EXPECTED[:2], Lost(41, 9_000, 1)]
    twice = body(RECORDS[:1]) * 2
    rows = framed(build([], payload=twice, count=2, last_delta=1, base_offset=40))
    assert rows == [EXPECTED[0], Lost(41, 9_000, 1)]


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD, 5, 6, 7])
def test_what_cannot_be_decompressed_is_reported_not_raised(codec: int) -> None:
    broken = build(RECORDS, base_offset=40, attributes=codec, payload=b"not compressed")
    assert framed(broken + build(RECORDS, base_offset=44)) == [
        Lost(40, 9_000, 4),
        *[record._replace(offset=record.offset + 4) for record in EXPECTED],
    ]


def test_xerial_snappy_blocks() -> None:
    whole = body(RECORDS)
    payload = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)
    for at in range(0, len(whole), 100):
        block = bytes(cramjam.snappy.compress_raw(whole[at : at + 100]))
        payload += struct.pack(">i", len(block)) + block
    batch = build(RECORDS, base_offset=40, attributes=SNAPPY, payload=payload)
    assert framed(batch) == EXPECTED
    for bad in (payload[:-1], payload + b"\0\0", payload + struct.pack(">i", -1), payload[:18]):
        batch = build(RECORDS, base_offset=40, attributes=SNAPPY, payload=bad)
        assert framed(batch) == [Lost(40, 9_000, 4)]


@pytest.mark.parametrize("stored", [False, True])
def test_lz4_block_by_block(stored: bool) -> None:
    payload = plain_lz4(body(RECORDS), 100, stored=stored)
    assert bytes(cramjam.lz4.decompress(payload)) == body(RECORDS)
    sized = payload[:4] + b"\x68\x40" + len(body(RECORDS)).to_bytes(8, "little") + payload[6:]
    for good in (payload, payload + b"more", sized):
        batch = build(RECORDS, base_offset=40, attributes=LZ4, payload=good)
        assert framed(batch) == EXPECTED
    for bad in (payload[:-1], payload[:-5], payload[:7], payload[:9], payload[:6], b"\x04\x22"):
        batch = build(RECORDS, base_offset=40, attributes=LZ4, payload=bad)
        assert framed(batch) == [Lost(40, 9_000, 4)]


def test_an_lz4_block_may_begin_with_what_reads_as_a_length() -> None:
    # One literal, then ten more of it: the bytes 16 30 01 00, or 77,846 little-endian.
    value = b"0" * 11 + bytes(range(256)) * 400
    payload = plain_lz4(value)
    assert int.from_bytes(payload[11:15], "little") == 77_846 < len(value)
    unpacked = Unpacked(0)
    unpacked.decompress(LZ4, memoryview(payload), len(value))
    assert unpacked.data().tobytes() == value


def test_payloads_stand_one_behind_the_other_however_little_room_there_was() -> None:
    unpacked = Unpacked(10)
    unpacked.add(np.frombuffer(b"first", np.uint8))
    for value in (b"a" * 100_000, b"b" * 3_000_000):
        payload = memoryview(bytes(cramjam.gzip.compress(value)))
        with pytest.raises(Undecodable):
            unpacked.decompress(GZIP, payload, len(value) - 1)
        unpacked.decompress(GZIP, payload, len(value))
    data = unpacked.data()
    assert data.tobytes() == b"first" + b"a" * 100_000 + b"b" * 3_000_000
    assert not data.flags.writeable


def test_an_lz4_block_that_is_larger_than_allowed_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MAX_BATCH_BYTES", 1 << 20)
    for stored in (False, True):
        payload = plain_lz4(bytes((1 << 20) + 1), stored=stored)
        batch = build(RECORDS, base_offset=40, attributes=LZ4, payload=payload)
        assert framed(batch) == [Lost(40, 9_000, 4)]


@pytest.mark.parametrize("codec", [GZIP, LZ4, ZSTD, SNAPPY])
def test_a_decompression_bomb_is_reported(codec: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_BATCH_BYTES", 1 << 20)
    compress = {
        GZIP: cramjam.gzip.compress,
        LZ4: cramjam.lz4.compress,
        ZSTD: cramjam.zstd.compress,
        SNAPPY: cramjam.snappy.compress_raw,
    }[codec]
    bomb = build(
        RECORDS, base_offset=40, attributes=codec, payload=bytes(compress(bytes((1 << 20) + 1)))
    )
    assert framed(bomb) == [Lost(40, 9_000, 4)]


@pytest.mark.parametrize("codec", [GZIP, LZ4, ZSTD, SNAPPY])
def test_a_batch_that_shrank_uncommonly_much_is_read(codec: int) -> None:
    value = bytes(2_000_000)
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 22)
    builder.append(0, timestamp=5, key=b"k", value=value, headers=[])
    assert framed(bytes(builder.build())) == [Record(0, 5, b"k", value)]


def test_the_chunk_as_a_whole_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = bytes(cramjam.zstd.compress(body(RECORDS)))
    batch = build(RECORDS, base_offset=40, attributes=ZSTD, payload=payload)
    size = len(body(RECORDS))
    monkeypatch.setattr(batches, "MAX_CHUNK_BYTES", 2 * size + size // 2)
    assert framed(batch * 3) == [*EXPECTED, *EXPECTED, Lost(40, 9_000, 4)]
    monkeypatch.setattr(batches, "MAX_CHUNK_BYTES", 1 << 20)
    monkeypatch.setattr(batches, "MAX_CHUNK_RECORDS", 7)
    assert framed(batch * 2) == [*EXPECTED, Lost(40, 9_000, 4)]
    assert len(batches.frame(batch * 2, 0, check_crc=True).data) == size  # the other's are not kept


def test_a_delete_horizon_does_not_move_timestamps() -> None:
    # Compaction may replace the base timestamp and then rewrites the deltas (attribute bit 6).
    rows = framed(with_checksum(build(RECORDS, attributes=0x40, base_timestamp=1_000)))
    assert [row.timestamp for row in rows] == [1_000, 1_001, 1_002, 1_003]
