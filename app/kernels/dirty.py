"""Which rows must be written to the changelog.

A dirty row carries a flag and has an entry in the store's list. A row that is written alone, or is
removed, loses the flag at once while its entry stays behind and is passed over when it is met.
"""

import numpy as np
import numpy.typing as npt

from app.kernels.compile import kernel
from app.kernels.decode_types import Int
from app.kernels.views import DIRTY, DIRTY_ENTRIES, StoreViews
from app.state.layout import FLAG_DIRTY


@kernel
def mark_dirty(views: StoreViews, slot: Int) -> None:
    """Note that the row at ``slot`` (which is in use) must be written to the changelog."""
    row = views.rows[slot]
    if row["flags"] & FLAG_DIRTY:
        return
    counts = views.counts
    if counts[DIRTY_ENTRIES] >= views.dirty.size:
        _tidy_dirty(views)
    row["flags"] |= FLAG_DIRTY
    views.dirty[counts[DIRTY_ENTRIES]] = slot
    counts[DIRTY_ENTRIES] += 1
    counts[DIRTY] += 1


@kernel
def mark_clean(views: StoreViews, slot: Int) -> None:
    """Note that the row at ``slot`` stands in the changelog as it is.

    Its entry stays in the list until the list is tidied or taken.
    """
    row = views.rows[slot]
    if row["flags"] & FLAG_DIRTY:
        row["flags"] ^= FLAG_DIRTY
        views.counts[DIRTY] -= 1


@kernel
def _tidy_dirty(views: StoreViews) -> None:
    """Keep one entry for each dirty row, which leaves at least half of the list free."""
    counts = views.counts
    kept = 0
    for i in range(counts[DIRTY_ENTRIES]):
        slot = views.dirty[i]
        row = views.rows[slot]
        if row["flags"] & FLAG_DIRTY:
            row["flags"] ^= FLAG_DIRTY
            views.dirty[kept] = slot
            kept += 1
    for i in range(kept):
        views.rows[views.dirty[i]]["flags"] |= FLAG_DIRTY
    counts[DIRTY_ENTRIES] = kept


@kernel
def take_dirty(views: StoreViews, slots: npt.NDArray[np.int32]) -> Int:
    """Clean up to ``len(slots)`` dirty rows and list them in ``slots``; returns how many."""
    counts = views.counts
    taken = 0
    while taken < slots.size and counts[DIRTY_ENTRIES] > 0:
        counts[DIRTY_ENTRIES] -= 1
        slot = views.dirty[counts[DIRTY_ENTRIES]]
        row = views.rows[slot]
        if row["flags"] & FLAG_DIRTY:
            row["flags"] ^= FLAG_DIRTY
            counts[DIRTY] -= 1
            slots[taken] = slot
            taken += 1
    return taken
