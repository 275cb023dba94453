"""Reasons a person can act on: the strongest first, in figures and sentences."""

from typing import Any

import numpy as np
import pytest

from app.detection.explain import LEAST_CONTRIBUTION, explain
from app.detection.features import FEATURES
from app.kernels import decisions as d
from app.state.layout import ACTION_RELEASE


@pytest.fixture
def decision() -> Any:
    made = np.zeros(1, d.DECISION)[0]
    for name in ("observed", "threshold", "percentile"):
        made[name] = np.nan
    return made


def weighed(decision: Any, f: int, contribution: float) -> None:
    decision["observed"][f] = 0.5
    decision["threshold"][f] = 0.25
    decision["percentile"][f] = 99.5
    decision["contribution"][f] = contribution


def test_without_evidence_there_is_nothing_to_say(decision: Any) -> None:
    assert explain(decision) == []


def test_the_strongest_evidence_comes_first_and_the_weakest_not_at_all(decision: Any) -> None:
    weighed(decision, 1, 0.3)
    weighed(decision, 4, 0.69)
    weighed(decision, 5, LEAST_CONTRIBUTION / 2)
    reasons = explain(decision)
    assert [reason.detector for reason in reasons] == [FEATURES[4].name, FEATURES[1].name]
    assert [reason.contribution for reason in reasons] == [0.69, 0.3]


@pytest.mark.parametrize("f", range(len(FEATURES)))
def test_every_feature_says_what_it_saw_and_what_would_not_count(decision: Any, f: int) -> None:
    weighed(decision, f, 1.0)
    (reason,) = explain(decision)
    assert reason.text.startswith("The account ")
    assert "more than 99.5 % of active accounts" in reason.text
    assert "it would not count with" in reason.text
    assert "{" not in reason.text
    assert reason.text.endswith(".")
    assert reason.observed is not None
    assert reason.threshold is not None
    assert reason.population_percentile == 99.5


def test_figures_that_are_not_known_are_null_and_not_in_the_text(decision: Any) -> None:
    weighed(decision, 0, 1.0)
    decision["percentile"][0] = decision["threshold"][0] = np.nan
    (reason,) = explain(decision)
    assert (reason.threshold, reason.population_percentile) == (None, None)
    assert "nan" not in reason.text
    assert "of active accounts" not in reason.text


def test_a_campaign_is_named_before_the_evidence(decision: Any) -> None:
    decision["cause"] = d.CAUSE_CAMPAIGN
    decision["campaign"], decision["campaign_probability"] = 0xF1, 0.876
    weighed(decision, 0, 1.0)
    first, second = explain(decision)
    assert (first.detector, first.observed) == ("campaign", 0.876)
    assert "campaign 00000000000000f1 with probability 0.88" in first.text
    assert "`reflux report 00000000000000f1`" in first.text
    assert "`reflux campaign dismiss 00000000000000f1 -r WHY`" in first.text
    assert second.detector == FEATURES[0].name


def test_what_the_verdict_told_stands_between_the_campaign_and_the_evidence(decision: Any) -> None:
    decision["cause"] = d.CAUSE_CAMPAIGN
    decision["campaign"], decision["campaign_probability"] = 0xF1, 0.876
    weighed(decision, 0, 1.0)
    reasons = explain(decision, ["They share a card.", "They keep an even pace."])
    assert [reason.detector for reason in reasons] == [
        "campaign",
        "campaign.verdict",
        "campaign.verdict",
        FEATURES[0].name,
    ]
    assert [reason.text for reason in reasons[1:3]] == [
        "They share a card.",
        "They keep an even pace.",
    ]


@pytest.mark.parametrize("cause", [d.CAUSE_EVIDENCE, d.CAUSE_RENEWAL])
def test_a_campaign_is_named_where_it_was_not_what_tipped_it(decision: Any, cause: int) -> None:
    decision["cause"] = cause
    decision["campaign"], decision["campaign_probability"] = 0xF1, 0.9
    reason = explain(decision)[-1]
    assert (reason.detector, reason.contribution) == ("campaign", 0.0)
    assert "`reflux report 00000000000000f1`" in reason.text
    assert "dismiss" not in reason.text


def test_a_release_is_no_longer_the_campaigns_affair(decision: Any) -> None:
    decision["cause"], decision["action"] = d.CAUSE_DECAY, ACTION_RELEASE
    decision["campaign"] = 0xF1
    assert [reason.detector for reason in explain(decision)] == ["ladder.decay"]


@pytest.mark.parametrize(
    ("cause", "detector"),
    [
        (d.CAUSE_RENEWAL, "ladder.renewal"),
        (d.CAUSE_DECAY, "ladder.decay"),
        (d.CAUSE_EXEMPTION, "exemption"),
    ],
)
def test_other_causes_are_said(decision: Any, cause: int, detector: str) -> None:
    decision["cause"] = cause
    assert [reason.detector for reason in explain(decision)] == [detector]


@pytest.mark.parametrize("guard", [d.GUARD_DIVERTED, d.GUARD_TRIPPED])
def test_a_guard_that_took_part_is_said(decision: Any, guard: int) -> None:
    decision["guard"] = guard
    (reason,) = explain(decision)
    assert reason.detector == "guard"
    assert "shadow" in reason.text


def test_contributions_stay_shares(decision: Any) -> None:
    weighed(decision, 0, 1.0000001)
    assert explain(decision)[0].contribution == 1.0
