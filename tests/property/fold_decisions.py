"""Decisions of the folds against those of the reference, figure by figure."""

from collections.abc import Iterable, Sequence

import numpy as np

from app.detection.features import EVIDENCE_NAMES
from app.state.layout import ACTIONS
from tests.reference.accounts import NAMES, Regime
from tests.reference.fold import Decided

CAUSES = ("evidence", "campaign", "renewal", "decay", "exemption", "operator")
GUARDS = ("quiet", "diverted", "tripped")


def same_decision(decision: np.void, expected: Decided, regimes: Sequence[Regime]) -> None:
    """Hold a decision of the kernels (one element of ``DECISION``) against the reference's."""
    judged, outcome = expected.judged, expected.judged.outcome
    policy = regimes[expected.regime].policy
    limit = policy.ladder.throttle if outcome.action == "throttle" else None
    assert {
        "offset": decision["offset"],
        "regime": decision["regime"],
        "ts": decision["ts"],
        "shadow": bool(decision["shadow"]),
        "action": ACTIONS[decision["action"]],
        "cause": CAUSES[decision["cause"]],
        "guard": GUARDS[decision["guard"]],
        "sequence": decision["sequence"],
        "issued_at": decision["issued_at"],
        "effective_at": decision["effective_at"],
        "expires_at": decision["expires_at"],
        "superseded": (decision["superseded_sequence"], ACTIONS[decision["superseded_action"]]),
        "campaign": decision["campaign"],
        "limit": (decision["requests_per_minute"], decision["tokens_per_minute"]),
        "actor": decision["actor"],
    } == {
        "offset": expected.offset,
        "regime": expected.regime,
        "ts": judged.facts.ts,
        "shadow": outcome.shadow,
        "action": outcome.action,
        "cause": outcome.cause,
        "guard": outcome.guard,
        "sequence": outcome.sequence,
        "issued_at": outcome.issued_at,
        "effective_at": outcome.issued_at,
        "expires_at": outcome.expires_at,
        "superseded": outcome.superseded,
        "campaign": judged.campaign,
        "limit": (limit.requests_per_minute, limit.tokens_per_minute) if limit else (0, 0),
        "actor": 0,
    }
    member = judged.facts.campaign if judged.campaign else 0.0
    np.testing.assert_allclose(decision["campaign_probability"], member, rtol=1e-6)
    np.testing.assert_allclose(decision["risk"], judged.risk, atol=2e-3)
    for name, figures, order in (
        ("observed", judged.observed, NAMES),
        ("deviation", judged.deviations, NAMES),
        ("evidence", judged.facts.nats, EVIDENCE_NAMES),
    ):
        plain = [figures[one] for one in order]
        np.testing.assert_allclose(decision[name], plain, rtol=1e-3, atol=5e-3, err_msg=name)


def kinds(decisions: Iterable[Decided]) -> set[str]:
    """What happened, for whoever wants to know that it does happen."""
    outcomes = [one.judged.outcome for one in decisions]
    return {
        *(f"{outcome.action} by {outcome.cause}" for outcome in outcomes),
        *(outcome.guard for outcome in outcomes),
        *("shadow" for outcome in outcomes if outcome.shadow),
        *(f"regime {one.regime}" for one in decisions),
    }
