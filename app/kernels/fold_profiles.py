"""Profiles into account rows, in whichever order they and the requests arrive."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.kernels import columns as c
from app.kernels import reasons
from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bool, Int, Matrix, Record
from app.kernels.dirty import mark_dirty
from app.kernels.fold import RequestBatch, records_at
from app.kernels.guards import Guards
from app.kernels.index import ABSENT, lookup_hashed, upsert_hashed
from app.kernels.ladder import judge
from app.kernels.regimes import Regimes, regime_at
from app.kernels.views import StoreViews
from app.state.layout import FLAG_PROFILE

APPLIED, STALE, DEAD = 0, 1, 2
COUNTS = 3


@lean_kernel
def fold_profiles(
    batch: RequestBatch,
    views: StoreViews,
    regimes: Regimes,
    guards: Guards,
    decisions: npt.NDArray[Any],
    counts: npt.NDArray[np.int64],
) -> Int:
    """Apply the profiles of ``batch``, whose ``values`` are int64[n, PRO_WIDTH], in offset order.

    A null value forgets the profile; an older one than the row has is passed over. An account with
    requests or a standing is judged anew at its own clock, for an exemption that arrives late
    releases it.
    ``counts`` int64[COUNTS] is added to. Returns the decisions made.
    """
    made = 0
    for i in range(batch.frames.shape[0]):
        status = batch.status[i]
        if status != reasons.OK and status != reasons.NULL_VALUE:
            counts[DEAD] += records_at(batch, i)
            continue
        forget = status == reasons.NULL_VALUE
        batch.status[i] = reasons.OK
        slot = _row_of(batch, i, views, forget)
        if slot == ABSENT and forget:
            counts[STALE] += 1  # there is nothing to forget
            continue
        if slot == ABSENT:
            batch.status[i] = reasons.STATE_FULL
            counts[DEAD] += 1
            continue
        row = views.rows[slot]
        offset = batch.frames[i, c.FRAME_OFFSET]
        if offset < row["profile_offset"]:
            counts[STALE] += 1
            continue
        counts[APPLIED] += 1
        row["profile_offset"] = offset + 1
        if forget:
            _forget(row)
        else:
            _apply(row, batch.values[i])
        mark_dirty(views, slot)
        if row["events"] > 0 or row["live"]["sequence"] > 0:
            # A verdict may have come after the last request: a release may not precede it.
            now = max(row["last_ts"], row["live"]["issued_at"])
            if judge(row, now, regimes, regime_at(regimes, now), guards, decisions[made]):
                decisions[made]["slot"] = slot
                decisions[made]["offset"] = offset
                made += 1
    return made


@inlined_kernel
def _row_of(batch: RequestBatch, i: Int, views: StoreViews, known_only: Bool) -> Int:
    """The row of the record's key; unless ``known_only``, made if there is none."""
    if batch.slots[i] != ABSENT:
        return batch.slots[i]
    # Unknown before the batch; an earlier record of it may have brought the account in.
    start = batch.frames[i, c.FRAME_KEY_START]
    length = batch.frames[i, c.FRAME_KEY_LENGTH]
    if known_only:
        return lookup_hashed(views, batch.data, start, length, np.uint64(batch.hashes[i]))
    return upsert_hashed(views, batch.data, start, length, np.uint64(batch.hashes[i]))


@lean_kernel
def _apply(row: Record, values: Matrix) -> None:
    row["flags"] |= FLAG_PROFILE
    row["created_at"] = values[c.PRO_CREATED_AT]
    row["org"] = np.uint64(values[c.PRO_ORG_ID])
    row["tier"] = np.uint8(values[c.PRO_TIER])
    row["verification"] = np.uint8(values[c.PRO_VERIFICATION])
    row["payment"] = np.uint64(values[c.PRO_PAYMENT_HASH])
    row["email_domain"] = np.uint64(values[c.PRO_EMAIL_DOMAIN_HASH])
    row["device"] = np.uint64(values[c.PRO_DEVICE_HASH])
    row["referral"] = np.uint64(values[c.PRO_REFERRAL_HASH])
    row["exempt_until"] = values[c.PRO_EXEMPT_UNTIL]


@lean_kernel
def _forget(row: Record) -> None:
    row["flags"] &= ~np.uint16(FLAG_PROFILE)
    row["created_at"] = 0
    row["org"] = 0
    row["tier"] = 0
    row["verification"] = 0
    row["payment"] = 0
    row["email_domain"] = 0
    row["device"] = 0
    row["referral"] = 0
    row["exempt_until"] = 0
