"""Why an action was taken, in figures and in sentences, strongest first."""

import math
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from app.detection.features import FEATURES, Feature
from app.events.enforcement import Reason
from app.kernels.decisions import (
    CAUSE_CAMPAIGN,
    CAUSE_DECAY,
    CAUSE_EXEMPTION,
    CAUSE_RENEWAL,
    GUARD_DIVERTED,
    GUARD_TRIPPED,
)
from app.state.layout import ACTION_RELEASE

LEAST_CONTRIBUTION = 0.01
"""A share of the evidence below one part in a hundred explains nothing to anybody."""


def explain(decision: npt.NDArray[Any], told: Sequence[str] = ()) -> list[Reason]:
    """The reasons of ``decision``, one element of ``DECISION``.

    First what moved the ladder if that was not the evidence itself, then the account's campaign and
    what its verdict has ``told``, then each feature that brought evidence, by its share in it. The
    verdict's sentences are known to the action that it tips alone: an account's row keeps which
    campaign it was and how sure, and the campaign's record has the rest.
    """
    first = (_cause(decision), _guard(decision), _campaign(decision))
    reasons = [reason for reason in first if reason is not None]
    reasons += [_plain("campaign.verdict", text) for text in told]
    order = sorted(range(len(FEATURES)), key=lambda f: -decision["contribution"][f])
    reasons += [
        _evidence(FEATURES[f], f, decision)
        for f in order
        if decision["contribution"][f] >= LEAST_CONTRIBUTION
    ]
    return reasons


def _evidence(feature: Feature, f: int, decision: npt.NDArray[Any]) -> Reason:
    observed = feature.plain(float(decision["observed"][f]))
    threshold = _number(feature.plain(float(decision["threshold"][f])))
    percentile = _number(float(decision["percentile"][f]))
    text = f"The account {feature.saw.format(feature.show(observed))}"
    if percentile is not None:
        text += f", more than {percentile:.1f} % of active accounts"
    if threshold is not None:
        text += (
            f"; it would not count with {feature.below.format(feature.show(threshold))}, and the"
            f" risk would be {_risk_without(feature, decision):.2f} instead of"
            f" {float(decision['risk']):.2f}"
        )
    return Reason.model_construct(
        detector=feature.name,
        observed=_number(observed),
        threshold=threshold,
        population_percentile=percentile,
        contribution=min(max(float(decision["contribution"][f]), 0.0), 1.0),
        text=text + ".",
    )


def _risk_without(feature: Feature, decision: npt.NDArray[Any]) -> float:
    """The risk if the feature's family of evidence were silent."""
    risk = min(max(float(decision["risk"]), 1e-9), 1.0 - 1e-9)
    log_odds = math.log(risk / (1.0 - risk)) - float(decision["evidence"][feature.family])
    return 1.0 / (1.0 + math.exp(-log_odds))


def _cause(decision: npt.NDArray[Any]) -> Reason | None:
    cause = int(decision["cause"])
    if cause == CAUSE_RENEWAL:
        return _plain(
            "ladder.renewal",
            "The standing was about to lapse and is still deserved; it lapses once the risk stays"
            " below the release threshold.",
        )
    if cause == CAUSE_DECAY:
        return _plain(
            "ladder.decay", "The risk has stayed below the release threshold for long enough."
        )
    if cause == CAUSE_EXEMPTION:
        return _plain(
            "exemption", "An exemption now covers the account: it is observed, not limited."
        )
    return None


def _campaign(decision: npt.NDArray[Any]) -> Reason | None:
    if decision["action"] == ACTION_RELEASE or not decision["campaign"]:
        return None
    campaign, probability = int(decision["campaign"]), float(decision["campaign_probability"])
    text = (
        f"The account belongs to campaign {campaign:016x} with probability {probability:.2f};"
        f" `reflux report {campaign:016x}` shows the case."
    )
    alone = decision["cause"] == CAUSE_CAMPAIGN
    if alone:
        text += (
            f" If it is mistaken, `reflux campaign dismiss {campaign:016x} -r WHY` releases its"
            " members."
        )
    return _plain("campaign", text, observed=probability, contribution=1.0 if alone else 0.0)


def _guard(decision: npt.NDArray[Any]) -> Reason | None:
    if decision["guard"] not in (GUARD_DIVERTED, GUARD_TRIPPED):
        return None
    return _plain(
        "guard",
        "A blast-radius limit has tripped, so this is a shadow action; it would be live below the"
        " limits under `guards` in the policy.",
    )


def _plain(
    detector: str, text: str, *, observed: float | None = None, contribution: float = 0.0
) -> Reason:
    return Reason.model_construct(
        detector=detector,
        observed=observed,
        threshold=None,
        population_percentile=None,
        contribution=contribution,
        text=text,
    )


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
