"""Which step of the ladder the evidence deserves, whatever step the account stands on."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import parameters as p
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Int, Record
from app.kernels.families import uniform
from app.kernels.features import DAY_HOURS, weight_at
from app.kernels.hours import HOUR_MS, active_hours
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

    ``risk`` 0..1; ``requests`` decayed, of the week; ``active`` hours of the last 24, and ``idle``
    ones, not counting those before its first request; ``families`` of evidence that speak;
    ``throttle`` and ``suspend``, whether what each step needs is there; ``kept``, whether at least
    some of what a throttle needs is left.
    """

    risk: float
    requests: float
    active: Int
    idle: Int
    families: Int
    throttle: Bool
    suspend: Bool
    kept: Bool


@lean_kernel
def make_case(
    row: Record, now: Int, evidence: Floats, ignored: Int, risk: float, policy: Floats
) -> Case:
    """The case against ``row`` as of ``now`` (ms), without the families in the mask ``ignored``."""
    active = active_hours(row, now, DAY_HOURS)
    lived = now // HOUR_MS - row["first_ts"] // HOUR_MS + 1
    families = 0
    for k in range(EVIDENCE_FAMILIES):
        if evidence[k] > 0.0 and not ignored & (1 << k):
            families += 1
    return Case(
        risk,
        weight_at(row, now),
        active,
        min(lived, np.int64(DAY_HOURS)) - active,
        families,
        _needs_met(evidence, ignored, policy, p.THROTTLE_NEEDS, 1.0),
        _needs_met(evidence, ignored, policy, p.SUSPEND_NEEDS, 1.0),
        _needs_met(evidence, ignored, policy, p.THROTTLE_NEEDS, 0.0),
    )


@lean_kernel
def _needs_met(evidence: Floats, ignored: Int, policy: Floats, needs: Int, part: float) -> Bool:
    """Whether each family that the policy needs (parameters from ``needs`` on) speaks, and brings
    ``part`` of the share of its weight that is needed."""
    for k in range(EVIDENCE_FAMILIES):
        share = policy[needs + k]
        if share > 0.0 and (
            ignored & (1 << k)
            or evidence[k] <= 0.0
            or evidence[k] < part * share * policy[p.WEIGHT + k]
        ):
            return False
    return True


@lean_kernel
def deserved_action(case: Case, policy: Floats, held: Int, held_ms: Int) -> Int:
    """The step that ``case`` deserves of an account that has been on step ``held`` for ``held_ms``.

    Limits need a sustained sample (requests, active hours, hardly any rest), several independent
    families and certain ones among them, so that neither one honest trait nor one busy day brings
    them. A suspension also needs an account that has been throttled for a while: it is never the
    first that a customer hears.
    """
    if (
        case.risk >= policy[p.THROTTLE_RISK]
        and case.requests >= policy[p.THROTTLE_REQUESTS]
        and case.active >= policy[p.THROTTLE_ACTIVE_HOURS]
        and case.idle <= policy[p.THROTTLE_IDLE_HOURS]
        and case.families >= policy[p.THROTTLE_FAMILIES]
        and case.throttle
    ):
        if (
            case.risk >= policy[p.SUSPEND_RISK]
            and case.requests >= policy[p.SUSPEND_REQUESTS]
            and case.active >= policy[p.SUSPEND_ACTIVE_HOURS]
            and case.idle <= policy[p.SUSPEND_IDLE_HOURS]
            and case.families >= policy[p.SUSPEND_FAMILIES]
            and case.suspend
            and held >= ACTION_THROTTLE
            and (held == ACTION_SUSPEND or held_ms >= policy[p.SUSPEND_AFTER_THROTTLE_MS])
        ):
            return ACTION_SUSPEND
        return ACTION_THROTTLE
    if case.risk >= policy[p.OBSERVE_RISK] and case.requests >= policy[p.OBSERVE_REQUESTS]:
        return ACTION_OBSERVE
    return ACTION_NONE


@lean_kernel
def campaign_action(row: Record, policy: Floats) -> Int:
    """The step that the account's campaign deserves; ACTION_NONE when an operator dismissed it."""
    if row["detectors_off"] & p.CAMPAIGN_BIT:
        return ACTION_NONE
    if row["campaign_probability"] >= policy[p.CAMPAIGN_SUSPEND]:
        return ACTION_SUSPEND
    if row["campaign_probability"] >= policy[p.CAMPAIGN_THROTTLE]:
        return ACTION_THROTTLE
    return ACTION_NONE


@lean_kernel
def rolled_out(row: Record, policy: Floats) -> Bool:
    """Whether the account is in the share of its campaign that is acted on so far.

    A fixed draw per account and campaign: raising the share only adds accounts. It may not depend
    on the row's hash, whose key differs between processes; the first request's time serves.
    """
    draw = uniform(np.uint64(row["first_ts"]) ^ row["campaign"])
    return draw < policy[p.CAMPAIGN_ROLLOUT]
