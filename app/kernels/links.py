"""From decoded sightings to link rows: the loop of the link agent.

The fold visits the sightings of one partition in offset order. Each is added to its link's row,
unless the row's offset says that it was before, and to the totals of its kind. Totals belong to the
partition's header and not to a row, so they are as far as the header is: a sighting read again
after a restart, which the row has and the header has not, is added to them alone.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import reasons
from app.kernels import sighting_columns as s
from app.kernels.batches import UNFRAMED
from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_OFFSET,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
)
from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bool, Bytes, Int, Matrix
from app.kernels.dirty import mark_dirty
from app.kernels.index import ABSENT, lookup_frames, prefetch_row, upsert_hashed
from app.kernels.link_row import ADDED, KNOWN, begin_link, fold_sighting
from app.kernels.link_sample import members_kept
from app.kernels.link_sums import (
    CEILING,
    DAY_HOURS,
    HOUR_MS,
    Clock,
    add_sighting,
    advance,
)
from app.kernels.views import ROWS_USED, StoreViews

# The durable counters of a partition: in = folded + repeats + dead.
IN = 0  # sightings taken from the topic
FOLDED = 1  # that a link's row holds
REPEATS = 2  # recognised as published before
DEAD = 3  # that could not be read, or found no room
STALE = 4  # of those folded: of a window already forgotten, so that nothing but their time counts
RESUMED = 5  # of those folded: read again after a restart
NEWEST = 6  # the newest epoch sighted, the partition's clock; -1 before the first
COUNTERS = 7
COUNTER_NAMES = ("in", "folded", "repeats", "dead", "stale", "resumed", "newest")

AHEAD = 4  # sightings between asking for a row's cache lines and using them


class SightingBatch(NamedTuple):
    """Decoded sightings of one partition, in offset order.

    ``data`` uint8[m] record bytes; ``frames`` int64[n, FRAME_WIDTH]; ``values``
    int64[n, SIG_WIDTH]; ``status`` int32[n], reason codes, to which the fold adds state_full.
    ``hashes`` uint64[n] and ``slots`` int64[n] are scratch.
    """

    data: Bytes
    frames: Matrix
    values: Matrix
    status: npt.NDArray[np.int32]
    hashes: npt.NDArray[np.uint64]
    slots: npt.NDArray[np.int64]


@lean_kernel
def look_up(batch: SightingBatch, views: StoreViews) -> None:
    """Find the rows of all links of the batch, before it is folded."""
    lookup_frames(views, batch.data, batch.frames, batch.hashes, batch.slots)


@lean_kernel
def fold_sightings(
    batch: SightingBatch,
    start: Int,
    views: StoreViews,
    totals: npt.NDArray[Any],
    clock: Clock,
    counters: npt.NDArray[np.int64],
) -> Int:
    """Fold the sightings from number ``start`` on; ``look_up`` has been called, and the store asked
    to reserve room for all of their keys.

    ``totals`` structured[kinds] of ``TOTALS``; ``counters`` int64[COUNTERS].

    Stops before the first sighting of a new epoch, for idle links are to be removed first: the
    caller does so, moves ``counters[NEWEST]``, looks up anew and calls again. Returns the number of
    the first sighting not folded.
    """
    count = batch.frames.shape[0]
    for i in range(start, count):
        if i + AHEAD < count and batch.slots[i + AHEAD] != ABSENT:
            prefetch_row(views, batch.slots[i + AHEAD])
        if batch.status[i] == reasons.OK and not _on_time(batch.values[i], clock):
            batch.status[i] = reasons.OUT_OF_RANGE
        if batch.status[i] == reasons.OK:
            if batch.values[i, s.SIG_EPOCH] > counters[NEWEST]:
                return np.int64(i)
            _add_to_total(totals, batch.values[i], clock)
            slot = _row_of(batch, i, views)
            if slot == ABSENT:
                batch.status[i] = reasons.STATE_FULL
            else:
                _fold_into(batch, i, slot, views, clock, counters)
        lost = batch.frames[i, FRAME_VALUE_START] == UNFRAMED
        records = batch.frames[i, FRAME_VALUE_LENGTH] if lost else np.int64(1)
        counters[IN] += records
        if batch.status[i] != reasons.OK:
            counters[DEAD] += records
    return np.int64(count)


@lean_kernel
def _on_time(values: npt.NDArray[np.int64], clock: Clock) -> Bool:
    """Whether the epoch ends when it should: another worker's periods may have another length."""
    end = (values[s.SIG_EPOCH] + 1) * (DAY_HOURS // clock.day) * HOUR_MS
    return values[s.SIG_TS] == end


@lean_kernel
def _add_to_total(totals: npt.NDArray[Any], values: npt.NDArray[np.int64], clock: Clock) -> None:
    total = totals[values[s.SIG_KIND]]
    advance(total, values[s.SIG_EPOCH], clock)
    add_sighting(total, values, clock, CEILING, CEILING)


@inlined_kernel
def _row_of(batch: SightingBatch, i: Int, views: StoreViews) -> Int:
    if batch.slots[i] != ABSENT:
        return batch.slots[i]
    # Unknown before the batch; an earlier sighting in it may have brought the link in.
    slot = upsert_hashed(
        views,
        batch.data,
        batch.frames[i, FRAME_KEY_START],
        batch.frames[i, FRAME_KEY_LENGTH],
        np.uint64(batch.hashes[i]),
    )
    if slot != ABSENT and views.rows[slot]["offset"] == 0:
        begin_link(views.rows[slot])
    return slot


@inlined_kernel
def _fold_into(
    batch: SightingBatch,
    i: Int,
    slot: Int,
    views: StoreViews,
    clock: Clock,
    counters: npt.NDArray[np.int64],
) -> None:
    row = views.rows[slot]
    offset = batch.frames[i, FRAME_OFFSET]
    if offset < row["offset"]:
        counters[RESUMED] += 1
        counters[FOLDED] += 1
        return
    row["offset"] = offset + 1
    mark_dirty(views, slot)
    outcome = fold_sighting(row, batch.values[i], clock)
    if outcome == KNOWN:
        counters[REPEATS] += 1
        return
    counters[FOLDED] += 1
    if outcome != ADDED:
        counters[STALE] += 1


@lean_kernel
def idle_links(
    views: StoreViews,
    epoch: Int,
    clock: Clock,
    single_epochs: Int,
    slots: npt.NDArray[np.int64],
) -> Int:
    """List links to be removed, at most as many as ``slots`` (int64[n]) holds; returns how many.

    As of ``epoch``, the partition's newest: those whose evidence is forgotten by age, with which
    nothing is lost; and those of a single member that were not sighted for more than
    ``single_epochs``. Most links never have a second member, and they would fill the memory; one
    that belongs to a campaign is waited for, because a replacement may come under it.
    """
    found = np.int64(0)
    for slot in range(views.counts[ROWS_USED]):
        if found >= slots.size:
            break
        row = views.rows[slot]
        if row["id_length"] == 0:
            continue
        last = np.int64(row["last_epoch"])
        windows = epoch // clock.window - last // clock.window
        forgotten = windows > 1 and epoch // clock.day - last // clock.day > 1
        single = row["campaign"] == 0 and members_kept(row) <= 1
        if forgotten or (single and epoch - last > single_epochs):
            slots[found] = slot
            found += 1
    return found
