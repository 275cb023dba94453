"""An Avro record to columns: an interpreter of programs made from writers' schemas.

Encoding: Apache Avro specification 1.12, "Binary encoding". ``avro_decode_program`` compiles a
schema to rows of ``(operation, a, b)``. Every turn of a loop and every call costs the input at
least one byte (the compiler leaves out what is always empty), so that no input runs for long.
"""

from typing import NamedTuple

import numpy as np

from app.kernels import reasons
from app.kernels.batches_varint import read_varint
from app.kernels.compile import lean_kernel
from app.kernels.decode_store import VALUE, store_integer, store_null, store_real, store_string
from app.kernels.decode_types import Bool, Bytes, Float, Int, Matrix, Record
from app.kernels.spec import ENUM
from app.kernels.spec_table import MAX_DEPTH
from app.kernels.text import count_characters, word_at

# Operations. ``field`` is the one a value is stored in, -1: none, it is passed over.
OP_END = 0
OP_NULL = 1  # (field)
OP_BOOLEAN = 2  # (field)
OP_LONG = 3  # (field) int as well
OP_FLOAT = 4  # (field)
OP_DOUBLE = 5  # (field)
OP_BYTES = 6  # (field)
OP_STRING = 7  # (field)
OP_FIXED = 8  # (field, size)
OP_ENUM = 9  # (field, symbols) then a row for each symbol: (OP_DATA, reader's symbol or -1)
OP_UNION = 10  # (branches) then a row for each branch: (OP_DATA, address)
OP_JUMP = 11  # (address)
OP_CALL = 12  # (address)
OP_RETURN = 13
OP_BLOCKS = 14  # (address after the loop, whether an item takes no bytes) then the item's program
OP_AGAIN = 15  # (address of the loop's OP_BLOCKS)
OP_WRONG = 16  # (field) the writer's type cannot be read as the field's
OP_DATA = 17


class Programs(NamedTuple):
    """Compiled writers' schemas.

    ``ids`` int64[k] schema ids, ``starts`` int64[k] the addresses of their programs in ``code``
    int64[m, 3].
    """

    ids: Matrix
    starts: Matrix
    code: Matrix


@lean_kernel
def find_program(programs: Programs, schema_id: Int) -> Int:
    """The address of the schema's program; -1: the schema is not known (yet)."""
    for i in range(programs.ids.shape[0]):
        if programs.ids[i] == schema_id:
            return programs.starts[i]
    return np.int64(-1)


@lean_kernel
def _as_float(data: Bytes, at: Int) -> Float:
    low = word_at(data, at) & np.uint64(0xFFFFFFFF)
    return np.float64(np.uint32(low).view(np.float32))


@lean_kernel
def _as_double(data: Bytes, at: Int) -> Float:
    return np.uint64(word_at(data, at)).view(np.float64)


@lean_kernel
def _read_text(
    data: Bytes, at: Int, end: Int, must_be_text: Bool, field: Int, spec: Record, state: Record
) -> Int:
    """Read a string, or bytes; returns the position after it, -1: malformed."""
    length, at = read_varint(data, at, end)
    if at < 0 or length < 0 or length > end - at:
        return np.int64(-1)
    if must_be_text or field >= 0:
        chars = count_characters(data, at, length)
        if chars < 0 and must_be_text:
            return np.int64(-1)
        if field >= 0 and chars < 0:
            state["outcome"][field] = reasons.WRONG_TYPE
        elif field >= 0:
            store_string(spec, state, field, data, at, length, chars, at)
    return at + length


@lean_kernel
def _read_enum(
    data: Bytes, at: Int, end: Int, code: Matrix, here: Int, spec: Record, state: Record
) -> Int:
    """Read an enum's symbol; returns the position after it, -1: malformed."""
    symbol, at = read_varint(data, at, end)
    if at < 0 or symbol < 0 or symbol >= code[here, 2]:
        return np.int64(-1)
    field = code[here, 1]
    if field >= 0:
        index = code[here + 1 + symbol, 1]
        info = spec["fields"][field]
        if info["kind"] != ENUM:
            state["outcome"][field] = reasons.WRONG_TYPE
        elif index < 0:
            state["outcome"][field] = reasons.OUT_OF_RANGE
        else:
            state["values"][info["column"]] = index
            state["outcome"][field] = VALUE
    return at


@lean_kernel
def _read_block_count(data: Bytes, at: Int, end: Int, empty_items: Bool) -> tuple[Int, Int]:
    """The number of items in the next block, and the position after it or -1: malformed."""
    count, at = read_varint(data, at, end)
    if at >= 0 and count < 0:
        size, at = read_varint(data, at, end)  # for readers that skip the block unread
        if size < 0 or count == np.int64(-(1 << 63)):
            return np.int64(0), np.int64(-1)
        count = -count
    if at < 0 or (count > end - at and not empty_items):
        return np.int64(0), np.int64(-1)
    return count, at


@lean_kernel
def _read_scalar(
    data: Bytes, at: Int, end: Int, operation: Int, field: Int, spec: Record, state: Record
) -> Int:
    """Read a number or a boolean; returns the position after it, -1: malformed."""
    if operation == OP_LONG:
        integer, at = read_varint(data, at, end)
        if at >= 0 and field >= 0:
            store_integer(spec, state, field, integer)
        return at
    size = 1 if operation == OP_BOOLEAN else (4 if operation == OP_FLOAT else 8)
    if size > end - at:
        return np.int64(-1)
    if operation == OP_BOOLEAN:
        if data[at] > 1:
            return np.int64(-1)
        if field >= 0:
            state["outcome"][field] = reasons.WRONG_TYPE
    elif field >= 0:
        real = _as_float(data, at) if operation == OP_FLOAT else _as_double(data, at)
        store_real(spec, state, field, real)
    return at + size


@lean_kernel
def scan_avro(
    data: Bytes, start: Int, end: Int, code: Matrix, address: Int, spec: Record, state: Record
) -> Int:
    """Decode the record body ``data[start:end]`` into ``state``; returns OK or MALFORMED.

    The state's outcomes must be cleared before, and are complete after OK.
    """
    stack = state["calls"]
    depth = np.int64(0)
    at = np.int64(start)
    here = np.int64(address)
    while at >= 0:
        operation = code[here, 0]
        field = code[here, 1]
        if operation in (OP_STRING, OP_BYTES):
            at = _read_text(data, at, end, operation == OP_STRING, field, spec, state)
            here += 1
        elif OP_BOOLEAN <= operation <= OP_DOUBLE:
            at = _read_scalar(data, at, end, operation, field, spec, state)
            here += 1
        elif operation == OP_UNION:
            branch, at = read_varint(data, at, end)
            if branch < 0 or branch >= field:
                return reasons.MALFORMED
            here = code[here + 1 + branch, 1]
        elif operation == OP_NULL:
            if field >= 0:
                store_null(spec, state, field)
            here += 1
        elif operation == OP_JUMP:
            here = field
        elif operation == OP_ENUM:
            at = _read_enum(data, at, end, code, here, spec, state)
            here += 1 + code[here, 2]
        elif operation == OP_FIXED:
            size = code[here, 2]
            at = at + size if size <= end - at else np.int64(-1)
            here += 1
        elif operation == OP_BLOCKS:
            count, at = _read_block_count(data, at, end, code[here, 2] != 0)
            if count == 0:
                here = field
            elif code[here, 2] == 0:
                if depth == MAX_DEPTH:
                    return reasons.MALFORMED
                stack[depth] = count
                depth += 1
                here += 1
        elif operation == OP_AGAIN:
            stack[depth - 1] -= 1
            here = field
            if stack[depth - 1] > 0:
                here += 1
            else:
                depth -= 1
        elif operation == OP_CALL:
            if depth == MAX_DEPTH:
                return reasons.MALFORMED
            stack[depth] = here + 1
            depth += 1
            here = field
        elif operation == OP_RETURN:
            depth -= 1
            here = stack[depth]
        elif operation == OP_WRONG:
            state["outcome"][field] = reasons.WRONG_TYPE
            here += 1
        else:
            break
    return reasons.OK if at == end else reasons.MALFORMED
