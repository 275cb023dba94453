"""Record batches read the obvious way: one struct, one record at a time."""

import gzip
import struct
from typing import NamedTuple

import cramjam
import google_crc32c
import numpy as np

from app.kernels.batches import Framed

HEADER = struct.Struct(">qiibIhiqqqhii")
SKIPPED = 1 << 5  # control batch


class Record(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Lost(NamedTuple):
    """Offsets that could not be framed."""

    offset: int
    timestamp: int
    count: int


class Broken(Exception):
    pass


def varint(data: bytes, at: int) -> tuple[int, int]:
    raw, shift = 0, 0
    while True:
        if at >= len(data) or shift > 63:
            raise Broken
        byte = data[at]
        at += 1
        raw |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if raw >= 1 << 64:
        raise Broken
    return (raw >> 1) ^ -(raw & 1), at


def zigzag(value: int) -> bytes:
    """The encoding of a signed integer, the inverse of ``varint``."""
    raw = (value << 1) ^ (value >> 63)
    out = b""
    while raw > 0x7F:
        out += bytes([raw & 0x7F | 0x80])
        raw >>= 7
    return out + bytes([raw])


def _take(data: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = varint(data, at)
    if length < 0:
        return None, at
    if at + length > len(data):
        raise Broken
    return data[at : at + length], at + length


def _decompress(codec: int, payload: bytes) -> bytes:
    if codec == 0:
        return payload
    try:
        if codec == 1:
            return gzip.decompress(payload)
        if codec == 2:
            return _snappy(payload)
        if codec == 3:
            return bytes(cramjam.lz4.decompress(payload))
        if codec == 4:
            return bytes(cramjam.zstd.decompress(payload))
    except Exception as error:
        raise Broken from error
    raise Broken


def plain_lz4(data: bytes, block_bytes: int = 1 << 16, *, stored: bool = False) -> bytes:
    """``data`` as the Java client and librdkafka compress it: independent blocks, no checksums.

    ``stored`` leaves every other block uncompressed, as is done where compressing gains nothing.
    """
    frame = b"\x04\x22\x4d\x18\x60\x40\x82"
    for number, at in enumerate(range(0, len(data), block_bytes)):
        block = data[at : at + block_bytes]
        if stored and number % 2 == 0:
            frame += (len(block) | 1 << 31).to_bytes(4, "little") + block
        else:
            packed = bytes(cramjam.lz4.compress_block(block, store_size=False))
            frame += len(packed).to_bytes(4, "little") + packed
    return frame + bytes(4)


def _snappy(payload: bytes) -> bytes:
    if payload[:8] != b"\x82SNAPPY\x00":
        return bytes(cramjam.snappy.decompress_raw(payload))
    out, at = b"", 16
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 4], "big")
        block = payload[at + 4 : at + 4 + size]
        if len(block) != size or size == 0:
            raise Broken
        out += bytes(cramjam.snappy.decompress_raw(block))
        at += 4 + size
    return out


def frame(chunk: bytes, first_offset: int) -> list[Record | Lost]:
    """Every record from ``first_offset`` on of the complete batches in ``chunk``."""
    rows: list[Record | Lost] = []
    at = 0
    while at + HEADER.size <= len(chunk):
        fields = HEADER.unpack_from(chunk, at)
        size = fields[1] + 12
        assert fields[3] == 2
        assert size >= HEADER.size
        if at + size > len(chunk):
            break
        if not fields[5] & SKIPPED:
            rows += _batch(fields, chunk[at + HEADER.size : at + size], first_offset)
        at += size
    return rows


def _batch(fields: tuple[int, ...], payload: bytes, first_offset: int) -> list[Record | Lost]:
    base, attributes, last_delta = fields[0], fields[5], fields[6]
    base_timestamp, max_timestamp, count = fields[7], fields[8], fields[12]
    rows: list[Record | Lost] = []
    previous, read, at = -1, 0, 0
    data = b""
    try:
        data = _decompress(attributes & 7, payload)
        while read < count:
            length, at = varint(data, at)
            if length < 6 or at + length > len(data):
                raise Broken
            body, at = data[at : at + length], at + length
            timestamp_delta, here = varint(body, 1)
            delta, here = varint(body, here)
            if not previous < delta <= last_delta:
                raise Broken
            key, here = _take(body, here)
            value, here = _take(body, here)
            previous, read = delta, read + 1
            timestamp = max_timestamp if attributes & 8 else base_timestamp + timestamp_delta
            rows.append(Record(base + delta, timestamp, key, value))
        if at != len(data) and previous < last_delta:
            raise Broken
    except Broken:
        last = base + max(last_delta, 0)
        first = max(min(base + previous + 1, last), first_offset)
        if first <= last:
            rows.append(Lost(first, max_timestamp, last - first + 1))
    return [row for row in rows if row.offset >= first_offset]


def build(
    records: list[tuple[bytes | None, bytes | None]],
    *,
    base_offset: int = 0,
    attributes: int = 0,
    base_timestamp: int = 1_000,
    max_timestamp: int = 9_000,
    payload: bytes | None = None,
    count: int | None = None,
    last_delta: int | None = None,
    magic: int = 2,
) -> bytes:
    """A batch of (key, value) records with a good checksum, whatever else is wrong with it."""
    body = b""
    for i, (key, value) in enumerate(records):
        record = b"\0" + zigzag(i) + zigzag(i)
        for part in (key, value):
            record += zigzag(-1) if part is None else zigzag(len(part)) + part
        record += zigzag(1) + zigzag(1) + b"h" + zigzag(-1)  # one header
        body += zigzag(len(record)) + record
    after_crc = struct.pack(
        ">hiqqqhii",
        attributes,
        len(records) - 1 if last_delta is None else last_delta,
        base_timestamp,
        max_timestamp,
        -1,
        -1,
        -1,
        len(records) if count is None else count,
    ) + (body if payload is None else payload)
    head = struct.pack(">ibI", 0, magic, google_crc32c.value(after_crc))
    size = len(head) + len(after_crc)
    return struct.pack(">qi", base_offset, size) + head + after_crc


def with_checksum(batch: bytes) -> bytes:
    """The batch with the checksum that its bytes should have."""
    crc = google_crc32c.value(bytes(batch[21:]))
    return batch[:17] + struct.pack(">I", crc) + batch[21:]


def body(records: list[tuple[bytes | None, bytes | None]]) -> bytes:
    """The records of a batch, as its uncompressed payload."""
    return build(records)[HEADER.size :]


def rows_of(framed: Framed) -> list[Record | Lost]:
    """What ``frame`` of the product found, in the reference's terms."""
    rows: list[Record | Lost] = []
    for offset, timestamp, key, key_length, value, value_length in framed.frames.tolist():
        if value == -2:
            rows.append(Lost(offset, timestamp, value_length))
            continue
        rows.append(
            Record(
                offset,
                timestamp,
                None if key < 0 else framed.data[key : key + key_length].tobytes(),
                None if value < 0 else framed.data[value : value + value_length].tobytes(),
            )
        )
    return rows


def framed(records: list[tuple[bytes | None, bytes | None]]) -> Framed:
    """(key, value) pairs as the framing of one uncompressed batch gives them."""
    rows, data = [], b""
    for i, (key, value) in enumerate(records):
        row = [i, 0]
        for part in (key, value):
            row += [-1, 0] if part is None else [len(data), len(part)]
            data += part or b""
        rows.append(row)
    frames = np.array(rows, np.int64).reshape(-1, 6)
    return Framed(np.frombuffer(data, np.uint8), frames)
