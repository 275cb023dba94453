"""SipHash-1-3: the keyed hash of event identities, ids and index buckets.

Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012; one compression round and
three finalisation rounds, the variant CPython and Rust use for their tables. A keyed hash is needed
because keys come from outside: with a known function an attacker could choose account ids that all
fall into one bucket.
"""

import numpy as np
import numpy.typing as npt

from app.kernels.compile import inlined_kernel, lean_kernel

Bytes = npt.NDArray[np.uint8]

_INIT_0 = np.uint64(0x736F6D6570736575)
_INIT_1 = np.uint64(0x646F72616E646F6D)
_INIT_2 = np.uint64(0x6C7967656E657261)
_INIT_3 = np.uint64(0x7465646279746573)
_FINAL = np.uint64(0xFF)
_EIGHT = np.uint64(8)


@lean_kernel
def word_at(data: Bytes, at: np.uint64) -> np.uint64:
    """Eight bytes, little-endian: one load to LLVM, as unsigned indices need no wraparound."""
    return (
        np.uint64(data[at])
        | np.uint64(data[at + np.uint64(1)]) << np.uint64(8)
        | np.uint64(data[at + np.uint64(2)]) << np.uint64(16)
        | np.uint64(data[at + np.uint64(3)]) << np.uint64(24)
        | np.uint64(data[at + np.uint64(4)]) << np.uint64(32)
        | np.uint64(data[at + np.uint64(5)]) << np.uint64(40)
        | np.uint64(data[at + np.uint64(6)]) << np.uint64(48)
        | np.uint64(data[at + np.uint64(7)]) << np.uint64(56)
    )


@lean_kernel
def _rotate(value: np.uint64, bits: np.uint64) -> np.uint64:
    return (value << bits) | (value >> (np.uint64(64) - bits))


@lean_kernel
def _round(
    v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    v0 += v1
    v2 += v3
    v1 = _rotate(v1, np.uint64(13)) ^ v0
    v3 = _rotate(v3, np.uint64(16)) ^ v2
    v0 = _rotate(v0, np.uint64(32))
    v2 += v1
    v0 += v3
    v1 = _rotate(v1, np.uint64(17)) ^ v2
    v3 = _rotate(v3, np.uint64(21)) ^ v0
    v2 = _rotate(v2, np.uint64(32))
    return v0, v1, v2, v3


@inlined_kernel
def siphash13(data: Bytes, start: int, length: int, k0: np.uint64, k1: np.uint64) -> np.uint64:
    """SipHash-1-3 of ``data[start : start + length]`` under the 128-bit key ``k0, k1``.

    Raises IndexError when the range does not lie within ``data``.
    """
    if start < 0 or length < 0 or start > data.size or length > data.size - start:
        raise IndexError("siphash13: range outside of the data")
    v0 = k0 ^ _INIT_0
    v1 = k1 ^ _INIT_1
    v2 = k0 ^ _INIT_2
    v3 = k1 ^ _INIT_3
    at = np.uint64(start)
    for _ in range(length >> 3):
        word = word_at(data, at)
        v3 ^= word
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0 ^= word
        at += _EIGHT
    tail = length & 7
    word = np.uint64(length) << np.uint64(56)
    for i in range(tail):
        word |= np.uint64(data[at + np.uint64(i)]) << np.uint64(8 * i)
    v3 ^= word
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0 ^= word
    v2 ^= _FINAL
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3
