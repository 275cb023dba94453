"""JSON numbers, exactly.

Digits are read eight at a time. A real number with at most 53 bits of digits and a power of ten up
to 22 is one exact multiplication or division (Clinger, "How to read floating point numbers
accurately", PLDI 1990); others go to ``numbers_real``. Only a number with more than 19 significant
digits whose first 19 do not settle the last bit is left to the slow decoder.
"""

import numpy as np
from numpy import uint64 as u64

from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bytes, Float, Int
from app.kernels.numbers_real import nearest_double
from app.kernels.text import HIGH, LOW7, byte_at, lowest_byte, word_at

# What a number turned out to be.
BROKEN, INTEGER, REAL, AMBIGUOUS = 0, 1, 2, 3

_POW10_INT = np.array([10**i for i in range(20)], np.uint64)
_POW10_REAL = np.array([10.0**i for i in range(23)], np.float64)

_ZEROS = u64(0x3030303030303030)
_SEVENTY_SIX = u64(0x7676767676767676)
_EXACT_DIGITS = u64(1 << 53)
_MAX_DIGITS = 19  # that always fit 64 bits
_MAX_EXPONENT = np.int64(
    1_000_000_000
)  # a record is too short to bring a larger one back into range

_MINUS, _PLUS, _POINT, _ZERO, _NINE, _E = 0x2D, 0x2B, 0x2E, 0x30, 0x39, 0x65


@lean_kernel
def digit_run(word: np.uint64) -> Int:
    """How many of the word's first bytes are decimal digits, 0 to 8."""
    values = word ^ _ZEROS
    marks = (((values & LOW7) + _SEVENTY_SIX) | values) & HIGH
    return np.int64(8) if marks == u64(0) else lowest_byte(marks)


@lean_kernel
def digits_value(word: np.uint64, count: Int) -> np.uint64:
    """The number that the word's first ``count`` (1 to 8) bytes, all digits, write."""
    # the unwanted bytes are shifted out; zeros shifted in count as leading zeros
    values = (word ^ _ZEROS) << u64(8 * (8 - count))
    pairs = values * u64(10) + (values >> u64(8))
    mask = u64(0x000000FF000000FF)
    upper = (pairs & mask) * u64(0x000F424000000064)
    lower = ((pairs >> u64(16)) & mask) * u64(0x0000271000000001)
    return ((upper + lower) >> u64(32)) & u64(0xFFFFFFFF)


@inlined_kernel
def _read_digits(data: Bytes, at: Int, end: Int, digits: np.uint64) -> tuple[np.uint64, Int]:
    """Append a run of digits to ``digits`` (wraps around beyond 19 in all); (digits, its end)."""
    while at < end:
        word = word_at(data, at)
        count = digit_run(word)
        if count == 0:
            break
        digits = digits * _POW10_INT[u64(count)] + digits_value(word, count)
        at += count
        if count < 8:
            break
    return digits, at


@lean_kernel
def _read_exponent(data: Bytes, at: Int, end: Int) -> tuple[Int, Int]:
    """(exponent, its end) of the text after the letter; the end is -1 if there is no digit."""
    sign = byte_at(data, at)
    if sign in (_MINUS, _PLUS):
        at += 1
    start = at
    exponent = np.int64(0)
    while at < end:
        digit = byte_at(data, at) - _ZERO
        if digit < 0 or digit > 9:
            break
        exponent = min(exponent * 10 + digit, _MAX_EXPONENT)
        at += 1
    if at == start:
        return np.int64(0), np.int64(-1)
    return -exponent if sign == _MINUS else exponent, at


@inlined_kernel
def parse_number(data: Bytes, start: Int, end: Int) -> tuple[Int, Int, float, Int]:
    """Read the JSON number at ``start``; returns (kind, integer, real, position after it).

    ``INTEGER``: written as an integer and fits 64 bits. ``REAL``: the nearest double, of anything
    else. ``BROKEN``: not a number, one too large for a double, or one that runs into ``end``: an
    object must close after it. ``AMBIGUOUS``: a number, but not read exactly.
    """
    negative = byte_at(data, start) == _MINUS
    first = start + 1 if negative else start
    digits, at = _read_digits(data, first, end, u64(0))
    count = at - first
    if count == 0 or (count > 1 and byte_at(data, first) == _ZERO):
        return BROKEN, np.int64(0), 0.0, start
    byte = byte_at(data, at)
    exponent = np.int64(0)
    integral = True
    if byte == _POINT:
        integral = False
        point = at
        digits, at = _read_digits(data, at + 1, end, digits)
        exponent = point + 1 - at
        if exponent == 0:
            return BROKEN, np.int64(0), 0.0, start
        count -= exponent
        byte = byte_at(data, at)
    if byte | 0x20 == _E:
        integral = False
        power, at = _read_exponent(data, at + 1, end)
        if at < 0:
            return BROKEN, np.int64(0), 0.0, start
        exponent += power
    if at >= end:
        return BROKEN, np.int64(0), 0.0, start
    if count > _MAX_DIGITS:
        kind, real = _long_number(data, first, end, exponent)
    elif integral and digits < u64(1 << 63):
        return INTEGER, -np.int64(digits) if negative else np.int64(digits), 0.0, at
    elif integral and negative and digits == u64(1 << 63):
        return INTEGER, np.int64(-(1 << 63)), 0.0, at
    else:
        kind, real = REAL, _real(digits, exponent)
    if real == np.inf and kind == REAL:
        return BROKEN, np.int64(0), 0.0, start
    return kind, np.int64(0), -real if negative else real, at


@lean_kernel
def _real(digits: np.uint64, exponent: Int) -> Float:
    if digits <= _EXACT_DIGITS and -22 <= exponent <= 22:
        if exponent < 0:
            return np.float64(digits) / _POW10_REAL[u64(-exponent)]
        return np.float64(digits) * _POW10_REAL[u64(exponent)]
    return nearest_double(digits, exponent)


@lean_kernel
def _long_number(data: Bytes, at: Int, end: Int, exponent: Int) -> tuple[Int, float]:
    """A number of more than 19 digits, from its first 19 significant ones: (kind, real).

    ``exponent`` is the power of ten of the last digit.
    """
    digits = u64(0)
    kept = 0
    dropped = 0
    exact = True
    while at < end:
        byte = byte_at(data, at)
        at += 1
        if byte == _POINT:
            continue
        if byte < _ZERO or byte > _NINE:
            break
        if kept == _MAX_DIGITS:
            dropped += 1
            exact = exact and byte == _ZERO
        else:
            digits = digits * u64(10) + u64(byte - _ZERO)
            kept += digits != u64(0)
    real = _real(digits, exponent + dropped)
    if not exact and real != _real(digits + u64(1), exponent + dropped):
        return AMBIGUOUS, real
    return REAL, real


@lean_kernel
def integral_value(real: float) -> tuple[bool, bool, Int]:
    """(is an integer, fits 64 bits, the integer) of a finite double."""
    if np.floor(real) != real:
        return False, False, np.int64(0)
    if not -9223372036854775808.0 <= real < 9223372036854775808.0:
        return True, False, np.int64(0)
    return True, True, np.int64(real)
