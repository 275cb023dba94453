"""What the measures of groups are worth as evidence of a campaign.

A measure counts by how far it lies beyond what honest groups show, in standard deviations *between
groups*: accounts that share a link are alike for honest reasons, so the mean of a thousand members
of one program is as one observation and not as a thousand. With ``n`` members the variance of a
mean is ``within / n + between`` (the random effects of DerSimonian and Laird, "Meta-analysis in
clinical trials", 1986). Between and location are taken from the live groups by median and median
absolute deviation, but only within a band around what held-back honest groups showed: a campaign
that makes up most groups of a kind must not become the yardstick it is held against.

As at level 1, a family of evidence is as strong as its strongest measure, worth nothing up to
``starts_at``, its weight from ``saturates_at`` on, and linearly more in between.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.detection.group_measures import Floats, GroupMeasures
from app.state.link_layout import DEVICE, NORMAL_SCORES, PAYMENT

CONTENT, CONDUCT, CONCEALMENT, RHYTHM, LOAD, ORIGIN, LINKAGE, ASSOCIATION = range(8)
GROUP_FAMILIES = (
    "content",
    "conduct",
    "concealment",
    "rhythm",
    "load",
    "origin",
    "linkage",
    "association",
)
SCORES_OF = {
    CONTENT: ("elicitation", "capabilities"),
    CONDUCT: ("openings",),
    CONCEALMENT: ("networks", "proxy"),
    RHYTHM: ("active_hours", "steadiness"),
}

WITHIN = 1.2
"""Standard deviation of the normal scores of accounts: a little more than of a normal population,
because what people do is heavy-tailed."""
BETWEEN = 0.7
"""Standard deviation of the means of honest groups, as held-back ones showed; see README."""
BETWEEN_BAND = (0.7, 1.6)
"""How far live groups may move it, as factors."""
LOCATION_BAND = 0.5
"""How far live groups may move where honest means lie, in normal scores."""
EVENNESS = 0.1
EVENNESS_BETWEEN = 0.9
EVENNESS_BAND = 0.5
LEAST_RELIABILITY = 0.01
LEAST_GROUPS = 30
"""Live groups without which nothing is moved."""


class Detector(NamedTuple):
    """One family of evidence: standard deviations at which it starts and saturates; nats."""

    starts_at: float
    saturates_at: float
    weight: float


class GroupEvidence(NamedTuple):
    """``deviations`` and ``nats`` float64[n, families]; ``strongest`` int64[n, families], which
    score of its family brought it, -1 where the family has but one measure."""

    deviations: Floats
    nats: Floats
    strongest: npt.NDArray[np.int64]


def weigh_groups(
    kinds: npt.NDArray[Any], measures: GroupMeasures, detectors: tuple[Detector, ...]
) -> GroupEvidence:
    """Weigh groups of ``kinds`` (int[n]) by ``detectors``, one for each of ``GROUP_FAMILIES``."""
    n = len(kinds)
    deviations = np.zeros((n, len(GROUP_FAMILIES)))
    strongest = np.full((n, len(GROUP_FAMILIES)), -1, np.int64)
    for family, names in SCORES_OF.items():
        each = np.stack(
            [_score_deviation(measures, NORMAL_SCORES.index(name)) for name in names], 1
        )
        strongest[:, family] = each.argmax(axis=1)
        deviations[:, family] = each.max(axis=1)
    deviations[:, LOAD] = _evenness_deviation(measures)
    deviations[:, ORIGIN] = _origin(measures)
    deviations[:, LINKAGE] = _linkage(kinds, measures)
    deviations[:, ASSOCIATION] = np.where(_tight(kinds), measures.voters * 4.0, 0.0)
    nats = np.empty_like(deviations)
    for family, detector in enumerate(detectors):
        ramp = (deviations[:, family] - detector.starts_at) / (
            detector.saturates_at - detector.starts_at
        )
        nats[:, family] = detector.weight * np.clip(ramp, 0.0, 1.0)
    return GroupEvidence(deviations, nats, strongest)


def _tight(kinds: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Links that people do not share by chance."""
    tight: npt.NDArray[np.bool_] = (kinds == PAYMENT) | (kinds == DEVICE)
    return tight


def _score_deviation(measures: GroupMeasures, score: int) -> Floats:
    values = measures.scores[:, score]
    within = WITHIN**2 / (measures.members * np.maximum(measures.trust, LEAST_RELIABILITY))
    location, between = 0.0, BETWEEN
    if values.size >= LEAST_GROUPS:
        median = float(np.median(values))
        spread = 1.4826 * float(np.median(np.abs(values - median)))
        location = float(np.clip(median, -LOCATION_BAND, LOCATION_BAND))
        extra = max(spread**2 - float(np.median(within)), 0.0) ** 0.5
        between = float(np.clip(extra, BETWEEN * BETWEEN_BAND[0], BETWEEN * BETWEEN_BAND[1]))
    deviation: Floats = (values - location) / np.sqrt(within + between**2)
    return deviation


def _evenness_deviation(measures: GroupMeasures) -> Floats:
    """Of the logarithm of a variance, whose own variance is about ``2 / (n - 1)``."""
    values = measures.evenness
    known = values[np.isfinite(values)]
    location = EVENNESS
    if known.size >= LEAST_GROUPS:
        median = float(np.median(known))
        location = float(np.clip(median, EVENNESS - EVENNESS_BAND, EVENNESS + EVENNESS_BAND))
    within = 2.0 / np.maximum(measures.sampled - 1, 1)
    deviation = (values - location) / np.sqrt(within + EVENNESS_BETWEEN**2)
    return np.where(np.isfinite(deviation), deviation, 0.0)


def _origin(measures: GroupMeasures) -> Floats:
    """Created together, by strangers: 0 to 4 for a share of 0 to 1 of at least five."""
    burst = np.where(np.isfinite(measures.burst) & (measures.sampled >= 5), measures.burst, 0.0)
    origin: Floats = 4.0 * burst * measures.strangers
    return origin


def _linkage(kinds: npt.NDArray[Any], measures: GroupMeasures) -> Floats:
    """Strangers who share what strangers do not: 0 for two of them, 1 for four, 2 for eight."""
    strangers = np.maximum(measures.members * measures.strangers, 1.0)
    doublings: Floats = np.where(_tight(kinds), np.log2(strangers) - 1.0, 0.0)
    return np.maximum(doublings, 0.0)
