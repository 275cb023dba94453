"""A JSON object to columns, in one pass and without building anything.

Accepts what RFC 8259 accepts, within the limits of orjson, the decoder the tests hold it against:
UTF-8 only, no lone surrogates, no number beyond a double, nesting up to ``MAX_DEPTH``.

Producers write keys in one order for ever, so the key that followed a field last time is compared
first, as whole words; only a surprise costs a scan and a lookup.
"""

import numpy as np
from numpy import uint64 as u64

from app.kernels import reasons
from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_store import (
    HEX16_BYTES,
    store_hex16,
    store_integer,
    store_null,
    store_real,
    store_string,
)
from app.kernels.decode_types import Bool, Bytes, Int, Record
from app.kernels.json_scan_skip import (
    CLOSE_OBJECT,
    COLON,
    COMMA,
    MINUS,
    NINE,
    OPEN_OBJECT,
    ZERO,
    skip_literal,
    skip_space,
    skip_value,
)
from app.kernels.numbers import AMBIGUOUS, BROKEN, INTEGER, parse_number
from app.kernels.spec_table import FIELD_NAMES, find_name
from app.kernels.text import QUOTE, byte_at, scan_string, unescape, word_at

_SMALL_N = 0x6E


@lean_kernel
def _is_key(data: Bytes, at: Int, field: Record) -> Bool:
    """Whether ``field``'s name in its quotes and a colon stand at ``at``."""
    for k in range((field["token_bytes"] + 7) >> 3):
        if (word_at(data, at + 8 * k) ^ field["token"][k]) & field["mask"][k] != u64(0):
            return False
    return True


@lean_kernel
def _read_key(
    data: Bytes, at: Int, end: Int, spec: Record, state: Record, scratch: Bytes, texts: Bytes
) -> tuple[Int, Int]:
    """Read any key; returns (field or -1, position after it or -1: malformed)."""
    if byte_at(data, at) != QUOTE:
        return np.int64(-1), np.int64(-1)
    close, _, escaped = scan_string(data, at + 1, end)
    if close < 0:
        return np.int64(-1), np.int64(-1)
    if escaped == 0:
        return find_name(data, at + 1, close - at - 1, FIELD_NAMES, spec), close + 1
    used = state["used"]
    last = unescape(data, at + 1, close, scratch, used)
    if last < 0:
        return np.int64(-1), np.int64(-1)
    return find_name(texts, used, last - used, FIELD_NAMES, spec), close + 1


@lean_kernel
def _store_escaped(
    data: Bytes,
    start: Int,
    close: Int,
    chars: Int,
    spec: Record,
    state: Record,
    field: Int,
    scratch: Bytes,
    texts: Bytes,
) -> Bool:
    used = state["used"]
    last = unescape(data, start, close, scratch, used)
    if last < 0:
        return False
    state["used"] = last
    store_string(spec, state, field, texts, used, last - used, chars, ~used)
    return True


@inlined_kernel
def scan_json(
    data: Bytes, start: Int, end: Int, spec: Record, state: Record, scratch: Bytes, texts: Bytes
) -> Int:
    """Scan the record ``data[start:end]`` into ``state``; returns OK, MALFORMED or SLOW.

    The state's outcomes must be cleared before, and are complete after OK. Text that had escapes
    is added to ``scratch``, of which ``texts`` is a view for reading. Bytes from ``end`` on do not
    matter: what runs past it never ends at it.
    """
    state["slow"] = 0
    at = skip_space(data, start, end)
    if byte_at(data, at) != OPEN_OBJECT:
        return reasons.MALFORMED
    at = skip_space(data, at + 1, end)
    previous = np.int64(0)
    more = byte_at(data, at) != CLOSE_OBJECT
    if not more:
        at += 1
    while more:
        field = state["follow"][previous]
        if field >= 0 and _is_key(data, at, spec["fields"][field]):
            at += spec["fields"][field]["token_bytes"]
        else:
            field, at = _read_key(data, at, end, spec, state, scratch, texts)
            if at < 0:
                return reasons.MALFORMED
            if field >= 0:
                state["follow"][previous] = field
            at = skip_space(data, at, end)
            if byte_at(data, at) != COLON:
                return reasons.MALFORMED
            at += 1
        at = skip_space(data, at, end)
        byte = byte_at(data, at)
        if field < 0:
            at = skip_value(data, at, end, state)
        elif byte == QUOTE and store_hex16(data, at, end, spec, state, field):
            at += HEX16_BYTES
        elif byte == QUOTE:
            close, chars, escaped = scan_string(data, at + 1, end)
            if close < 0:
                return reasons.MALFORMED
            if escaped == 0:
                store_string(spec, state, field, data, at + 1, close - at - 1, chars, at + 1)
            elif not _store_escaped(data, at + 1, close, chars, spec, state, field, scratch, texts):
                return reasons.MALFORMED
            at = close + 1
        elif byte == MINUS or ZERO <= byte <= NINE:
            kind, integer, real, at = parse_number(data, at, end)
            if kind == BROKEN:
                return reasons.MALFORMED
            if kind == INTEGER:
                store_integer(spec, state, field, integer)
            else:
                store_real(spec, state, field, real)
                if kind == AMBIGUOUS:
                    state["slow"] = 1
        elif byte == _SMALL_N:
            store_null(spec, state, field)
            at = skip_literal(data, at)
        else:
            state["outcome"][field] = reasons.WRONG_TYPE
            at = skip_value(data, at, end, state)
        if at < 0:
            return reasons.MALFORMED
        if field >= 0:
            previous = field + 1
        at = skip_space(data, at, end)
        byte = byte_at(data, at)
        more = byte == COMMA
        if not more and byte != CLOSE_OBJECT:
            return reasons.MALFORMED
        at += 1
        if more:
            at = skip_space(data, at, end)
    if skip_space(data, at, end) != end:
        return reasons.MALFORMED
    return reasons.SLOW if state["slow"] != 0 else reasons.OK
