"""Writing the primitive types of Avro's binary encoding, for records laid out by hand.

Every function writes at ``out[at:]``, where the caller has made sure of room, and returns the
position after it.
"""

import numpy as np
import numpy.typing as npt

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bytes, Int

MAX_LONG_BYTES = 10


@lean_kernel
def put_long(out: Bytes, at: Int, value: Int) -> Int:
    """An int or long: zigzag, then seven bits to a byte, the lowest first."""
    wide = np.int64(value)
    rest = np.uint64(wide << np.int64(1)) ^ np.uint64(wide >> np.int64(63))
    while rest > np.uint64(0x7F):
        out[at] = np.uint8(rest & np.uint64(0x7F)) | np.uint8(0x80)
        rest >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(rest)
    return at + 1


@lean_kernel
def put_text(out: Bytes, at: Int, source: Bytes, start: Int, length: Int) -> Int:
    """A string: its length in bytes, then the bytes ``source[start : start + length]``."""
    at = put_long(out, at, length)
    copy(out, at, source, start, length)
    return at + length


@lean_kernel
def copy(out: Bytes, at: Int, source: Bytes, start: Int, length: Int) -> None:
    """Copy ``length`` bytes from ``source[start:]``, which overlaps nothing of ``out[at:]``."""
    for i in range(length):
        # unsigned indices need no wraparound, so that this becomes a block copy
        out[np.uint64(at + i)] = source[np.uint64(start + i)]


@lean_kernel
def put_label(
    out: Bytes,
    at: Int,
    texts: npt.NDArray[np.uint8],
    lengths: npt.NDArray[np.int64],
    index: Int,
) -> Int:
    """The string that is row ``index`` of ``texts``, of which ``lengths[index]`` bytes count."""
    length = lengths[index]
    at = put_long(out, at, length)
    for i in range(length):
        out[np.uint64(at + i)] = texts[np.uint64(index), np.uint64(i)]
    return at + length


@lean_kernel
def put_digits(out: Bytes, at: Int, value: np.uint64) -> Int:
    """The sixteen hexadecimal digits of ``value``, and nothing before them."""
    for i in range(16):
        digit = value >> np.uint64(60 - 4 * i) & np.uint64(15)
        letter = np.uint64(39) if digit > np.uint64(9) else np.uint64(0)  # from ":" on to "a"
        out[np.uint64(at + i)] = np.uint8(digit + np.uint64(0x30) + letter)
    return at + 16


@lean_kernel
def put_hex16(out: Bytes, at: Int, value: np.uint64) -> Int:
    """The string of the sixteen hexadecimal digits of ``value``."""
    return put_digits(out, put_long(out, at, 16), value)
