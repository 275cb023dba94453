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
from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_store import settle
from app.kernels.decode_types import Bool, Bytes, Int, Matrix, Record
from app.kernels.json_scan import scan_json
from app.kernels.murmur2 import partition_of
from app.kernels.spec_table import leading_bytes
from app.kernels.text import count_characters

MAX_VALUE_BYTES = 1 << 16  # the contract's limit

# Framings, beside the reason codes.
JSON, AVRO = 100, 101

AVRO_HEADER_BYTES = 5  # the magic byte and the schema's id, big-endian
_AVRO_MAGIC = 0
_OPEN_OBJECT = 0x7B


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
def _inside(start: Int, length: Int, data: Bytes) -> Bool:
    return length >= 0 and start <= data.shape[0] and length <= data.shape[0] - start


@lean_kernel
def _framing(data: Bytes, frame: Matrix, max_bytes: Int) -> Int:
    """How the value of the record with these coordinates is written, or a reason code."""
    start, length = frame[FRAME_VALUE_START], frame[FRAME_VALUE_LENGTH]
    key, key_length = frame[FRAME_KEY_START], frame[FRAME_KEY_LENGTH]
    if start < -1 or not _inside(max(start, 0), length, data):
        return reasons.MALFORMED
    if not _inside(max(key, 0), key_length, data):
        return reasons.MALFORMED
    if start < 0:
        return reasons.NULL_VALUE
    if length > max_bytes:
        return reasons.OVERSIZE
    first = data[start] if length > 0 else np.uint8(0xFF)
    if first == _AVRO_MAGIC:
        return AVRO if length >= AVRO_HEADER_BYTES else reasons.MALFORMED
    # JSON's white space is what an object may begin with beside its bracket
    return JSON if first in (_OPEN_OBJECT, 0x20, 0x0A, 0x0D, 0x09) else reasons.UNKNOWN_FRAMING


@lean_kernel
def _schema_id(data: Bytes, start: Int) -> Int:
    schema_id = np.int64(0)
    for i in range(start + 1, start + AVRO_HEADER_BYTES):
        schema_id = (schema_id << np.int64(8)) | np.int64(data[i])
    return schema_id


@inlined_kernel
def _same_text(a: Bytes, a_start: Int, b: Bytes, b_start: Int, length: Int) -> Bool:
    for k in range(0, length, 8):
        left = leading_bytes(a, a_start + k, length - k)
        if left != leading_bytes(b, b_start + k, length - k):
            return False
    return True


@inlined_kernel
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


@inlined_kernel
def _finish(
    source: Source, frame: Matrix, status: Int, spec: Record, state: Record, texts: Bytes
) -> tuple[Int, Int, np.uint64]:
    """Check what was scanned: (status, field it is about or -1, presence mask)."""
    key, key_length = frame[FRAME_KEY_START], frame[FRAME_KEY_LENGTH]
    key_field = spec["key_field"]
    field = np.int64(-1)
    present = u64(0)
    is_key = True
    if status == reasons.OK:
        status, field, present = settle(spec, state)
        if status == reasons.OK and key_field >= 0:
            is_key = _is_key(source.data, key, key_length, spec, state, texts)
    elif status == reasons.NULL_VALUE and key_field >= 0:
        is_key = _take_key(source.data, key, key_length, spec, state)
    if key_field >= 0 and (status == reasons.OK or status == reasons.NULL_VALUE):
        if not is_key:
            return np.int64(reasons.KEY_MISMATCH), key_field, present
        if source.partitions > 0:
            right = partition_of(source.data, key, key_length, source.partitions)
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
    data = source.data
    spec, state = specs[0], states[0]
    width = min(spec["width"], output.values.shape[1])
    for i in range(rows.shape[0]):
        row = rows[i]
        frame = source.frames[row]
        for field in range(spec["count"]):
            state["outcome"][field] = 0
        for column in range(width):
            state["values"][column] = 0
        used = state["used"]
        status = np.int64(_framing(data, frame, source.max_bytes))
        start = frame[FRAME_VALUE_START]
        end = start + frame[FRAME_VALUE_LENGTH]
        if status == JSON:
            status = np.int64(scan_json(data, start, end, spec, state, scratch, texts))
        elif status == AVRO:
            address = find_program(programs, _schema_id(data, start))
            body = start + AVRO_HEADER_BYTES
            if address < 0:
                status = np.int64(reasons.UNKNOWN_SCHEMA)
            else:
                status = np.int64(scan_avro(data, body, end, programs.code, address, spec, state))
        status, about, present = _finish(source, frame, status, spec, state, texts)
        if status != reasons.OK:
            state["used"] = used
        for column in range(width):
            output.values[row, column] = state["values"][column]
        output.status[row] = status
        output.field[row] = about
        output.present[row] = present
