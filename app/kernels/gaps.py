"""The shape of an account's inter-arrival times: decayed moments of the logarithm of the gap.

Incremental mean and sum of squares with weights (West, "Updating mean and variance estimates: an
improved method", CACM 1979). The logarithm, because gaps range over eight decades; the standard
deviation of the log gap is near zero for a timer and well above one for people.
"""

import math

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.windows import decay, ticks_between
from app.state.layout import HORIZONS_MS, WEEK

MOST_WEIGHT = 4096.0
"""Effective number of gaps remembered at most.

A new gap moves the mean by at least 1/4096 of its distance, which a 32-bit float holds, and the
moments of a busy account are those of its recent hours.
"""

_WEEK_MS = float(HORIZONS_MS[WEEK])


@lean_kernel
def fold_gap(row: Record, ts: Int) -> None:
    """Add the gap from the row's clock to ``ts`` (ms); one that is not later has no gap."""
    if row["events"] == 0 or ts < row["last_ts"]:
        return
    before = float(row["gap_weight"])
    kept = decay(ticks_between(row["last_ts"], ts), _WEEK_MS)
    if before * kept > MOST_WEIGHT - 1.0:
        kept = (MOST_WEIGHT - 1.0) / before
    weight = before * kept + 1.0
    value = math.log(1.0 + float(ts - row["last_ts"]))
    mean = float(row["gap_mean"])
    distance = value - mean
    mean += distance / weight
    row["gap_weight"] = weight
    row["gap_mean"] = mean
    row["gap_m2"] = float(row["gap_m2"]) * kept + distance * (value - mean)
