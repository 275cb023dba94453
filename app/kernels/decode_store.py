"""From a field's value to its columns: the checks that JSON and Avro share.

What became of a field is one byte of the state's ``outcome``. A field may be set more than once (a
repeated JSON key): the last value counts, whatever became of the earlier ones.
"""

import numpy as np
from numpy import uint64 as u64

from app.kernels import reasons
from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bool, Bytes, Float, Int, Record
from app.kernels.numbers import integral_value
from app.kernels.siphash import siphash13
from app.kernels.spec import COUNTRY, ENUM, FLOAT, HEX16, INT, STRING_KEY
from app.kernels.spec_table import find_name
from app.kernels.text import QUOTE, byte_at, hex_word, word_at

# ``outcome`` of a field; above these, the reason code of what is wrong with it.
ABSENT, VALUE, NULL = 0, 1, 2
_KEY_0, _KEY_1 = STRING_KEY

HEX16_BYTES = 18
"""Of sixteen digits in their quotes."""


@lean_kernel
def _store_long(state: Record, field: Int, info: Record, value: Int) -> None:
    state["values"][info["column"]] = value
    inside = info["min_int"] <= value <= info["max_int"]
    state["outcome"][field] = VALUE if inside else reasons.OUT_OF_RANGE


@lean_kernel
def _store_double(state: Record, field: Int, info: Record, value: Float) -> None:
    state["values"][info["column"]] = np.float64(value).view(np.int64)
    inside = info["min_real"] <= value <= info["max_real"] and abs(value) != np.inf
    state["outcome"][field] = VALUE if inside else reasons.OUT_OF_RANGE


@lean_kernel
def store_integer(spec: Record, state: Record, field: Int, value: Int) -> None:
    """Store a number that is written as an integer."""
    info = spec["fields"][field]
    if info["kind"] == INT:
        _store_long(state, field, info, value)
    elif info["kind"] == FLOAT:
        _store_double(state, field, info, np.float64(value))
    else:
        state["outcome"][field] = reasons.WRONG_TYPE


@lean_kernel
def store_real(spec: Record, state: Record, field: Int, value: Float) -> None:
    """Store a number that is written with a fraction or an exponent, or is too large for a long."""
    info = spec["fields"][field]
    if info["kind"] == FLOAT:
        _store_double(state, field, info, value)
    elif info["kind"] == INT:
        integral, fits, integer = integral_value(value)
        if integral and fits:
            _store_long(state, field, info, integer)
        else:
            state["outcome"][field] = reasons.OUT_OF_RANGE if integral else reasons.WRONG_TYPE
    else:
        state["outcome"][field] = reasons.WRONG_TYPE


@lean_kernel
def store_null(spec: Record, state: Record, field: Int) -> None:
    info = spec["fields"][field]
    if not info["nullable"]:
        state["outcome"][field] = reasons.WRONG_TYPE
        return
    state["outcome"][field] = NULL
    if info["column"] >= 0:
        state["values"][info["column"]] = 0
    if info["text_column"] >= 0:
        state["values"][info["text_column"]] = 0


@inlined_kernel
def store_string(
    spec: Record,
    state: Record,
    field: Int,
    text: Bytes,
    start: Int,
    length: Int,
    chars: Int,
    place: Int,
) -> None:
    """Store the string ``text[start : start + length]``, valid UTF-8 of ``chars`` characters.

    ``place`` is how a TEXT column names ``start``.
    """
    info = spec["fields"][field]
    kind = info["kind"]
    value = np.int64(0)
    inside = info["min_chars"] <= chars <= info["max_chars"]
    if kind in (INT, FLOAT):
        state["outcome"][field] = reasons.WRONG_TYPE
        return
    if kind == HEX16:
        inside, value = _hex16(text, start, length)
    elif kind == ENUM:
        value = find_name(text, start, length, field + 1, spec)
        if value < 0:
            value = np.int64(info["unknown"])
        inside = value >= 0
    elif kind == COUNTRY:
        inside, value = _country(text, start, length)
    elif inside and info["column"] >= 0:
        value = u64(siphash13(text, start, length, _KEY_0, _KEY_1)).view(np.int64)
    if not inside:
        state["outcome"][field] = reasons.OUT_OF_RANGE
        return
    if info["column"] >= 0:
        state["values"][info["column"]] = value
    if info["text_column"] >= 0:
        state["values"][info["text_column"]] = (place << np.int64(16)) | length
    state["outcome"][field] = VALUE


@inlined_kernel
def store_hex16(data: Bytes, at: Int, end: Int, spec: Record, state: Record, field: Int) -> Bool:
    """Store a HEX16 field whose value, quotes and all, is at ``at`` as it should be; False, and
    nothing is stored, for any other field or value."""
    info = spec["fields"][field]
    last = at + HEX16_BYTES - 1
    if info["kind"] != HEX16 or last >= end or byte_at(data, last) != QUOTE:
        return False
    inside, value = _hex16(data, at + 1, 16)
    if inside:
        state["values"][info["column"]] = value
        state["outcome"][field] = VALUE
    return inside


@inlined_kernel
def _hex16(text: Bytes, start: Int, length: Int) -> tuple[Bool, Int]:
    if length != 16:
        return False, np.int64(0)
    upper, bad_upper = hex_word(word_at(text, start))
    lower, bad_lower = hex_word(word_at(text, start + 8))
    bits = u64((upper << u64(32)) | lower)
    return (bad_upper | bad_lower) == u64(0), bits.view(np.int64)


@lean_kernel
def _country(text: Bytes, start: Int, length: Int) -> tuple[Bool, Int]:
    if length != 2:
        return False, np.int64(0)
    first, second = np.int64(text[start]), np.int64(text[start + 1])
    inside = 0x41 <= first <= 0x5A and 0x41 <= second <= 0x5A
    return inside, (first << np.int64(8)) | second


@lean_kernel
def settle(spec: Record, state: Record) -> tuple[Int, Int, np.uint64]:
    """What became of the record: (status, field it is about or -1, presence mask).

    The first bad field in the specification's order is named, whatever the record's own order.
    """
    present = u64(0)
    for field in range(spec["count"]):
        outcome = state["outcome"][field]
        if outcome == VALUE:
            present |= u64(1) << u64(field)
        elif outcome == ABSENT:
            info = spec["fields"][field]
            if info["required"]:
                return np.int64(reasons.MISSING_FIELD), np.int64(field), u64(0)
            if info["has_default"]:
                present |= u64(1) << u64(field)
                state["values"][info["column"]] = info["default"]
        elif outcome != NULL:
            return np.int64(outcome), np.int64(field), u64(0)
    return np.int64(reasons.OK), np.int64(-1), present
