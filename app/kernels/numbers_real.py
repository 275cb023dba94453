"""The double nearest to a decimal number.

Eisel and Lemire: D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and
Experience 51 (2021); N. Mushtak and D. Lemire, "Fast number parsing without fallback", ibid. 53
(2023), which proves that one or two 64-bit products always suffice.
"""

import numpy as np
from numpy import uint64 as u64

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int

MIN_POWER, MAX_POWER = -342, 308
_MANTISSA_BITS = 52
_INFINITE_EXPONENT = 0x7FF
_LOW32 = u64(0xFFFFFFFF)


def _powers_of_five() -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    """The leading 128 bits of 5**q, high and low word, for every power of ten in range.

    Truncated, but for the reciprocals of powers that 64 bits hold: these are rounded up, so that
    the product of a number they divide looks as exact as it is.
    """
    table = []
    for q in range(MIN_POWER, MAX_POWER + 1):
        if q >= 0:
            bits = (5**q).bit_length()
            leading = 5**q << 128 >> bits
        else:
            divisor = 5**-q
            bits = (divisor - 1).bit_length()
            leading = (1 << (bits + 127)) // divisor + (q >= -27)
        table.append((leading >> 64, leading & 0xFFFFFFFFFFFFFFFF))
    return np.array(table, np.uint64)


_POWERS = _powers_of_five()


@lean_kernel
def _multiply(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The 128-bit product, (high, low)."""
    a_low, a_high = a & _LOW32, a >> u64(32)
    b_low, b_high = b & _LOW32, b >> u64(32)
    low = a_low * b_low
    middle = a_high * b_low + (low >> u64(32))
    other = a_low * b_high + (middle & _LOW32)
    high = a_high * b_high + (middle >> u64(32)) + (other >> u64(32))
    return high, (other << u64(32)) | (low & _LOW32)


@lean_kernel
def _leading_zeros(word: np.uint64) -> Int:
    """Of a word that is not zero."""
    zeros = np.int64(0)
    for step in (32, 16, 8, 4, 2, 1):
        if word >> u64(64 - step) == u64(0):
            word <<= u64(step)
            zeros += step
    return zeros


@lean_kernel
def nearest_double(digits: np.uint64, power: Int) -> float:
    """The double nearest to ``digits * 10**power``, ties to even; infinity beyond the largest."""
    if digits == u64(0) or power < MIN_POWER:
        return 0.0
    if power > MAX_POWER:
        return np.inf
    zeros = _leading_zeros(digits)
    normal = digits << u64(zeros)
    row = u64(power - MIN_POWER)
    high, low = _multiply(normal, _POWERS[row, u64(0)])
    if high & u64(0x1FF) == u64(0x1FF):
        # the bits below those kept are all ones: the second word may carry into them
        carry, _ = _multiply(normal, _POWERS[row, u64(1)])
        low += carry
        if carry > low:
            high += u64(1)
    upper = high >> u64(63)
    shift = upper + u64(64 - _MANTISSA_BITS - 3)
    mantissa = high >> shift
    exponent = ((217706 * power) >> 16) + 63 + np.int64(upper) - zeros + 1023
    if exponent <= 0:
        if exponent < -62:
            return 0.0
        mantissa >>= u64(1 - exponent)
        mantissa = (mantissa + (mantissa & u64(1))) >> u64(1)
        # a subnormal that rounds up to the smallest normal number carries into the exponent
        return _as_double(mantissa)
    halfway = mantissa << shift == high
    if low <= u64(1) and -4 <= power <= 23 and mantissa & u64(3) == u64(1) and halfway:
        mantissa &= ~u64(1)
    mantissa = (mantissa + (mantissa & u64(1))) >> u64(1)
    if mantissa >= u64(2 << _MANTISSA_BITS):
        mantissa = u64(1 << _MANTISSA_BITS)
        exponent += 1
    if exponent >= _INFINITE_EXPONENT:
        return np.inf
    fraction = mantissa & u64((1 << _MANTISSA_BITS) - 1)
    return _as_double(fraction | (u64(exponent) << u64(_MANTISSA_BITS)))


@lean_kernel
def _as_double(bits: np.uint64) -> float:
    return u64(bits).view(np.float64)
