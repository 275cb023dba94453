"""Which rows have been idle for too long, and what is kept of those that were acted on."""

import numpy as np
import numpy.typing as npt

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Int, Record
from app.kernels.dirty import mark_dirty
from app.kernels.fold_row import reset_detection
from app.kernels.standing import action_in_force
from app.kernels.views import ROWS_USED, StoreViews
from app.state.layout import ACTION_THROTTLE, FLAG_PROFILE, FLAG_STUB, RECENT


@lean_kernel
def shrink_idle(
    views: StoreViews, now: Int, retention_ms: Int, expired: npt.NDArray[np.int64]
) -> Int:
    """Find the accounts without a request for ``retention_ms`` before ``now`` (event time, ms).

    One whose standing still matters (a limit, a hold or an exemption in force) becomes a stub:
    everything observed of it is forgotten, what was decided stays, until it matters no more. The
    slots of the others are written to ``expired`` (int64[>= rows]) for the store to remove; returns
    how many. A row that has only a profile waits for its requests and is not idle; one that has
    not even that (a forgotten profile, a command that lapsed) is.
    """
    count = 0
    for slot in range(views.counts[ROWS_USED]):
        row = views.rows[slot]
        if row["id_length"] == 0:
            continue
        stub = row["flags"] & FLAG_STUB != 0
        if row["events"] == 0 and row["flags"] & FLAG_PROFILE != 0 and not stub:
            continue
        if now - row["last_ts"] <= retention_ms:
            continue
        if _standing_matters(row, now):
            if row["events"] > 0:
                _shrink(row)
                mark_dirty(views, slot)
        else:
            expired[count] = slot
            count += 1
    return count


@lean_kernel
def _standing_matters(row: Record, now: Int) -> Bool:
    return (
        action_in_force(row["live"], now) >= ACTION_THROTTLE
        or row["hold_until"] > now
        or row["operator_exempt_until"] > now
        or row["exempt_until"] > now
    )


@lean_kernel
def _shrink(row: Record) -> None:
    reset_detection(row)
    for i in range(RECENT):
        row["recent"][i] = 0
        row["recent_at"][i] = 0
    row["recent_next"] = 0
    row["flags"] |= FLAG_STUB
