"""The features by name, and what each of them says to a person."""

import math
from collections.abc import Callable
from typing import NamedTuple

from app.kernels import features as k

DETECTOR_VERSION = "account-2.group-4"
"""Named by every action; changes when the meaning of a feature, its bins or the measures of groups
do."""

EVIDENCE_NAMES = ("volume", "content", "elicitation", "templates", "rhythm", "conduct")
"""The independent families of evidence, in the order of the rows and of sightings."""


class Feature(NamedTuple):
    """One feature: its name, its family, and how to say it.

    ``plain`` turns the number that kernels compare into the one that people read, and ``show``
    writes the latter with its unit. ``saw`` is what the account did, with ``{}`` for the figure;
    ``below`` is what would have to become of it. ``resolution`` is the least upper spread, in
    kernel units, that the population is believed to have: where nearly all accounts are alike, a
    difference smaller than this is no difference.
    """

    name: str
    family: int
    plain: Callable[[float], float]
    show: Callable[[float], str]
    saw: str
    below: str
    resolution: float

    @property
    def evidence(self) -> str:
        """Name of the evidence family."""
        return EVIDENCE_NAMES[self.family]

    @property
    def signal(self) -> str:
        """Name of the feature within its family."""
        return self.name.partition(".")[2]


def _same(value: float) -> float:
    return value


def _percent(value: float) -> str:
    return f"{100 * min(max(value, 0.0), 1.0):.0f} %"


def _count(value: float) -> str:
    return f"{max(value, 0.0):,.0f}"


def _times(value: float) -> str:
    return f"{value:.1f} times"


def _decimal(value: float) -> str:
    return f"{value:.2f}"


def _hours(value: float) -> str:
    return f"{math.ceil(max(value, 0.0))}"


FEATURES = (
    Feature(
        "volume.requests",
        k.VOLUME,
        math.expm1,
        _count,
        "sent about {} requests in the last day",
        "fewer than {} requests a day",
        0.5,
    ),
    Feature(
        "volume.output_tokens",
        k.VOLUME,
        math.expm1,
        _count,
        "drew about {} output and reasoning tokens in the last day",
        "fewer than {} tokens a day",
        0.5,
    ),
    Feature(
        "content.capabilities",
        k.CONTENT,
        math.exp,
        _times,
        "asks for capability tasks (reasoning, engineering, planning, tools, mathematics, computer"
        " use) {} as often as other accounts do",
        "less than {} as often",
        0.2,
    ),
    Feature(
        "elicitation.score",
        k.ELICITATION,
        _same,
        _decimal,
        "asks for step-by-step reasoning, grading or rewritten reasoning: mean score {}",
        "a mean score below {}",
        0.1,
    ),
    Feature(
        "templates.fresh",
        k.TEMPLATES,
        _same,
        _percent,
        "opens conversations with ever new prompts of a few templates: {} of them",
        "less than {} of them",
        0.1,
    ),
    Feature(
        "rhythm.active_hours",
        k.RHYTHM,
        _same,
        _hours,
        "was active in {} of the last 24 hours",
        "fewer than {} hours of 24",
        2.0,
    ),
    Feature(
        "rhythm.steadiness",
        k.RHYTHM,
        math.exp,
        _percent,
        "sends evenly, without bursts and rests: its typical gap is {} of the mean gap",
        "less than {}",
        0.5,
    ),
    Feature(
        "rhythm.surge",
        k.RHYTHM,
        math.exp,
        _times,
        "its daily rate is {} its own of the week",
        "less than {} its own rate",
        0.3,
    ),
    Feature(
        "conduct.openings",
        k.CONDUCT,
        _same,
        _percent,
        "opens a new conversation with {} of its requests",
        "less than {} of its requests",
        0.1,
    ),
    Feature(
        "conduct.networks",
        k.CONDUCT,
        _same,
        _percent,
        "sends {} of its requests from networks other than its main one",
        "less than {} of its requests",
        0.1,
    ),
    Feature(
        "conduct.proxy",
        k.CONDUCT,
        _same,
        _decimal,
        "comes through proxies, VPNs or hosting exits: mean likelihood {}",
        "a mean likelihood below {}",
        0.1,
    ),
)

assert len(FEATURES) == k.FEATURES
assert [feature.family for feature in FEATURES] == k.FAMILY_OF.tolist()
