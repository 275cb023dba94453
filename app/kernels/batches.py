"""Kafka record batches (message format v2) to record coordinates.

Layout: Apache Kafka protocol guide, "Record Batch" and "Record". The bytes of a fetched partition
chunk become one row of coordinates for each record; no record becomes a Python object.

What a broker vouches for (the batch checksum) raises when it is broken, because fetching again can
mend it. What a producer got wrong inside a batch with a good checksum would fail again for ever,
so it is reported instead: one row whose ``FRAME_VALUE_START`` is ``UNFRAMED`` stands for all the
offsets of the batch that could not be told apart. Nothing is lost silently.
"""

from typing import Any, NamedTuple

import google_crc32c
import numpy as np
import numpy.typing as npt

from app.kernels.batches_codecs import CODEC_NONE, Undecodable, Unpacked, room_for
from app.kernels.batches_varint import read_varint
from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_OFFSET,
    FRAME_TIMESTAMP,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
    FRAME_WIDTH,
)
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bytes, Int, Matrix, Record

BATCH = np.dtype(
    [
        ("position", np.int64),  # of the batch's first byte in the chunk
        ("length", np.int64),  # whole batch in bytes, its header included
        ("base_offset", np.int64),
        ("base_timestamp", np.int64),
        ("max_timestamp", np.int64),
        ("producer_id", np.int64),
        ("last_offset_delta", np.int64),
        ("count", np.int64),
        ("crc", np.uint32),
        ("attributes", np.int16),
        ("magic", np.int8),
    ],
    align=True,
)

HEADER_BYTES = 61
LENGTH_END = 12  # the length field counts what follows it
CRC_START = 21  # the checksum covers the batch from its attributes on
MIN_RECORD_BYTES = 7

# Sizes of the header's integers: typed, so that one compiled reader serves all of them.
_ONE, _TWO, _FOUR, _EIGHT = np.int64(1), np.int64(2), np.int64(4), np.int64(8)

CODEC_MASK = 0x07
LOG_APPEND_TIME = 0x08
TRANSACTIONAL = 0x10
CONTROL = 0x20

# ``FRAME_VALUE_START`` of a row that stands for records which could not be framed: its offset is
# the first one lost, ``FRAME_VALUE_LENGTH`` the number of offsets lost.
UNFRAMED = -2

# A batch of a hundred bytes can decompress to gigabytes. A broker takes 1 MiB per compressed batch
# by default and JSON shrinks 5 to 30 times, so these bounds leave room for any honest producer.
MAX_BATCH_BYTES = 64 << 20
MAX_CHUNK_BYTES = 256 << 20
# Every record costs some 300 bytes of coordinates and columns whatever its size: records of
# compressed batches are bounded too (uncompressed ones are bounded by the chunk itself).
MAX_CHUNK_RECORDS = 1 << 20


class LegacyFormat(ValueError):
    """The chunk holds messages of format v0 or v1, which predate record batches."""


class CorruptBatch(ValueError):
    """A batch does not match its checksum or its header makes no sense: fetch it again."""


class Framed(NamedTuple):
    """Record coordinates.

    ``data``: uint8[m], read-only, the bytes that positions refer to (the chunk itself when nothing
    in it was compressed). ``frames``: int64[n, FRAME_WIDTH], see ``app/kernels/columns.py``; the
    offsets of records strictly increase within a batch.
    """

    data: Bytes
    frames: Matrix


@lean_kernel
def _big_endian(data: Bytes, start: Int, size: Int) -> Int:
    value = np.int64(0)
    for i in range(start, start + size):
        value = (value << np.int64(8)) | np.int64(data[i])
    # shift up and back down to extend the sign
    unused = np.int64(64 - 8 * size)
    return (value << unused) >> unused


@lean_kernel
def _walk(data: Bytes, headers: npt.NDArray[Any]) -> tuple[Int, Int]:
    """Read headers up to ``len(headers)``; returns (complete batches, where it stopped).

    Called once with room for none, to count, and once to fill. It stops before the end of
    ``data`` at a partial batch or at a header that makes no sense.
    """
    position = 0
    count = 0
    while position + HEADER_BYTES <= data.shape[0]:
        length = _big_endian(data, position + 8, _FOUR) + LENGTH_END
        magic = _big_endian(data, position + 16, _ONE)
        if magic != 2 or length < HEADER_BYTES or position + length > data.shape[0]:
            break
        if count < headers.shape[0]:
            batch = headers[count]
            batch["position"] = position
            batch["length"] = length
            batch["base_offset"] = _big_endian(data, position, _EIGHT)
            batch["magic"] = magic
            batch["crc"] = _big_endian(data, position + 17, _FOUR)
            batch["attributes"] = _big_endian(data, position + 21, _TWO)
            batch["last_offset_delta"] = _big_endian(data, position + 23, _FOUR)
            batch["base_timestamp"] = _big_endian(data, position + 27, _EIGHT)
            batch["max_timestamp"] = _big_endian(data, position + 35, _EIGHT)
            batch["producer_id"] = _big_endian(data, position + 43, _EIGHT)
            batch["count"] = _big_endian(data, position + 57, _FOUR)
        count += 1
        position += length
    return count, position


def scan_headers(data: Bytes) -> npt.NDArray[Any]:
    """The headers of the complete batches in ``data``, in order: structured array of ``BATCH``.

    A partial batch at the end is left out: a fetch response may stop in the middle of one.

    Raises ``LegacyFormat`` for messages of format v0 or v1, and ``CorruptBatch`` for a header with
    an impossible length or an unknown format. Checksums are not looked at.
    """
    count, stop = _walk(data, np.empty(0, BATCH))
    headers = np.zeros(count, BATCH)
    _walk(data, headers)
    rest = data[stop : stop + HEADER_BYTES].tobytes()
    if len(rest) > 16:
        _check_rest(rest)
    return headers


def _check_rest(rest: bytes) -> None:
    offset = int.from_bytes(rest[:8], "big", signed=True)
    length = int.from_bytes(rest[8:12], "big", signed=True)
    magic = rest[16]
    if magic < 2:
        raise LegacyFormat(
            f"offset {offset} holds messages of format v{magic}, which predates Kafka 0.11 record "
            "batches. Reflux reads format v2 only: raise message.format.version on the topic (or "
            "log.message.format.version on the broker) to 0.11 or later, upgrade the producers, "
            "and wait until retention or compaction has removed the old segments, or copy the "
            "topic to a new one."
        )
    if magic > 2:
        raise CorruptBatch(f"offset {offset}: unknown record batch format {magic}")
    if length + LENGTH_END < HEADER_BYTES:
        raise CorruptBatch(f"offset {offset}: impossible record batch length {length}")


@lean_kernel
def _frame_batch(
    data: Bytes,
    start: Int,
    end: Int,
    batch: Record,
    first_offset: Int,
    frames: Matrix,
    filled: Int,
) -> Int:
    """Frame the records of one batch, which stand at ``data[start:end]``; returns rows filled.

    Deltas must increase and stay within the header's range, as every broker checks on append: an
    offset that went backwards would defeat the fence that makes a fold happen once.
    """
    base = batch["base_offset"]
    last_delta = batch["last_offset_delta"]
    append_time = (batch["attributes"] & LOG_APPEND_TIME) != 0
    previous = -1
    position = start
    read = 0
    while read < batch["count"]:
        length, position = read_varint(data, position, end)
        if position < 0 or length < MIN_RECORD_BYTES - 1 or length > end - position:
            break
        record_end = position + length
        timestamp_delta, position = read_varint(data, position + 1, record_end)
        if position < 0:
            break
        delta, position = read_varint(data, position, record_end)
        if position < 0 or delta <= previous or delta > last_delta:
            break
        key_length, position = read_varint(data, position, record_end)
        if position < 0 or key_length > record_end - position:
            break
        key_start = np.int64(-1)
        if key_length < 0:
            key_length = np.int64(0)
        else:
            key_start = position
            position += key_length
        value_length, position = read_varint(data, position, record_end)
        if position < 0 or value_length > record_end - position:
            break
        value_start = np.int64(-1)
        if value_length < 0:
            value_length = np.int64(0)
        else:
            value_start = position
        # headers end where the record ends
        position = record_end
        previous = delta
        read += 1
        if base + delta >= first_offset and filled < frames.shape[0]:
            frames[filled, FRAME_OFFSET] = base + delta
            frames[filled, FRAME_TIMESTAMP] = (
                batch["max_timestamp"] if append_time else batch["base_timestamp"] + timestamp_delta
            )
            frames[filled, FRAME_KEY_START] = key_start
            frames[filled, FRAME_KEY_LENGTH] = key_length
            frames[filled, FRAME_VALUE_START] = value_start
            frames[filled, FRAME_VALUE_LENGTH] = value_length
            filled += 1
    if read < batch["count"] or (position != end and previous < last_delta):
        filled = _unframed(batch, base + previous + 1, first_offset, frames, filled)
    return filled


@lean_kernel
def _unframed(batch: Record, offset: Int, first_offset: Int, frames: Matrix, filled: Int) -> Int:
    """One row for the offsets of ``batch`` from ``offset`` on."""
    last = batch["base_offset"] + max(batch["last_offset_delta"], 0)
    offset = max(min(offset, last), first_offset)
    if offset <= last and filled < frames.shape[0]:
        frames[filled, FRAME_OFFSET] = offset
        frames[filled, FRAME_TIMESTAMP] = batch["max_timestamp"]
        frames[filled, FRAME_KEY_START] = -1
        frames[filled, FRAME_KEY_LENGTH] = 0
        frames[filled, FRAME_VALUE_START] = UNFRAMED
        frames[filled, FRAME_VALUE_LENGTH] = last - offset + 1
        filled += 1
    return filled


@lean_kernel
def _frame_all(
    data: Bytes,
    headers: npt.NDArray[Any],
    spans: Matrix,
    first_offset: Int,
    frames: Matrix,
) -> Int:
    """Frame every batch; ``spans`` int64[batches, 2] is where its records stand, -1: unreadable."""
    filled = np.int64(0)
    for i in range(headers.shape[0]):
        batch = headers[i]
        if (batch["attributes"] & CONTROL) != 0:
            continue
        if spans[i, 0] < 0:
            filled = _unframed(batch, batch["base_offset"], first_offset, frames, filled)
        else:
            filled = _frame_batch(
                data, spans[i, 0], spans[i, 1], batch, first_offset, frames, filled
            )
    return filled


def frame(chunk: bytes | memoryview, first_offset: int, *, check_crc: bool) -> Framed:
    """Frame all records of ``chunk`` (consecutive record batches) from ``first_offset`` on.

    Decompresses where needed. Control batches are skipped; aborted ones must already be gone.
    Records that cannot be framed are reported in one row per batch, see ``UNFRAMED``.

    Raises ``CorruptBatch`` (a checksum does not match, if ``check_crc``; or a header makes no
    sense) and ``LegacyFormat``.
    """
    raw = np.frombuffer(chunk, np.uint8)
    raw.flags.writeable = False  # one type of array for kernels, wherever the bytes come from
    headers = scan_headers(raw)
    if check_crc:
        _check_checksums(raw, headers)
    data, spans = _expand(raw, headers)
    possible = (spans[:, 1] - spans[:, 0]) // MIN_RECORD_BYTES
    rows = np.clip(headers["count"], 0, possible) + 1  # and one for what cannot be framed
    frames = np.empty((int(rows.sum()), FRAME_WIDTH), np.int64)
    filled = _frame_all(data, headers, spans, first_offset, frames)
    return Framed(data, frames[:filled])


def _check_checksums(raw: Bytes, headers: npt.NDArray[Any]) -> None:
    for batch in headers:
        start, end = int(batch["position"]), int(batch["position"] + batch["length"])
        if google_crc32c.value(raw[start + CRC_START : end]) != batch["crc"]:
            raise CorruptBatch(f"offset {batch['base_offset']}: record batch checksum mismatch")


def _expand(raw: Bytes, headers: npt.NDArray[Any]) -> tuple[Bytes, Matrix]:
    """Decompress; returns the bytes and where each batch's records stand in them, int64[k, 2]."""
    ends = headers["position"] + headers["length"]
    spans = np.stack([headers["position"] + HEADER_BYTES, ends], axis=1)
    codecs = headers["attributes"] & CODEC_MASK
    packed = (codecs != CODEC_NONE) & (headers["attributes"] & CONTROL == 0)
    if not packed.any():
        return raw, spans
    room = sum(
        room_for(end - start) if squeezed else end - start
        for (start, end), squeezed in zip(spans.tolist(), packed.tolist(), strict=True)
    )
    unpacked = Unpacked(min(room, MAX_CHUNK_BYTES))
    limit, records = MAX_CHUNK_BYTES, 0
    for i, (start, end) in enumerate(spans.tolist()):
        payload, before = raw[start:end], unpacked.used
        if packed[i]:
            try:
                unpacked.decompress(int(codecs[i]), payload.data, min(MAX_BATCH_BYTES, limit))
            except Undecodable:
                spans[i] = -1
                continue
            length = unpacked.used - before
            limit -= length
            records += min(max(int(headers["count"][i]), 0), length // MIN_RECORD_BYTES)
            if records > MAX_CHUNK_RECORDS:
                spans[i], unpacked.used = -1, before
                continue
        else:
            unpacked.add(payload)
        spans[i] = before, unpacked.used
    return unpacked.data(), spans
