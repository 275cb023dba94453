"""Blast-radius guards of one partition: how many accounts may be newly limited in event time.

A mistake in a policy or in the input must not take down a platform's customers. When a limit is
reached the guards trip: for a while every action that would limit an account goes to shadow, and
an alarm rings. Releases always pass. The counters are an ``int64[WIDTH]`` array that lives in the
partition's header, so a restart neither forgets nor repeats an action. Minutes and hours are those
of the newest request seen, so a late request counts where the clock stands. A limit that has lapsed
and is put on the same account again within a day is none of the new ones (see ``ladder.py``).

A confirmed campaign may deserve more actions at once than the limits allow, and that is no sign of
a mistake: its members wait their turn instead of tripping the guards (see ``stage``).
"""

import numpy as np
import numpy.typing as npt

from app.kernels import parameters as p
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Int

MINUTE = 0  # number of the minute that is counted
MINUTE_ACTIONS = 1
HOUR = 2  # number of the hour that is counted
HOUR_ACTIONS = 3
TRIPPED_UNTIL = 4  # event time, ms; 0: never tripped
TRIPS = 5  # times tripped, over the partition's life
DIVERTED = 6  # actions sent to shadow, over the partition's life
ACTIVE = 7  # accounts of the partition active in the day before its last sweep
PARTITIONS = 8  # partitions that the policy's limit per minute is split over
WIDTH = 9

STAGED = 0.5
"""Share of each limit that actions on members of campaigns may use."""

Guards = npt.NDArray[np.int64]


@lean_kernel
def guards_open(guards: Guards, now: Int) -> Bool:
    """Whether actions may go live at event time ``now`` (ms): the guards are not tripped."""
    return now >= guards[TRIPPED_UNTIL]


@lean_kernel
def admit(guards: Guards, now: Int, policy: npt.NDArray[np.float64]) -> Bool:
    """Count one action that newly limits an account; False, and tripped, if it is one too many.

    Only called while the guards are open. ``policy`` float64[PARAMETERS].
    """
    if not _count(guards, now, policy, 1.0):
        guards[TRIPPED_UNTIL] = now + np.int64(policy[p.GUARD_HOLD_MS])
        guards[TRIPS] += 1
        return False
    return True


@lean_kernel
def stage(guards: Guards, now: Int, policy: npt.NDArray[np.float64]) -> Bool:
    """Count one action on a member of a campaign; False if the account has to wait its turn.

    Campaigns get ``STAGED`` of each limit, so that they never use up what single accounts need. An
    account that waits is asked about again at its next request.
    """
    return _count(guards, now, policy, STAGED)


@lean_kernel
def _count(guards: Guards, now: Int, policy: npt.NDArray[np.float64], share: float) -> Bool:
    minute = now // 60_000
    if minute > guards[MINUTE]:
        guards[MINUTE] = minute
        guards[MINUTE_ACTIONS] = 0
    hour = now // 3_600_000
    if hour > guards[HOUR]:
        guards[HOUR] = hour
        guards[HOUR_ACTIONS] = 0
    per_minute = max(policy[p.GUARD_PER_MINUTE] / max(guards[PARTITIONS], 1), 1.0)
    per_hour = max(
        policy[p.GUARD_SHARE_PER_HOUR] * guards[ACTIVE], policy[p.GUARD_LEAST_PER_HOUR], 1.0
    )
    if guards[MINUTE_ACTIONS] + 1 > max(share * per_minute, 1.0) or guards[HOUR_ACTIONS] + 1 > max(
        share * per_hour, 1.0
    ):
        return False
    guards[MINUTE_ACTIONS] += 1
    guards[HOUR_ACTIONS] += 1
    return True
