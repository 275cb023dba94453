"""Explanations say what was seen, how unusual it is, and what would have to change."""

import math
import re

import pytest

from app.detection.explain import explain
from app.detection.features import EVIDENCE_NAMES, FEATURES
from app.events.enforcement import Reason
from app.kernels import guards as g
from app.state.layout import ACTION_RELEASE, ACTION_THROTTLE
from tests.reference.portraits import HOUR, ORDINARY
from tests.unit.kernels.test_ladder import SUSPECT, Account


def reasons_of(account: Account) -> list[Reason]:
    reasons = explain(account.decision)
    for reason in reasons:
        Reason.model_validate(reason.model_dump())  # they are built without validation
    return reasons


def test_the_strongest_evidence_comes_first() -> None:
    account = Account()
    assert account.ask() == ACTION_THROTTLE
    reasons = reasons_of(account)
    contributions = [reason.contribution for reason in reasons]
    assert contributions == sorted(contributions, reverse=True)
    assert sum(contributions) == pytest.approx(1.0)
    families = [reason.detector.partition(".")[0] for reason in reasons]
    assert sorted(families) == sorted(set(families))
    assert families[:2] == ["elicitation", "templates"]


def test_a_reason_says_what_how_unusual_and_what_would_have_to_change() -> None:
    account = Account()
    account.ask()
    reason = next(one for one in reasons_of(account) if one.detector == "elicitation.score")
    assert reason.observed == pytest.approx(0.8, abs=0.01)
    assert reason.threshold == pytest.approx(0.15 + 0.12 * 420 / 400, abs=0.01)
    assert reason.population_percentile == pytest.approx(99.9)
    assert "mean score 0.80" in reason.text
    assert "more than 99.9 % of active accounts" in reason.text
    assert "it would not count with a mean score below 0.28" in reason.text
    before, after = re.findall(r"risk would be (\d.\d+) instead of (\d.\d+)", reason.text)[0]
    assert float(before) < float(after) == pytest.approx(account.decision["risk"], abs=0.01)


def test_what_is_promised_comes_true() -> None:
    """Just below its threshold the feature brings nothing, and the risk is as said."""
    account = Account()
    account.ask()
    reason = next(one for one in reasons_of(account) if one.detector == "elicitation.score")
    assert reason.threshold is not None
    calmer = Account()
    calmer.ask(elicitation=reason.threshold - 0.001)
    assert calmer.decision["evidence"][EVIDENCE_NAMES.index("elicitation")] == 0.0
    promised = float(re.findall(r"risk would be (\d.\d+)", reason.text)[0])
    assert float(calmer.row["live"]["risk"]) == pytest.approx(promised, abs=0.01)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_feature_can_be_said_to_a_person(feature) -> None:
    for value in (0.0, 0.37, 3.0):
        plain = feature.plain(value)
        assert math.isfinite(plain)
        text = feature.saw.format(feature.show(plain)) + feature.below.format(feature.show(plain))
        assert "{" not in text
        assert "nan" not in text
    assert feature.plain(1.0) > feature.plain(0.5)


def test_a_campaign_is_the_first_reason() -> None:
    account = Account()
    account.row["campaign"], account.row["campaign_probability"] = 0xC0FFEE, 0.97
    account.ask(**SUSPECT)
    reasons = reasons_of(account)
    assert reasons[0].detector == "campaign"
    assert "0000000000c0ffee" in reasons[0].text
    assert len(reasons) > 1


def test_renewal_decay_exemption_and_guard_are_named() -> None:
    account = Account()
    account.ask(**SUSPECT)
    account.ask(5.5, **SUSPECT)
    assert reasons_of(account)[0].detector == "ladder.renewal"
    account.ask(0.1, **ORDINARY)
    assert account.ask(1.0, **ORDINARY) == ACTION_RELEASE
    assert reasons_of(account)[0].detector == "ladder.decay"
    account.ask(**SUSPECT)
    account.row["exempt_until"] = account.now + HOUR
    account.judge(account.now)
    assert reasons_of(account)[0].detector == "exemption"

    guarded = Account()
    guarded.guards[g.TRIPPED_UNTIL] = guarded.now + HOUR
    guarded.ask()
    assert reasons_of(guarded)[0].detector == "guard"
