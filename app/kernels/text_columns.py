"""Columns of strings to what a decoder makes of single ones; see ``app/kernels/columns.py``.

A column of ``n`` strings is their bytes end to end, ``data`` uint8[m], and where each ends:
``ends`` int64[n + 1], string ``i`` being ``data[ends[i] : ends[i + 1]]`` (Arrow's layout).
"""

import numpy as np
import numpy.typing as npt

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bytes
from app.kernels.siphash import siphash13
from app.kernels.spec import STRING_KEY
from app.kernels.text import count_characters, hex_word, word_at

_KEY_0, _KEY_1 = STRING_KEY
_HEX_DIGITS = 16


@lean_kernel
def hash_strings(data: Bytes, ends: npt.NDArray[np.int64], out: npt.NDArray[np.int64]) -> None:
    """Write the HASH value of each string into ``out`` int64[n]."""
    for i in range(out.size):
        hashed = siphash13(data, ends[i], ends[i + 1] - ends[i], _KEY_0, _KEY_1)
        out[i] = np.uint64(hashed).view(np.int64)


@lean_kernel
def read_hex16(
    data: Bytes,
    ends: npt.NDArray[np.int64],
    out: npt.NDArray[np.int64],
    good: npt.NDArray[np.bool_],
) -> None:
    """Write the HEX16 value of each string into ``out`` int64[n]; ``good`` bool[n]: it is one."""
    for i in range(out.size):
        start = ends[i]
        good[i] = ends[i + 1] - start == _HEX_DIGITS
        if good[i]:
            upper, bad_upper = hex_word(word_at(data, start))
            lower, bad_lower = hex_word(word_at(data, start + 8))
            good[i] = (bad_upper | bad_lower) == np.uint64(0)
            out[i] = np.uint64(upper << np.uint64(32) | lower).view(np.int64)


@lean_kernel
def count_each(data: Bytes, ends: npt.NDArray[np.int64], out: npt.NDArray[np.int64]) -> None:
    """Write the number of Unicode code points of each string into ``out`` int64[n]."""
    for i in range(out.size):
        out[i] = count_characters(data, ends[i], ends[i + 1] - ends[i])
