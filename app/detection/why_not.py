"""Why an account was not limited: what the next step of the ladder still asks for.

The counterpart of ``explain`` for whoever is asked why an account goes on, or how close a customer
came to a limit.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.detection.features import EVIDENCE_NAMES
from app.kernels import parameters as p
from app.kernels.deserved import make_case
from app.kernels.evidence import risk_of, weigh
from app.kernels.exemptions import ceiling_of, verification_of
from app.kernels.features import FEATURES
from app.kernels.regimes import COLD, Regimes, regime_at
from app.kernels.standing import action_in_force
from app.state.layout import ACTION_SUSPEND, ACTION_THROTTLE, ACTIONS, EVIDENCE_FAMILIES

# Where the two steps stand in the policy's parameters.
_THROTTLE = {
    "risk": p.THROTTLE_RISK,
    "requests": p.THROTTLE_REQUESTS,
    "active": p.THROTTLE_ACTIVE_HOURS,
    "idle": p.THROTTLE_IDLE_HOURS,
    "families": p.THROTTLE_FAMILIES,
    "needs": p.THROTTLE_NEEDS,
}
_SUSPEND = {
    "risk": p.SUSPEND_RISK,
    "requests": p.SUSPEND_REQUESTS,
    "active": p.SUSPEND_ACTIVE_HOURS,
    "idle": p.SUSPEND_IDLE_HOURS,
    "families": p.SUSPEND_FAMILIES,
    "needs": p.SUSPEND_NEEDS,
}


def why_not(row: npt.NDArray[Any], ts: int, regimes: Regimes) -> list[str]:
    """What keeps ``row`` (an element of ``ACCOUNT``) from the next limit at event time ``ts`` (ms).

    One sentence for each condition of the next step, throttle or suspension, that is not met; the
    first ones say what would keep any detector away. Empty for an account that is suspended, or
    that the next step awaits at its next request.
    """
    now = max(ts, int(row["last_ts"]))
    r = int(regime_at(regimes, ts))
    held = int(action_in_force(row["live"], now))
    if held >= ACTION_SUSPEND:
        return []
    step = ACTION_THROTTLE if held < ACTION_THROTTLE else ACTION_SUSPEND
    reasons = list(_kept_away(row, now, regimes, r, step))
    if regimes.snapshot[r] != COLD and row["events"] > 0:
        reasons += _short_of(row, now, regimes, r, step)
    policy = regimes.parameters[r]
    waited = now - int(row["live"]["issued_at"])
    if step == ACTION_SUSPEND and waited < policy[p.SUSPEND_AFTER_THROTTLE_MS]:
        wait = policy[p.SUSPEND_AFTER_THROTTLE_MS] / 3_600_000
        reasons.append(f"it must have been throttled for {wait:g} hours before")
    return reasons


def _kept_away(row: npt.NDArray[Any], now: int, regimes: Regimes, r: int, step: int) -> list[str]:
    policy = regimes.parameters[r]
    reasons = []
    if row["events"] == 0:
        reasons.append("it has sent no request")
    if regimes.snapshot[r] == COLD:
        reasons.append("no population snapshot is in force: there is nothing to compare it with")
    if row["hold_until"] > now:
        reasons.append("an operator's decision holds, and detectors may not change it")
    ceiling = int(ceiling_of(row, now, regimes, r))
    if ceiling < step:
        reasons.append(
            "its verification or an exemption allows detectors no more than to"
            f" {ACTIONS[ceiling]} it"
        )
    if policy[p.SHADOW]:
        reasons.append("the policy is in shadow mode")
    return reasons


def _short_of(row: npt.NDArray[Any], now: int, regimes: Regimes, r: int, step: int) -> list[str]:
    policy = regimes.parameters[r]
    at = _THROTTLE if step == ACTION_THROTTLE else _SUSPEND
    observed, deviations = np.empty(FEATURES), np.empty(FEATURES)
    evidence = np.empty(EVIDENCE_FAMILIES)
    weigh(row, now, regimes, r, observed, deviations, evidence)
    hidden = int(policy[p.SHADOW_FAMILIES])
    log_odds = policy[p.PRIOR] - policy[p.BAR + verification_of(row)]
    case = make_case(row, now, evidence, hidden, risk_of(evidence, hidden, log_odds), policy)
    reasons = []
    if case.risk < policy[at["risk"]]:
        reasons.append(f"its risk is {case.risk:.2f}, below {policy[at['risk']]:g}")
    if case.requests < policy[at["requests"]]:
        least = policy[at["requests"]]
        reasons.append(f"its week holds {case.requests:.0f} requests, fewer than {least:g}")
    if case.active < policy[at["active"]]:
        least = policy[at["active"]]
        reasons.append(f"it was active in {case.active} of the last 24 hours, fewer than {least:g}")
    if case.idle > policy[at["idle"]]:
        most = policy[at["idle"]]
        reasons.append(f"it rested in {case.idle} of the last 24 hours, more than {most:g}")
    if case.families < policy[at["families"]]:
        least = policy[at["families"]]
        if least > EVIDENCE_FAMILIES:
            reasons.append("the policy suspends nobody for what one account does")
        else:
            reasons.append(f"{case.families} families of evidence speak, fewer than {least:g}")
    for k, name in enumerate(EVIDENCE_NAMES):
        need = policy[at["needs"] + k] * policy[p.WEIGHT + k]
        brought = 0.0 if hidden & (1 << k) else evidence[k]
        if policy[at["needs"] + k] > 0 and (brought <= 0.0 or brought < need):
            reasons.append(f"{name} brings {brought:.1f} nats, of {need:.1f} needed")
    return reasons
