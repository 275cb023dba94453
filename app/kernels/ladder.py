"""The ladder: observe, throttle with an expiry, suspend, release.

``judge`` is called after every request of an account. It is a pure function of the row, the event
time, the regime and the partition's guards: no wall clock, no randomness. Shadow decisions walk a
ladder of their own, on a standing of their own, and never touch the live one.
"""

from app.kernels import parameters as p
from app.kernels.compile import kernel
from app.kernels.decisions import (
    CAUSE_CAMPAIGN,
    CAUSE_DECAY,
    CAUSE_EVIDENCE,
    CAUSE_EXEMPTION,
    CAUSE_RENEWAL,
    GUARD_DIVERTED,
    GUARD_QUIET,
    GUARD_TRIPPED,
)
from app.kernels.decode_types import Int, Record
from app.kernels.describe import describe
from app.kernels.deserved import (
    Case,
    campaign_action,
    deserved_action,
    firing_families,
    rolled_out,
)
from app.kernels.evidence import Floats, risk_of, weigh
from app.kernels.exemptions import ceiling_of, verification_of
from app.kernels.features import DAY_HOURS, weight_at
from app.kernels.guards import DIVERTED, Guards, admit, guards_open
from app.kernels.hours import active_hours
from app.kernels.regimes import Regimes
from app.kernels.standing import action_in_force, write_standing
from app.state.layout import (
    ACTION_NONE,
    ACTION_OBSERVE,
    ACTION_RELEASE,
    ACTION_SUSPEND,
    ACTION_THROTTLE,
    ACTOR_DETECTOR,
)

_MOVED = -1  # beside the GUARD_* codes, which say that it did not


@kernel
def judge(
    row: Record, now: Int, regimes: Regimes, r: Int, guards: Guards, decision: Record
) -> bool:
    """Judge the account ``row`` at event time ``now`` (ms, its clock) under regime ``r``.

    Returns whether there is an action. If so the row's live or shadow standing is the new one and
    ``decision`` (one element of ``DECISION``) is complete but for ``slot``; otherwise ``decision``
    holds scratch figures. When a live and a shadow action are due at once, the live one is taken,
    and the shadow one is due again at the account's next request.
    """
    policy = regimes.parameters[r]
    if _nothing_due(row, now, policy) or row["hold_until"] > now:
        return False
    ceiling = ceiling_of(row, now, regimes, r)
    weigh(row, now, regimes, r, decision["observed"], decision["deviation"], decision["evidence"])
    hidden = int(policy[p.SHADOW_FAMILIES])
    campaign = min(campaign_action(row, policy), ceiling)
    live_campaign = campaign
    if hidden & p.CAMPAIGN_BIT or (campaign != ACTION_NONE and not rolled_out(row, policy)):
        live_campaign = ACTION_NONE
    decision["regime"] = r
    decision["guard"] = GUARD_QUIET
    if policy[p.SHADOW] == 0.0:
        outcome = _walk(row, False, now, policy, hidden, live_campaign, ceiling, guards, decision)
        if outcome == _MOVED:
            describe(row, now, regimes, r, hidden, decision)
            return True
        decision["guard"] = outcome
        if outcome == GUARD_QUIET and hidden == 0 and campaign == live_campaign:
            return False
    if _walk(row, True, now, policy, 0, campaign, ceiling, guards, decision) == _MOVED:
        if decision["guard"] != GUARD_QUIET:
            guards[DIVERTED] += 1
        describe(row, now, regimes, r, 0, decision)
        return True
    return False


@kernel
def _nothing_due(row: Record, now: Int, policy: Floats) -> bool:
    """A cheap and exact no: the account stands on no step and has too few requests for any."""
    return (
        weight_at(row, now) < policy[p.LEAST_REQUESTS]
        and row["campaign_probability"] < policy[p.CAMPAIGN_THROTTLE]
        and action_in_force(row["live"], now) == ACTION_NONE
        and action_in_force(row["shadow"], now) == ACTION_NONE
    )


@kernel
def _walk(
    row: Record,
    shadow: bool,
    now: Int,
    policy: Floats,
    ignored: Int,
    campaign: Int,
    ceiling: Int,
    guards: Guards,
    decision: Record,
) -> Int:
    """Move one ladder by at most one action: _MOVED, or which guard kept it from moving."""
    standing = row["shadow"] if shadow else row["live"]
    held = action_in_force(standing, now)
    decision["shadow"] = shadow
    decision["risk"] = risk_of(
        decision["evidence"],
        ignored,
        policy[p.PRIOR] - policy[p.BAR + verification_of(row)],
    )
    if held > ceiling:
        return _issue(row, standing, now, ACTION_RELEASE, CAUSE_EXEMPTION, policy, decision)
    case = Case(
        decision["risk"],
        weight_at(row, now),
        active_hours(row, now, DAY_HOURS),
        firing_families(decision["evidence"], ignored),
    )
    wanted = min(deserved_action(case, policy, held, now - standing["issued_at"]), ceiling)
    cause = CAUSE_EVIDENCE
    if campaign > wanted:
        wanted = campaign
        cause = CAUSE_CAMPAIGN
    outcome = GUARD_QUIET
    if wanted > held:
        if not shadow and wanted >= ACTION_THROTTLE:
            outcome = _pass_guards(guards, now, policy)
        if outcome == GUARD_QUIET:
            return _issue(row, standing, now, wanted, cause, policy, decision)
    if held < ACTION_THROTTLE:
        return outcome
    if wanted < held and case.risk < _release_risk(policy, held):
        if standing["below_since"] == 0:
            standing["below_since"] = now
        elif now - standing["below_since"] >= _release_ms(policy, held):
            return _issue(row, standing, now, ACTION_RELEASE, CAUSE_DECAY, policy, decision)
        return outcome
    standing["below_since"] = 0
    lapses = standing["expires_at"]
    if lapses != 0 and lapses - now <= _renew_ms(policy, held):
        if not shadow and not guards_open(guards, now):
            return GUARD_DIVERTED
        return _issue(row, standing, now, held, CAUSE_RENEWAL, policy, decision)
    return outcome


@kernel
def _pass_guards(guards: Guards, now: Int, policy: Floats) -> Int:
    if not guards_open(guards, now):
        return GUARD_DIVERTED
    if not admit(guards, now, policy):
        return GUARD_TRIPPED
    return GUARD_QUIET


@kernel
def _issue(
    row: Record,
    standing: Record,
    now: Int,
    action: Int,
    cause: Int,
    policy: Floats,
    decision: Record,
) -> Int:
    duration = 0.0
    decision["requests_per_minute"] = 0
    decision["tokens_per_minute"] = 0
    if action == ACTION_OBSERVE:
        duration = policy[p.OBSERVE_MS]
    elif action == ACTION_THROTTLE:
        duration = policy[p.THROTTLE_MS]
        decision["requests_per_minute"] = int(policy[p.THROTTLE_REQUESTS_PER_MINUTE])
        decision["tokens_per_minute"] = int(policy[p.THROTTLE_TOKENS_PER_MINUTE])
    elif action == ACTION_SUSPEND:
        duration = policy[p.SUSPEND_MS]
    decision["cause"] = cause
    decision["campaign"] = 0
    decision["campaign_probability"] = 0.0
    if campaign_action(row, policy) != ACTION_NONE:
        decision["campaign"] = row["campaign"]
        decision["campaign_probability"] = row["campaign_probability"]
    write_standing(standing, decision, now, action, int(duration), ACTOR_DETECTOR)
    return _MOVED


@kernel
def _release_risk(policy: Floats, held: Int) -> float:
    if held == ACTION_SUSPEND:
        return policy[p.SUSPEND_RELEASE_RISK]
    return policy[p.THROTTLE_RELEASE_RISK]


@kernel
def _release_ms(policy: Floats, held: Int) -> float:
    if held == ACTION_SUSPEND:
        return policy[p.SUSPEND_RELEASE_MS]
    return policy[p.THROTTLE_RELEASE_MS]


@kernel
def _renew_ms(policy: Floats, held: Int) -> float:
    if held == ACTION_SUSPEND:
        return policy[p.SUSPEND_RENEW_MS]
    return policy[p.THROTTLE_RENEW_MS]
