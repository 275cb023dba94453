"""Which rows must be written to the changelog.

A dirty row carries a flag and has an entry in the store's list. A row that is written alone, or is
removed, loses the flag at once while its entry stays behind and is passed over when it is met.
"""

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int
from app.kernels.views import DIRTY, DIRTY_ENTRIES, Counts, Rows, Slots, StoreViews
from app.state.layout import FLAG_DIRTY


@lean_kernel
def mark_dirty(views: StoreViews, slot: Int) -> None:
    """Note that the row at ``slot`` (which is in use) must be written to the changelog."""
    _mark_dirty(views.rows, views.dirty, views.counts, slot)


@lean_kernel
def _mark_dirty(rows: Rows, dirty: Slots, counts: Counts, slot: Int) -> None:
    row = rows[slot]
    if row["flags"] & FLAG_DIRTY:
        return
    if counts[DIRTY_ENTRIES] >= dirty.size:
        _tidy(rows, dirty, counts)
    row["flags"] |= FLAG_DIRTY
    dirty[counts[DIRTY_ENTRIES]] = slot
    counts[DIRTY_ENTRIES] += 1
    counts[DIRTY] += 1


@lean_kernel
def mark_clean(views: StoreViews, slot: Int) -> None:
    """Note that the row at ``slot`` stands in the changelog as it is.

    Its entry stays in the list until the list is tidied or taken.
    """
    _mark_clean(views.rows, views.counts, slot)


@lean_kernel
def _mark_clean(rows: Rows, counts: Counts, slot: Int) -> None:
    row = rows[slot]
    if row["flags"] & FLAG_DIRTY:
        row["flags"] ^= FLAG_DIRTY
        counts[DIRTY] -= 1


@lean_kernel
def _tidy(rows: Rows, dirty: Slots, counts: Counts) -> None:
    """Keep one entry for each dirty row, which leaves at least half of the list free."""
    kept = 0
    for i in range(counts[DIRTY_ENTRIES]):
        slot = dirty[i]
        row = rows[slot]
        if row["flags"] & FLAG_DIRTY:
            row["flags"] ^= FLAG_DIRTY
            dirty[kept] = slot
            kept += 1
    for i in range(kept):
        rows[dirty[i]]["flags"] |= FLAG_DIRTY
    counts[DIRTY_ENTRIES] = kept


@lean_kernel
def take_dirty(views: StoreViews, slots: Slots) -> Int:
    """Clean up to ``len(slots)`` dirty rows and list them in ``slots``; returns how many."""
    rows, dirty, counts = views.rows, views.dirty, views.counts
    taken = 0
    while taken < slots.size and counts[DIRTY_ENTRIES] > 0:
        counts[DIRTY_ENTRIES] -= 1
        slot = dirty[counts[DIRTY_ENTRIES]]
        row = rows[slot]
        if row["flags"] & FLAG_DIRTY:
            row["flags"] ^= FLAG_DIRTY
            counts[DIRTY] -= 1
            slots[taken] = slot
            taken += 1
    return taken
