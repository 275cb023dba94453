"""From decoded requests to updated account rows and decisions: the loop of the hot path.

The fold visits the requests of one partition in offset order. What it does with a request depends
on the partition's ledger, the account's row, the request and the regime in force at its ``ts``,
never on how the records were batched, so a replay decides as the first run did.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import columns as c
from app.kernels import ledger as l
from app.kernels import reasons
from app.kernels.batches import UNFRAMED
from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bool, Bytes, Int, Matrix, Record
from app.kernels.dirty import mark_dirty
from app.kernels.fold_row import fold_request, reset_detection
from app.kernels.index import ABSENT, lookup_frames, prefetch_row, upsert_hashed
from app.kernels.ladder import judge
from app.kernels.parameters import ALLOWED_LATENESS_MS, RETENTION_MS
from app.kernels.prefetch import prefetch
from app.kernels.recognise import LOOKOUT, Lookout, recognise
from app.kernels.refusals import OPEN_LOOP, Refusals, refuse
from app.kernels.regimes import Regimes, regime_at
from app.kernels.repeats import fingerprint_of, is_repeat, remember
from app.kernels.views import StoreViews

EARLY_MS = 600_000
"""How far a request's ts may be ahead of its Kafka timestamp, ms (the contract)."""

AHEAD = 8
"""Requests between asking for a row's cache lines and using them: some 100 ns each, a miss."""


class RequestBatch(NamedTuple):
    """Decoded requests of one partition, in offset order.

    ``data`` uint8[m] record bytes, ``frames`` int64[n, FRAME_WIDTH], ``values``
    int64[n, REQ_WIDTH], ``status`` int32[n]: reason codes, to which the fold adds late, early and
    state_full. ``hashes`` uint64[n] and ``slots`` int64[n] are scratch.
    """

    data: Bytes
    frames: Matrix
    values: Matrix
    status: npt.NDArray[np.int32]
    hashes: npt.NDArray[np.uint64]
    slots: npt.NDArray[np.int64]


class Partition(NamedTuple):
    """What is known of one partition besides its rows.

    ``ledger`` int64[ledger.WIDTH]; ``guards`` int64[], see ``app/kernels/guards.py``; ``seen``
    uint64[2**k], event fingerprints by their low bits: a memory of the process, for the metric of
    repeats that come too late to be recognised, which decides nothing; ``refusals`` what a replay
    refuses; ``lookout`` scratch, which partitions that are folded one after the other may share.
    """

    ledger: npt.NDArray[np.int64]
    guards: npt.NDArray[np.int64]
    seen: npt.NDArray[np.uint64]
    refusals: Refusals = OPEN_LOOP
    lookout: Lookout = LOOKOUT


@lean_kernel
def look_up(batch: RequestBatch, views: StoreViews) -> None:
    """Find the rows of all requests of the batch, before it is folded."""
    lookup_frames(views, batch.data, batch.frames, batch.hashes, batch.slots)


@lean_kernel
def fold_requests(
    batch: RequestBatch,
    start: Int,
    views: StoreViews,
    regimes: Regimes,
    partition: Partition,
    epoch_ms: Int,
    sighting_ms: Int,
    decisions: npt.NDArray[Any],
) -> tuple[Int, Int]:
    """Fold the requests from number ``start`` on; ``look_up`` has been called.

    Stops before the first request whose ts begins a new epoch, for the partition is to be swept
    first: the caller does so, moves the ledger's epoch, looks up anew (a sweep removes rows) and
    calls again. Decisions are written to ``decisions`` (structured[>= n] of ``DECISION``).

    Returns (number of the first request not folded, decisions made).
    """
    ledger = partition.ledger
    made = 0
    count = batch.frames.shape[0]
    for i in range(start, count):
        if i + AHEAD < count:
            _prepare(batch, i + AHEAD, views, partition.seen)
        if batch.status[i] == reasons.OK:
            batch.status[i] = _admit(batch, i, regimes, ledger)
        if batch.status[i] == reasons.OK:
            ts = batch.values[i, c.REQ_TS]
            if ts > ledger[l.WATERMARK] or ledger[l.EPOCH] < 0:
                if ts // epoch_ms > ledger[l.EPOCH]:
                    return i, made
                ledger[l.WATERMARK] = ts
            slot = _row_of(batch, i, views)
            if slot == ABSENT:
                batch.status[i] = reasons.STATE_FULL
            else:
                row = views.rows[slot]
                r = regime_at(regimes, ts)
                retention = np.int64(regimes.parameters[r, RETENTION_MS])
                if _fold_row(batch, i, slot, row, partition, retention, sighting_ms):
                    mark_dirty(views, slot)
                    if _decide(row, batch.values[i], regimes, r, partition, decisions[made]):
                        decisions[made]["slot"] = slot
                        decisions[made]["offset"] = batch.frames[i, c.FRAME_OFFSET]
                        made += 1
        records = records_at(batch, i)
        ledger[l.IN] += records
        if batch.status[i] != reasons.OK:
            ledger[l.DEAD] += records
    return count, made


@inlined_kernel
def _decide(
    row: Record,
    values: Matrix,
    regimes: Regimes,
    r: Int,
    partition: Partition,
    decision: Record,
) -> Bool:
    """Whether the request ``values``, folded into ``row``, leads to an action: what it shows of a
    campaign that is known is noted first."""
    ts = values[c.REQ_TS]
    entry = recognise(row, values, ts, regimes, r, partition.lookout)
    decision["watched"] = entry + 1
    return judge(row, ts, regimes, r, partition.guards, decision)


@inlined_kernel
def _prepare(batch: RequestBatch, i: Int, views: StoreViews, seen: npt.NDArray[np.uint64]) -> None:
    """Ask for the memory that request ``i`` is about to be folded into."""
    if batch.slots[i] != ABSENT:
        prefetch_row(views, batch.slots[i])
    prefetch(seen, _place_of(fingerprint_of(batch.values[i, c.REQ_EVENT_ID]), seen) << 3)


@lean_kernel
def _place_of(fingerprint: np.uint64, seen: npt.NDArray[np.uint64]) -> Int:
    return np.int64(fingerprint & np.uint64(seen.size - 1))


@lean_kernel
def records_at(batch: RequestBatch, i: Int) -> Int:
    """How many records row ``i`` stands for: several where they could not be told apart."""
    if batch.frames[i, c.FRAME_VALUE_START] == UNFRAMED:
        return batch.frames[i, c.FRAME_VALUE_LENGTH]
    return np.int64(1)


@inlined_kernel
def _admit(batch: RequestBatch, i: Int, regimes: Regimes, ledger: npt.NDArray[np.int64]) -> Int:
    """Whether the request's ts is near enough to the record's and to the partition's clock."""
    ts = batch.values[i, c.REQ_TS]
    recorded = batch.frames[i, c.FRAME_TIMESTAMP]
    if recorded >= 0 and ts - recorded > EARLY_MS:
        return reasons.EARLY
    watermark = ledger[l.WATERMARK]
    r = regime_at(regimes, watermark)
    if watermark - ts > np.int64(regimes.parameters[r, ALLOWED_LATENESS_MS]):
        return reasons.LATE
    return reasons.OK


@inlined_kernel
def _row_of(batch: RequestBatch, i: Int, views: StoreViews) -> Int:
    if batch.slots[i] != ABSENT:
        return batch.slots[i]
    # The key was unknown before the batch; an earlier request of it may have brought it in.
    return upsert_hashed(
        views,
        batch.data,
        batch.frames[i, c.FRAME_KEY_START],
        batch.frames[i, c.FRAME_KEY_LENGTH],
        np.uint64(batch.hashes[i]),
    )


@inlined_kernel
def _fold_row(
    batch: RequestBatch,
    i: Int,
    slot: Int,
    row: Record,
    partition: Partition,
    retention_ms: Int,
    sighting_ms: Int,
) -> Bool:
    """Fold request ``i`` into its row unless it was folded before; whether the row changed.

    Which of the requests read again after a restart were repeats no row remembers, but how many of
    all of them were is known, and their sum is what is counted.
    """
    ledger = partition.ledger
    offset = batch.frames[i, c.FRAME_OFFSET]
    if offset < row["offset"]:
        ledger[l.RESUMED] += 1
        if ledger[l.REPEATS_AHEAD] > 0:
            ledger[l.REPEATS_AHEAD] -= 1
            ledger[l.DUPLICATES] += 1
        else:
            ledger[l.FOLDED] += 1
        return False
    row["offset"] = offset + 1
    values = batch.values[i]
    ts = values[c.REQ_TS]
    clock = max(row["last_ts"], ts)
    fingerprint = fingerprint_of(values[c.REQ_EVENT_ID])
    if is_repeat(row, fingerprint, clock):
        row["duplicates_ahead"] += np.uint16(1)
        ledger[l.DUPLICATES] += 1
        return True
    if row["events"] > 0 and ts - row["last_ts"] > retention_ms:
        reset_detection(row)
    remember(row, fingerprint, clock)
    if partition.refusals.minutes.size > 0:
        refuse(partition.refusals, i, slot, row["live"], values, ts)
    fold_request(row, values, ts)
    _count_in_period(row, values, ledger[l.WATERMARK] // sighting_ms)
    ledger[l.FOLDED] += 1
    place = _place_of(fingerprint, partition.seen)
    if partition.seen[place] == fingerprint:
        ledger[l.LATE_REPEATS] += 1
    partition.seen[place] = fingerprint
    return True


@lean_kernel
def _count_in_period(row: Record, values: Matrix, period: Int) -> None:
    """Count the request towards the account's next sighting, by the partition's clock: a late one
    belongs to the period in which it arrives, for its own has been reported."""
    if row["epoch"] != period:
        row["epoch"] = np.int32(period)
        row["epoch_requests"] = 0
        row["epoch_tokens"] = 0
    row["epoch_requests"] += np.uint32(1)
    row["epoch_tokens"] += np.float32(values[c.REQ_OUTPUT_TOKENS] + values[c.REQ_REASONING_TOKENS])
