"""One chunk's records through the decoders: framing, size, key and partition.

The checks that do not depend on a field's meaning, in the order that decides which reason a record
with several faults is given.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy import uint64 as u64

from app.kernels import reasons
from app.kernels.avro_decode import Programs, find_program, scan_avro
from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
)
from app.kernels.compile import lean_kernel
from app.kernels.decode_store import settle
from app.kernels.decode_types import Bool, Bytes, Int, Matrix, Record
from app.kernels.json_scan import scan_json
from app.kernels.murmur2 import partition_of
from app.kernels.spec_table import leading_bytes
from app.kernels.text import count_characters

MAX_VALUE_BYTES = 1 << 16  # the contract's limit

_OPEN_OBJECT = 0x7B
_AVRO_MAGIC = 0
_AVRO_HEADER_BYTES = 5


class Output(NamedTuple):
    """Where decoded records go, see ``Decoded``."""

    values: Matrix
    present: npt.NDArray[np.uint64]
    status: npt.NDArray[np.int32]
    field: npt.NDArray[np.int32]


class Source(NamedTuple):
    """What is decoded.

    ``data`` uint8[m], ``frames`` int64[n, FRAME_WIDTH], the partition the records come from, of
    how many (0: not checked), and the largest value in bytes that is looked at.
    """

    data: Bytes
    frames: Matrix
    partition: int
    partitions: int
    max_bytes: int


@lean_kernel
def _scan(
    data: Bytes,
    start: Int,
    end: Int,
    spec: Record,
    state: Record,
    programs: Programs,
    scratch: Bytes,
    texts: Bytes,
) -> Int:
    """Decode the value ``data[start:end]`` into ``state``; returns a reason code."""
    first = data[start] if end > start else np.uint8(0xFF)
    if first == _AVRO_MAGIC:
        if end - start < _AVRO_HEADER_BYTES:
            return reasons.MALFORMED
        schema_id = np.int64(0)
        for i in range(start + 1, start + _AVRO_HEADER_BYTES):
            schema_id = (schema_id << np.int64(8)) | np.int64(data[i])
        address = find_program(programs, schema_id)
        if address < 0:
            return reasons.UNKNOWN_SCHEMA
        body = start + _AVRO_HEADER_BYTES
        return scan_avro(data, body, end, programs.code, address, spec, state)
    # JSON's white space is what it may begin with beside the bracket
    if first in (_OPEN_OBJECT, 0x20, 0x0A, 0x0D, 0x09):
        return scan_json(data, start, end, spec, state, scratch, texts)
    return reasons.UNKNOWN_FRAMING


@lean_kernel
def _same_text(a: Bytes, a_start: Int, b: Bytes, b_start: Int, length: Int) -> Bool:
    for k in range(0, length, 8):
        left = leading_bytes(a, a_start + k, length - k)
        if left != leading_bytes(b, b_start + k, length - k):
            return False
    return True


@lean_kernel
def _is_key(
    data: Bytes, key: Int, key_length: Int, spec: Record, state: Record, texts: Bytes
) -> Bool:
    """Whether the record key is what the record's key field says."""
    place = state["values"][spec["fields"][spec["key_field"]]["text_column"]]
    start, length = place >> np.int64(16), place & np.int64(0xFFFF)
    if key < 0 or key_length != length:
        return False
    if start < 0:
        return _same_text(data, key, texts, ~start, length)
    return _same_text(data, key, data, start, length)


@lean_kernel
def _take_key(data: Bytes, key: Int, key_length: Int, spec: Record, state: Record) -> Bool:
    """Let the record key stand for the key field of a record without a value, if it could."""
    info = spec["fields"][spec["key_field"]]
    if key < 0 or key_length > 0xFFFF:
        return False
    chars = count_characters(data, key, key_length)
    if chars < info["min_chars"] or chars > info["max_chars"] or chars < 0:
        return False
    state["values"][info["text_column"]] = (key << np.int64(16)) | key_length
    return True


@lean_kernel
def _inside(start: Int, length: Int, data: Bytes) -> Bool:
    return length >= 0 and start <= data.shape[0] and length <= data.shape[0] - start


@lean_kernel
def _decode_one(
    source: Source,
    row: Int,
    spec: Record,
    state: Record,
    programs: Programs,
    scratch: Bytes,
    texts: Bytes,
) -> tuple[Int, Int, np.uint64]:
    """Decode one record into ``state``; returns (status, field it is about or -1, presence)."""
    data, frames = source.data, source.frames
    key, key_length = frames[row, FRAME_KEY_START], frames[row, FRAME_KEY_LENGTH]
    start, length = frames[row, FRAME_VALUE_START], frames[row, FRAME_VALUE_LENGTH]
    key_field = spec["key_field"]
    field = np.int64(-1)
    present = u64(0)
    status = np.int64(reasons.OK)
    if start < -1 or not _inside(max(start, 0), length, data):
        return np.int64(reasons.MALFORMED), field, present
    if not _inside(max(key, 0), key_length, data):
        return np.int64(reasons.MALFORMED), field, present
    if start < 0:
        status = np.int64(reasons.NULL_VALUE)
        if key_field >= 0 and not _take_key(data, key, key_length, spec, state):
            return np.int64(reasons.KEY_MISMATCH), key_field, present
    else:
        if length > source.max_bytes:
            return np.int64(reasons.OVERSIZE), field, present
        status = np.int64(_scan(data, start, start + length, spec, state, programs, scratch, texts))
        if status == reasons.OK:
            status, field, present = settle(spec, state)
        if status != reasons.OK:
            return status, field, present
        if key_field >= 0 and not _is_key(data, key, key_length, spec, state, texts):
            return np.int64(reasons.KEY_MISMATCH), key_field, present
    if key_field >= 0 and source.partitions > 0:
        right = partition_of(data, key, key_length, source.partitions)
        if right != source.partition:
            return np.int64(reasons.WRONG_PARTITION), key_field, present
    return status, field, present


@lean_kernel
def decode_rows(
    source: Source,
    rows: Matrix,
    specs: Record,
    states: Record,
    programs: Programs,
    scratch: Bytes,
    texts: Bytes,
    output: Output,
) -> None:
    """Decode the records ``rows`` of ``source`` into the same rows of ``output``.

    ``specs`` SPEC[1], ``states`` STATE[1]. Text without its escapes is added to ``scratch``, of
    which ``texts`` is a view that cannot be written to; the state's ``used`` is its end.
    """
    spec, state = specs[0], states[0]
    width = min(spec["width"], output.values.shape[1])
    for i in range(rows.shape[0]):
        row = rows[i]
        for field in range(spec["count"]):
            state["outcome"][field] = 0
        for column in range(width):
            state["values"][column] = 0
        used = state["used"]
        status, about, present = _decode_one(source, row, spec, state, programs, scratch, texts)
        if status != reasons.OK:
            state["used"] = used
        for column in range(width):
            output.values[row, column] = state["values"][column]
        output.status[row] = status
        output.field[row] = about
        output.present[row] = present
