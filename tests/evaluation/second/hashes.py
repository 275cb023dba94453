"""Names for things: 64-bit hashes of small integers, and their hexadecimal text.

Whatever has a name on the wire is known here by a few integers (a pool and a place in it, a family
and its version), so nothing has to be kept to name it again.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]

_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(*parts: npt.ArrayLike) -> Hashes:
    """One hash of all ``parts``, which broadcast; fractions of numbers are cut off (SplitMix64)."""
    mixed: Hashes = np.asarray(_GOLDEN)
    with np.errstate(over="ignore"):
        for part in parts:
            given = np.asarray(part)
            if given.dtype != np.uint64:
                given = given.astype(np.int64).astype(np.uint64)
            folded = given + _GOLDEN + (mixed << np.uint64(6)) + (mixed >> np.uint64(2))
            mixed = np.asarray(mixed ^ folded)
            mixed = np.asarray((mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))
            mixed = np.asarray((mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB))
            mixed = np.asarray(mixed ^ (mixed >> np.uint64(31)))
    return mixed


def hexadecimal(hashes: Hashes, prefix: bytes = b"") -> Any:
    """An Arrow array of ``prefix`` and sixteen digits for each hash."""
    count, start = len(hashes), len(prefix)
    octets = np.ascontiguousarray(hashes, np.uint64).astype(">u8").view(np.uint8).reshape(count, 8)
    text = np.empty((count, start + 16), np.uint8)
    text[:, :start] = np.frombuffer(prefix, np.uint8)
    text[:, start::2] = _DIGITS[octets >> 4]
    text[:, start + 1 :: 2] = _DIGITS[octets & 15]
    ends = (np.arange(count + 1, dtype=np.int64) * (start + 16)).astype(np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(text.tobytes()))
