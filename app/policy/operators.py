"""What an on-call engineer decides about one account, applied to its row.

A manual standing holds against the detector until it expires, or until a later command. A release
keeps the account from being acted on again for the same evidence: a family of evidence that spoke
is cleared, and speaks again only when it goes clearly beyond what it then was. Evidence ripens with
every request, so what had not saturated yet is cleared up to saturation. Limiting the account by
hand takes the clearance back.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.events.fields import MILLIS_MAX
from app.events.operators import OperatorCommand
from app.kernels import parameters as p
from app.kernels.decisions import CAUSE_OPERATOR, DECISION
from app.kernels.deserved import deserved_action, make_case
from app.kernels.evidence import risk_of, weigh
from app.kernels.exemptions import verification_of
from app.kernels.features import FAMILY_OF, FEATURES
from app.kernels.regimes import Regimes, regime_at
from app.kernels.standing import action_in_force, write_standing
from app.state.layout import (
    ACTION_NONE,
    ACTION_RELEASE,
    ACTION_SUSPEND,
    ACTION_THROTTLE,
    ACTOR_DETECTOR,
    ACTOR_OPERATOR,
    EVIDENCE_FAMILIES,
)

HOUR_MS = 3_600_000


def apply_command(
    row: npt.NDArray[Any], command: OperatorCommand, regimes: Regimes, release_hold_hours: float
) -> npt.NDArray[Any] | None:
    """Apply ``command`` to ``row`` (one element of a structured array of ``ACCOUNT``).

    Event time is the command's own ``issued_at``: a command is about the account as it stands.
    Returns the decision to publish (one element of ``DECISION``), or None when nothing changes for
    infrastructure: a release or an exemption of an account that is not limited.
    """
    now = command.issued_at
    expires_at = command.expires_at or 0
    decision = np.zeros(1, DECISION)[0]
    decision["regime"] = regime_at(regimes, now)
    decision["cause"] = CAUSE_OPERATOR
    decision["risk"] = row["live"]["risk"]
    if command.command in ("suspend", "throttle"):
        action = ACTION_SUSPEND if command.command == "suspend" else ACTION_THROTTLE
        if command.limit is not None:
            decision["requests_per_minute"] = command.limit.requests_per_minute
            decision["tokens_per_minute"] = command.limit.tokens_per_minute
        row["hold_until"] = expires_at or MILLIS_MAX
        row["operator_exempt_until"] = 0
        row["detectors_off"] = 0
        row["cleared"] = 0.0
        return _write(row, decision, now, action, expires_at)
    if command.command == "exempt":
        row["operator_exempt_until"] = expires_at
        row["hold_until"] = 0
    else:
        row["operator_exempt_until"] = 0
        row["hold_until"] = now + int(release_hold_hours * HOUR_MS)
        _clear_evidence(row, regimes)
    if action_in_force(row["live"], now) == ACTION_NONE:
        return None
    return _write(row, decision, now, ACTION_RELEASE, 0)


def apply_dismissal(row: npt.NDArray[Any], now: int, regimes: Regimes) -> npt.NDArray[Any] | None:
    """Release ``row`` at event time ``now`` (ms), whose campaign an operator has dismissed.

    An operator's own standing stays, and so does one that what the account does deserves by itself.
    Returns the decision to publish, or None where there is nothing to release. A suspension is
    released, too, whatever the policy lets the detector do: it was the operator who decided.
    """
    live = row["live"]
    held = action_in_force(live, now)
    r = regime_at(regimes, now)
    if held not in (ACTION_THROTTLE, ACTION_SUSPEND) or live["actor"] == ACTOR_OPERATOR:
        return None
    if _deserved_alone(row, now, regimes, r) >= held:
        return None
    decision: npt.NDArray[Any] = np.zeros(1, DECISION)[0]
    decision["regime"] = r
    decision["cause"] = CAUSE_OPERATOR
    decision["risk"] = live["risk"]
    write_standing(live, decision, now, now, ACTION_RELEASE, 0, ACTOR_DETECTOR)
    return decision


def _deserved_alone(row: npt.NDArray[Any], now: int, regimes: Regimes, r: int) -> int:
    """The step that ``row``, as of ``now`` (ms), deserves for what it does, under regime ``r``."""
    policy = regimes.parameters[r]
    evidence = np.empty(EVIDENCE_FAMILIES)
    weigh(row, now, regimes, r, np.empty(FEATURES), np.empty(FEATURES), evidence)
    hidden = np.int64(policy[p.SHADOW_FAMILIES])
    log_odds = policy[p.PRIOR] - policy[p.BAR + verification_of(row)]
    risk = risk_of(evidence, hidden, log_odds)
    case = make_case(row, now, evidence, hidden, risk, policy)
    held = action_in_force(row["live"], now)
    return int(deserved_action(case, policy, held, now - int(row["live"]["issued_at"])))


def _write(
    row: npt.NDArray[Any], decision: npt.NDArray[Any], now: int, action: int, expires_at: int
) -> npt.NDArray[Any]:
    write_standing(row["live"], decision, now, now, action, expires_at, ACTOR_OPERATOR)
    return decision


def _clear_evidence(row: npt.NDArray[Any], regimes: Regimes) -> None:
    """Clear the families of evidence that speak against the account, and its campaign."""
    now = int(row["last_ts"])
    r = regime_at(regimes, now)
    observed, deviations = np.empty(FEATURES), np.empty(FEATURES)
    evidence = np.empty(EVIDENCE_FAMILIES)
    weigh(row, now, regimes, r, observed, deviations, evidence)
    off = int(row["detectors_off"])
    for k in np.flatnonzero(evidence):
        furthest = float(deviations[k == FAMILY_OF].max())
        row["cleared"][k] = max(furthest, regimes.parameters[r, p.SATURATES_AT + k])
        off |= 1 << int(k)
    if row["campaign"] != 0:
        off |= p.CAMPAIGN_BIT
    row["detectors_off"] = off
