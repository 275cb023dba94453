"""Every number of a policy reaches the kernels, in its own place."""

from typing import Any

import numpy as np
import pytest

from app.detection.features import EVIDENCE_NAMES, FEATURES
from app.kernels import parameters as p
from app.policy.document import PolicyDocument
from app.policy.parameters import compile_parameters
from app.state.layout import ACTION_OBSERVE, ACTION_THROTTLE, VERIFICATIONS

HOUR = 3_600_000


def changed(change: dict[str, Any]) -> dict[int, float]:
    """Which parameters ``change`` moves, and to what."""
    before = compile_parameters(PolicyDocument())
    after = compile_parameters(PolicyDocument.model_validate(change))
    return {int(i): float(after[i]) for i in np.flatnonzero(before != after)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"shadow": True}, {p.SHADOW: 1}),
        ({"evidence": {"prior": 0.01}}, {p.PRIOR: pytest.approx(-4.595, abs=1e-3)}),
        ({"evidence": {"shrinkage_requests": 5.0}}, {p.SHRINKAGE: 5}),
        ({"evidence": {"content": {"shadow": True}}}, {p.SHADOW_FAMILIES: 2}),
        ({"campaigns": {"shadow": True}}, {p.SHADOW_FAMILIES: p.CAMPAIGN_BIT}),
        (
            {"ladder": {"observe": {"requests": 30.0}}},
            {p.OBSERVE_REQUESTS: 30, p.LEAST_REQUESTS: 30},
        ),
        ({"ladder": {"throttle": {"risk": 0.91}}}, {p.THROTTLE_RISK: 0.91}),
        ({"ladder": {"throttle": {"requests_per_minute": 9}}}, {p.THROTTLE_REQUESTS_PER_MINUTE: 9}),
        ({"ladder": {"suspend": {"idle_hours": 3}}}, {p.SUSPEND_IDLE_HOURS: 3}),
        ({"ladder": {"suspend": {"lapses_after_hours": 48.0}}}, {p.SUSPEND_MS: 48 * HOUR}),
        ({"ladder": {"suspend": {"released_by_detector": True}}}, {p.SUSPEND_RELEASE_RISK: 0.2}),
        ({"guards": {"hold_minutes": 5.0}}, {p.GUARD_HOLD_MS: 300_000}),
        ({"campaigns": {"rollout": 0.1}}, {p.CAMPAIGN_ROLLOUT: 0.1}),
        ({"operators": {"cleared_margin": 2.0}}, {p.CLEARED_MARGIN: 2}),
        ({"clock": {"retention_days": 2.0}}, {p.RETENTION_MS: 48 * HOUR}),
    ],
)
def test_a_setting_moves_its_own_parameter_only(
    change: dict[str, Any], expected: dict[int, float]
) -> None:
    assert changed(change) == expected


@pytest.mark.parametrize("family", range(len(EVIDENCE_NAMES)))
def test_each_family_has_its_own_parameters(family: int) -> None:
    change = {
        "starts_at": 0.25,
        "saturates_at": 9.0,
        "weight": 6.5,
        "throttle_needs": 0.03,
        "suspend_needs": 0.07,
    }
    assert changed({"evidence": {EVIDENCE_NAMES[family]: change}}) == {
        p.STARTS_AT + family: 0.25,
        p.SATURATES_AT + family: 9.0,
        p.WEIGHT + family: 6.5,
        p.THROTTLE_NEEDS + family: 0.03,
        p.SUSPEND_NEEDS + family: 0.07,
    }


def test_each_feature_has_the_signal_of_its_name() -> None:
    for f, feature in enumerate(FEATURES):
        detector = getattr(PolicyDocument().evidence, feature.evidence)
        if hasattr(detector, feature.signal):
            change = {"evidence": {feature.evidence: {feature.signal: 0.9}}}
            assert changed(change) == {p.SIGNAL + f: 0.9}
        else:
            assert compile_parameters(PolicyDocument())[p.SIGNAL + f] == 1.0


@pytest.mark.parametrize("verification", range(len(VERIFICATIONS)))
def test_each_verification_has_its_own_bar_and_ceiling(verification: int) -> None:
    name = VERIFICATIONS[verification]
    ceiling = "throttle" if name == "contract" else "observe"
    expected = ACTION_THROTTLE if name == "contract" else ACTION_OBSERVE
    assert changed({"customers": {name: {"bar": 1.25, "ceiling": ceiling}}}) == {
        p.BAR + verification: 1.25,
        p.CEILING + verification: expected,
    }


def test_no_two_parameters_share_a_place() -> None:
    scalars = [
        value
        for name, value in vars(p).items()
        if name.isupper() and isinstance(value, int) and value < p.STARTS_AT
        if name not in ("FEATURES", "EVIDENCE_FAMILIES")
    ]
    assert sorted(scalars) == list(range(p.STARTS_AT))
    assert compile_parameters(PolicyDocument()).size == p.PARAMETERS
    assert np.isfinite(compile_parameters(PolicyDocument())).all()
