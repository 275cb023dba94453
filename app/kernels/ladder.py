"""The ladder: observe, throttle with an expiry, suspend, release.

``judge`` is called after every request of an account. It is a pure function of the row, the event
time, the regime and the partition's guards: no wall clock, no randomness. Shadow decisions walk a
ladder of their own, on a standing of their own, and never touch the live one.
"""

from typing import NamedTuple

import numpy as np

from app.kernels import parameters as p
from app.kernels.compile import inlined_kernel, lean_kernel
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
from app.kernels.decode_types import Bool, Float, Int, Record
from app.kernels.describe import describe
from app.kernels.deserved import (
    campaign_action,
    deserved_action,
    make_case,
    rolled_out,
)
from app.kernels.evidence import Floats, risk_of, weigh
from app.kernels.exemptions import ceiling_of, verification_of
from app.kernels.features import weight_at
from app.kernels.guards import DIVERTED, Guards, admit, guards_open, stage
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

AGAIN_MS = 86_400_000
"""An account on whom a limit that has lapsed is put again within a day is not newly limited."""

_MOVED = -1  # beside the GUARD_* codes, which say that it did not


class Walk(NamedTuple):
    """One ladder's turn: ``shadow`` which ladder; ``ts`` of the request and ``now``, the account's
    clock, both ms; ``ignored`` bit mask of evidence families; ``campaign`` the step deserved by the
    account's campaign; ``ceiling`` the highest step allowed."""

    shadow: bool
    ts: Int
    now: Int
    ignored: Int
    campaign: Int
    ceiling: Int


@inlined_kernel
def judge(row: Record, ts: Int, regimes: Regimes, r: Int, guards: Guards, decision: Record) -> Bool:
    """Judge the account ``row`` after its request of event time ``ts`` (ms) under regime ``r``.

    A request that came out of order is judged at the account's clock. Returns whether there is an
    action. If so the row's live or shadow standing is the new one, and ``decision`` (one element of
    ``DECISION``) is complete but for the caller's fields; otherwise it holds scratch figures. When
    a live and a shadow action are due at once, the live one is taken, and the shadow one is due
    again at the account's next request.
    """
    now = max(ts, row["last_ts"])
    policy = regimes.parameters[r]
    if row["hold_until"] > now:
        return False
    live = row["live"]
    shadow = row["shadow"]
    if _nothing_due(row, now, policy):
        live["risk"] = 0.0
        shadow["risk"] = 0.0
        return False
    weigh(row, now, regimes, r, decision["observed"], decision["deviation"], decision["evidence"])
    ceiling = ceiling_of(row, now, regimes, r)
    hidden = np.int64(policy[p.SHADOW_FAMILIES])
    campaign = min(campaign_action(row, policy), ceiling)
    seen = campaign
    if hidden & p.CAMPAIGN_BIT or (campaign != ACTION_NONE and not rolled_out(row, policy)):
        seen = np.int64(ACTION_NONE)
    decision["regime"] = r
    decision["guard"] = GUARD_QUIET
    if policy[p.SHADOW] == 0.0:
        turn = Walk(False, ts, now, hidden, seen, ceiling)
        outcome = _walk(row, live, turn, policy, guards, decision)
        if outcome == _MOVED:
            describe(row, now, regimes, r, hidden, decision)
            return True
        if outcome == GUARD_QUIET and hidden == 0 and campaign == seen:
            shadow["risk"] = 0.0
            return False
        decision["guard"] = outcome
    else:
        live["risk"] = 0.0
    turn = Walk(True, ts, now, np.int64(0), campaign, ceiling)
    if _walk(row, shadow, turn, policy, guards, decision) != _MOVED:
        return False
    if decision["guard"] != GUARD_QUIET:
        guards[DIVERTED] += 1
    describe(row, now, regimes, r, 0, decision)
    return True


@lean_kernel
def _nothing_due(row: Record, now: Int, policy: Floats) -> Bool:
    """A cheap and exact no: the account stands on no step and has too few requests for any."""
    return (
        weight_at(row, now) < policy[p.LEAST_REQUESTS]
        and row["campaign_probability"] < policy[p.CAMPAIGN_THROTTLE]
        and action_in_force(row["live"], now) == ACTION_NONE
        and action_in_force(row["shadow"], now) == ACTION_NONE
    )


@lean_kernel
def _walk(
    row: Record, standing: Record, turn: Walk, policy: Floats, guards: Guards, decision: Record
) -> Int:
    """Move ``standing`` by at most one action: _MOVED, or the GUARD_* code that says why not."""
    now = turn.now
    held = action_in_force(standing, now)
    log_odds = policy[p.PRIOR] - policy[p.BAR + verification_of(row)]
    risk = risk_of(decision["evidence"], turn.ignored, log_odds)
    standing["risk"] = risk
    decision["risk"] = risk
    if held > turn.ceiling:
        return _issue(row, standing, turn, ACTION_RELEASE, CAUSE_EXEMPTION, policy, decision)
    case = make_case(row, now, decision["evidence"], turn.ignored, risk, policy)
    wanted = min(deserved_action(case, policy, held, now - standing["issued_at"]), turn.ceiling)
    cause = CAUSE_EVIDENCE
    if turn.campaign > wanted:
        wanted = turn.campaign
        cause = CAUSE_CAMPAIGN
    outcome = GUARD_QUIET
    if wanted > held:
        if wanted >= ACTION_THROTTLE and not turn.shadow:
            if not guards_open(guards, now):
                outcome = GUARD_DIVERTED
            elif not _is_again(standing, now, wanted):
                if cause == CAUSE_CAMPAIGN:
                    if not stage(guards, now, policy):
                        wanted = held
                elif not admit(guards, now, policy):
                    outcome = GUARD_TRIPPED
        if outcome == GUARD_QUIET and wanted > held:
            return _issue(row, standing, turn, wanted, cause, policy, decision)
    if held < ACTION_THROTTLE:
        return outcome
    if wanted < held and not (case.kept and risk >= _release_risk(policy, held)):
        if standing["below_since"] == 0:
            standing["below_since"] = now
        elif now - standing["below_since"] >= _release_ms(policy, held):
            return _issue(row, standing, turn, ACTION_RELEASE, CAUSE_DECAY, policy, decision)
        return outcome
    standing["below_since"] = 0
    lapses = standing["expires_at"]
    if lapses != 0 and lapses - now <= _renew_ms(policy, held):
        if not turn.shadow and not guards_open(guards, now):
            return GUARD_DIVERTED
        return _issue(row, standing, turn, held, CAUSE_RENEWAL, policy, decision)
    return outcome


@lean_kernel
def _is_again(standing: Record, now: Int, wanted: Int) -> Bool:
    """Whether ``standing`` was on the step ``wanted`` until less than ``AGAIN_MS`` ago: then the
    guards have counted the account, and it is not newly limited. A quiet account does not ask in
    time to renew its throttle, and would use up what others of its campaign wait for."""
    lapsed = standing["expires_at"]
    return standing["action"] == wanted and 0 < lapsed <= now < lapsed + AGAIN_MS


@lean_kernel
def _issue(
    row: Record,
    standing: Record,
    turn: Walk,
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
        decision["requests_per_minute"] = np.int64(policy[p.THROTTLE_REQUESTS_PER_MINUTE])
        decision["tokens_per_minute"] = np.int64(policy[p.THROTTLE_TOKENS_PER_MINUTE])
    elif action == ACTION_SUSPEND:
        duration = policy[p.SUSPEND_MS]
    decision["cause"] = cause
    decision["campaign"] = 0
    decision["campaign_probability"] = 0.0
    if campaign_action(row, policy) != ACTION_NONE:
        decision["campaign"] = row["campaign"]
        decision["campaign_probability"] = row["campaign_probability"]
    expires_at = turn.now + np.int64(duration) if duration > 0.0 else np.int64(0)
    decision["shadow"] = turn.shadow
    write_standing(standing, decision, turn.ts, turn.now, action, expires_at, ACTOR_DETECTOR)
    return _MOVED


@lean_kernel
def _release_risk(policy: Floats, held: Int) -> Float:
    if held == ACTION_SUSPEND:
        return policy[p.SUSPEND_RELEASE_RISK]
    return policy[p.THROTTLE_RELEASE_RISK]


@lean_kernel
def _release_ms(policy: Floats, held: Int) -> Float:
    if held == ACTION_SUSPEND:
        return policy[p.SUSPEND_RELEASE_MS]
    return policy[p.THROTTLE_RELEASE_MS]


@lean_kernel
def _renew_ms(policy: Floats, held: Int) -> Float:
    if held == ACTION_SUSPEND:
        return policy[p.SUSPEND_RENEW_MS]
    return policy[p.THROTTLE_RENEW_MS]
