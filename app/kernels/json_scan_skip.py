"""Passing over JSON that no column wants, without believing it: it must be valid all the same."""

import numpy as np
from numpy import uint64 as u64

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bytes, Int, Record
from app.kernels.numbers import AMBIGUOUS, BROKEN, parse_number
from app.kernels.spec_table import MAX_DEPTH
from app.kernels.text import QUOTE, byte_at, scan_string, word_at

_SPACE, _TAB, _NEWLINE, _RETURN = 0x20, 0x09, 0x0A, 0x0D
COMMA, COLON, MINUS, ZERO, NINE = 0x2C, 0x3A, 0x2D, 0x30, 0x39
OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY = 0x7B, 0x7D, 0x5B, 0x5D

_NULL = u64(int.from_bytes(b"null", "little"))
_TRUE = u64(int.from_bytes(b"true", "little"))
_FALSE = u64(int.from_bytes(b"false", "little"))
_FOUR_BYTES = u64(0xFFFFFFFF)
_FIVE_BYTES = u64(0xFFFFFFFFFF)


@lean_kernel
def skip_space(data: Bytes, at: Int, end: Int) -> Int:
    """The first position from ``at`` on that is not white space, at most ``end``."""
    byte = byte_at(data, at)
    if byte > _SPACE:
        return at
    if byte == _SPACE and at + 1 < end and byte_at(data, at + 1) > _SPACE:
        return at + 1  # as most writers separate
    while at < end:
        byte = byte_at(data, at)
        if byte != _SPACE and byte != _NEWLINE and byte != _RETURN and byte != _TAB:
            break
        at += 1
    return at


@lean_kernel
def skip_literal(data: Bytes, at: Int) -> Int:
    """The end of ``null``, ``true`` or ``false`` at ``at``; -1 if there is none."""
    word = word_at(data, at)
    four = word & _FOUR_BYTES
    if four in (_NULL, _TRUE):
        return at + 4
    if word & _FIVE_BYTES == _FALSE:
        return at + 5
    return np.int64(-1)


@lean_kernel
def _skip_scalar(data: Bytes, at: Int, end: Int, state: Record) -> Int:
    byte = byte_at(data, at)
    if byte == QUOTE:
        close, _, _ = scan_string(data, at + 1, end)
        return close + 1 if close >= 0 else np.int64(-1)
    if byte == MINUS or ZERO <= byte <= NINE:
        kind, _, _, after = parse_number(data, at, end)
        if kind == AMBIGUOUS:
            state["slow"] = 1  # it may even be too large
        return after if kind != BROKEN else np.int64(-1)
    return skip_literal(data, at)


@lean_kernel
def _skip_key(data: Bytes, at: Int, end: Int) -> Int:
    """Pass over a key and its colon, and the space around; -1 if they are not there."""
    if byte_at(data, at) != QUOTE:
        return np.int64(-1)
    close, _, _ = scan_string(data, at + 1, end)
    if close < 0:
        return np.int64(-1)
    at = skip_space(data, close + 1, end)
    if byte_at(data, at) != COLON:
        return np.int64(-1)
    return skip_space(data, at + 1, end)


@lean_kernel
def skip_value(data: Bytes, at: Int, end: Int, state: Record) -> Int:
    """The position after the JSON value at ``at``; -1 if there is no valid one.

    The value stands in the record's object, which counts as one level of nesting.
    """
    stack = state["stack"]
    depth = 1
    while at < end:
        byte = byte_at(data, at)
        if byte in (OPEN_OBJECT, OPEN_ARRAY):
            if depth == MAX_DEPTH:
                return np.int64(-1)
            bit = u64(1) << u64(depth & 63)
            if byte == OPEN_OBJECT:
                stack[depth >> 6] |= bit
            else:
                stack[depth >> 6] &= ~bit
            depth += 1
            at = skip_space(data, at + 1, end)
            if byte_at(data, at) != byte + 2:  # both closing brackets are two above
                if byte == OPEN_OBJECT:
                    at = _skip_key(data, at, end)
                    if at < 0:
                        return at
                continue
            depth -= 1
            at += 1
        else:
            at = _skip_scalar(data, at, end, state)
            if at < 0:
                return at
        # After a value: close what it ends, up to the next value.
        while depth > 1:
            at = skip_space(data, at, end)
            if at >= end:
                return np.int64(-1)
            top = depth - 1
            in_object = (stack[top >> 6] >> u64(top & 63)) & u64(1) != u64(0)
            byte = byte_at(data, at)
            at += 1
            if byte == COMMA:
                at = skip_space(data, at, end)
                if in_object:
                    at = _skip_key(data, at, end)
                    if at < 0:
                        return at
                break
            if byte != (CLOSE_OBJECT if in_object else CLOSE_ARRAY):
                return np.int64(-1)
            depth -= 1
        if depth == 1:
            return at
    return np.int64(-1)
