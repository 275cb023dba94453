"""Which step of the ladder the evidence deserves, whatever step the account stands on."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import parameters as p
from app.kernels.compile import kernel
from app.kernels.decode_types import Bool, Int, Record
from app.kernels.families import popcount, uniform
from app.state.layout import (
    ACTION_NONE,
    ACTION_OBSERVE,
    ACTION_SUSPEND,
    ACTION_THROTTLE,
    EVIDENCE_FAMILIES,
)

Floats = npt.NDArray[np.float64]


class Case(NamedTuple):
    """What speaks against an account, for one ladder.

    ``risk`` 0..1; ``requests`` decayed, of the week; ``hours`` active of the last 24; ``firing``
    bit mask of the evidence families that speak.
    """

    risk: float
    requests: float
    hours: Int
    firing: Int


@kernel
def firing_families(evidence: Floats, ignored: Int) -> Int:
    """Bit mask of the families with any evidence that are not in the mask ``ignored``."""
    firing = np.int64(0)
    for k in range(EVIDENCE_FAMILIES):
        if evidence[k] > 0.0 and not ignored & (1 << k):
            firing |= 1 << k
    return firing


@kernel
def deserved_action(case: Case, policy: Floats, held: Int, held_ms: Int) -> Int:
    """The step that ``case`` deserves of an account that has been on step ``held`` for ``held_ms``.

    Limits need a sustained sample (requests, active hours), several independent families and each
    required one among them, so that neither one honest trait nor one busy hour brings them. A
    suspension also needs an account that has been throttled for a while: it is never the first
    that a customer hears.
    """
    required = np.int64(policy[p.REQUIRED_FAMILIES])
    families = popcount(np.uint64(case.firing))
    if (
        case.risk >= policy[p.THROTTLE_RISK]
        and case.requests >= policy[p.THROTTLE_REQUESTS]
        and case.hours >= policy[p.THROTTLE_HOURS]
        and families >= policy[p.THROTTLE_FAMILIES]
        and case.firing & required == required
    ):
        if (
            case.risk >= policy[p.SUSPEND_RISK]
            and case.requests >= policy[p.SUSPEND_REQUESTS]
            and case.hours >= policy[p.SUSPEND_HOURS]
            and families >= policy[p.SUSPEND_FAMILIES]
            and held >= ACTION_THROTTLE
            and (held == ACTION_SUSPEND or held_ms >= policy[p.SUSPEND_AFTER_THROTTLE_MS])
        ):
            return ACTION_SUSPEND
        return ACTION_THROTTLE
    if case.risk >= policy[p.OBSERVE_RISK] and case.requests >= policy[p.OBSERVE_REQUESTS]:
        return ACTION_OBSERVE
    return ACTION_NONE


@kernel
def campaign_action(row: Record, policy: Floats) -> Int:
    """The step that the account's campaign deserves; ACTION_NONE when an operator dismissed it."""
    if row["detectors_off"] & p.CAMPAIGN_BIT:
        return ACTION_NONE
    if row["campaign_probability"] >= policy[p.CAMPAIGN_SUSPEND]:
        return ACTION_SUSPEND
    if row["campaign_probability"] >= policy[p.CAMPAIGN_THROTTLE]:
        return ACTION_THROTTLE
    return ACTION_NONE


@kernel
def rolled_out(row: Record, policy: Floats) -> Bool:
    """Whether the account is in the share of its campaign that is acted on so far.

    A fixed draw per account and campaign: raising the share only adds accounts. It may not depend
    on the row's hash, whose key differs between processes; the first request's time serves.
    """
    draw = uniform(np.uint64(row["first_ts"]) ^ row["campaign"])
    return draw < policy[p.CAMPAIGN_ROLLOUT]
