"""In which of the last 168 hours an account was active, one bit each.

Bit ``i`` of the 192 bits in ``row["hours"]`` (least significant first, word 0 first) stands for the
hour ``row["hours_at"] - i``, in hours since the Unix epoch. Bits from 168 on are left over from
older hours and mean nothing.
"""

import numpy as np

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.families import popcount

HOUR_MS = 3_600_000
SPAN = 168  # hours remembered
_WORDS = 3
_BITS = 64


@lean_kernel
def mark_hour(row: Record, ts: Int) -> None:
    """Note activity at ``ts`` (ms). An hour that is already forgotten changes nothing."""
    hour = ts // HOUR_MS
    ago = np.int64(row["hours_at"]) - hour
    if row["events"] == 0 or ago <= -SPAN:
        for w in range(_WORDS):
            row["hours"][w] = 0
        row["hours_at"] = hour
        ago = 0
    elif ago < 0:
        _shift(row["hours"], -ago)
        row["hours_at"] = hour
        ago = 0
    if ago < SPAN:
        row["hours"][ago // _BITS] |= np.uint64(1) << np.uint64(ago % _BITS)


@lean_kernel
def active_hours(row: Record, now: Int, span: Int) -> Int:
    """Of the ``span`` (at most SPAN) hours up to the one that ``now`` (ms) is in, those active."""
    ahead = now // HOUR_MS - np.int64(row["hours_at"])
    first = max(np.int64(0), -ahead)  # hours of the row later than now do not count
    last = min(np.int64(span), np.int64(SPAN)) - ahead  # one past the oldest that counts
    last = min(last, np.int64(SPAN))
    found = np.int64(0)
    for w in range(_WORDS):
        low = max(first - w * _BITS, np.int64(0))
        high = min(last - w * _BITS, np.int64(_BITS))
        if low < high:
            word = row["hours"][w] >> np.uint64(low)
            if high - low < _BITS:
                word &= (np.uint64(1) << np.uint64(high - low)) - np.uint64(1)
            found += popcount(word)
    return found


@lean_kernel
def _shift(words: np.ndarray, by: Int) -> None:
    """Move the bits of ``words`` (uint64[3]) up by ``by``, 0 < by < SPAN."""
    whole = by // _BITS
    part = np.uint64(by % _BITS)
    for w in range(_WORDS - 1, -1, -1):
        word = np.uint64(0)
        if w >= whole:
            word = words[w - whole] << part
            if part > 0 and w > whole:
                word |= words[w - whole - 1] >> (np.uint64(_BITS) - part)
        words[w] = word
