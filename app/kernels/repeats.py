"""Recognising an event that has been folded before.

A row keeps the fingerprints of its last ``RECENT`` events, each with the row's clock at the time.
An event is a repeat while its fingerprint is among them and the clock has moved no more than
``REPEAT_SECONDS`` since: the contract's "last 32 events or 10 minutes, whichever is less".

The clock is kept as seconds modulo 2**16, half a day and more. That cannot mistake an old
fingerprint for a fresh one: after a gap of more than ``REPEAT_SECONDS`` nothing in the ring counts,
and the next event empties it, so an entry is at most 32 * 600 s = 5.3 h old when it is overwritten.
"""

import numpy as np

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.state.layout import RECENT

REPEAT_SECONDS = 600
CLOCK_MASK = 0xFFFF
EMPTY = np.uint64(0)


@lean_kernel
def fingerprint_of(event_hash: Int) -> Int:
    """The fingerprint of an event by the hash of its id: never the mark of an empty place."""
    fingerprint = np.uint64(event_hash)
    if fingerprint == EMPTY:
        return np.uint64(1)
    return fingerprint


@lean_kernel
def is_repeat(row: Record, fingerprint: Int, clock_ms: Int) -> bool:
    """Whether the event was folded into ``row`` recently; ``clock_ms`` is the row's clock now."""
    if clock_ms - row.last_ts > REPEAT_SECONDS * 1000:
        return False
    now = (clock_ms // 1000) & CLOCK_MASK
    for i in range(RECENT):
        if row.recent[i] == fingerprint:
            age = (now - np.int64(row.recent_at[i])) & CLOCK_MASK
            if age <= REPEAT_SECONDS:
                return True
    return False


@lean_kernel
def remember(row: Record, fingerprint: Int, clock_ms: Int) -> None:
    """Keep the fingerprint, before the row's ``last_ts`` moves to ``clock_ms``."""
    if clock_ms - row.last_ts > REPEAT_SECONDS * 1000:
        for i in range(RECENT):
            row.recent[i] = EMPTY
            row.recent_at[i] = np.uint16(0)  # what is zero costs nothing in the changelog
        row.recent_next = np.uint8(0)
    place = np.int64(row.recent_next) % RECENT
    row.recent[place] = fingerprint
    row.recent_at[place] = np.uint16((clock_ms // 1000) & CLOCK_MASK)
    row.recent_next = np.uint8((place + 1) % RECENT)
