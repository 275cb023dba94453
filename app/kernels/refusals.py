"""What a gateway that obeys every action at once would have refused: the closed loop of a replay.

Recorded and simulated requests were answered whatever the detector said. In a closed loop the fold
asks here first. A refused request still crosses the topic, as it does live: with the status that
the gateway would have sent, 403 for a suspended account and 429 beyond a throttle's limits, and
with nothing generated. So the detector sees the client knock, and sees no extraction.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import columns as c
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Matrix, Record
from app.kernels.standing import action_in_force
from app.state.layout import ACTION_SUSPEND, ACTION_THROTTLE

FORBIDDEN, TOO_MANY = 403, 429
MINUTE_MS = 60_000


class Refusals(NamedTuple):
    """A gateway's memory for one partition; its arrays are empty where no loop is closed.

    ``limits`` int64[2]: requests and tokens a minute of a throttled account. By the row's slot,
    ``minutes`` int64[limit], the number of the event-time minute that is counted, ``requests`` and
    ``tokens`` int64[limit], what was let through in it. ``refused`` int32[>= n]: for each request
    of the batch at hand the status it was refused with, or 0.
    """

    limits: npt.NDArray[np.int64]
    minutes: npt.NDArray[np.int64]
    requests: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.int64]
    refused: npt.NDArray[np.int32]


OPEN_LOOP = Refusals(
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.int32),
)
"""Nobody refuses anything here: live, gateways do."""


@lean_kernel
def refuse(
    refusals: Refusals, i: Int, slot: Int, standing: Record, values: Matrix, ts: Int
) -> None:
    """Answer request ``i`` (``values`` int64[REQ_WIDTH]) of the account at ``slot``.

    ``standing`` is the account's live one, ``ts`` the request's event time. A request from before
    the action was issued passes, and one that was refused when it was recorded stays as it is.
    """
    status = values[c.REQ_STATUS]
    if ts < standing["issued_at"] or status in (FORBIDDEN, TOO_MANY):
        return
    held = action_in_force(standing, ts)
    if held == ACTION_SUSPEND:
        status = np.int64(FORBIDDEN)
    elif held == ACTION_THROTTLE and not _within_limits(refusals, slot, values, ts):
        status = np.int64(TOO_MANY)
    else:
        return
    values[c.REQ_STATUS] = status
    values[c.REQ_OUTPUT_TOKENS] = 0
    values[c.REQ_REASONING_TOKENS] = 0
    refusals.refused[i] = np.int32(status)


@lean_kernel
def _within_limits(refusals: Refusals, slot: Int, values: Matrix, ts: Int) -> bool:
    """Whether a throttled account may send this too; it is counted if so."""
    minute = ts // MINUTE_MS
    if refusals.minutes[slot] != minute:
        refusals.minutes[slot] = minute
        refusals.requests[slot] = 0
        refusals.tokens[slot] = 0
    if refusals.requests[slot] >= refusals.limits[0] or (
        refusals.tokens[slot] >= refusals.limits[1]
    ):
        return False
    refusals.requests[slot] += 1
    refusals.tokens[slot] += (
        values[c.REQ_INPUT_TOKENS] + values[c.REQ_OUTPUT_TOKENS] + values[c.REQ_REASONING_TOKENS]
    )
    return True
