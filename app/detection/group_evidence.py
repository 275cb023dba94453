"""What the measures of groups are worth as evidence of a campaign.

A measure counts by how far it lies beyond what honest groups *of its size* show. Accounts that
share a link are alike for honest reasons, so the mean of a group varies more than its members'
number explains: with ``n`` members its variance is ``within / n + between`` (the random effects of
DerSimonian and Laird, "Meta-analysis in clinical trials", 1986). How much groups differ shrinks
with their size, for three colleagues may all do one thing and three hundred hardly ever do. Where
groups lie and how far they spread is taken from the live ones by median and median absolute
deviation, but only within a band around what simulated honest groups showed: a campaign that makes
up most groups must not become the yardstick it is held against. For the same reason a group that is
a campaign's already does not count there, and others count by the square of the time for which they
have been known.

A family of evidence is as strong as its strongest measure: its log likelihood ratio rises linearly
from ``starts_at`` to its weight at ``saturates_at``, as it does for normal measures whose mean is
shifted by the campaign; it falls as linearly below, but only so far, because a campaign may well
look ordinary in one respect.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.detection.group_measures import Floats, GroupMeasures
from app.state.link_layout import DEVICE, NORMAL_SCORES, PAYMENT, PROGRAM, RING

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
SIZES = (0.0, 4.0, 8.0, 16.0, 40.0)
"""Members from which each class of sizes begins."""
BETWEEN = (1.2, 1.1, 0.9, 0.6, 0.4)
"""Standard deviation of the means of honest groups in each class of sizes, as simulated
ones of the tuning seeds showed."""
BETWEEN_BAND = (0.6, 1.4)
"""How far live groups may move it, as factors."""
LOCATION = 0.3
LOCATION_BAND = 0.6
"""Where honest means lie, in normal scores, and how far live groups may move it."""
EVENNESS = 0.6
EVENNESS_BETWEEN = 0.9
EVENNESS_BAND = 0.7
SPREAD = 1.5
SPREAD_BETWEEN = 0.2
"""Where the spread of loads of honest groups lies, in doublings, and how much they differ in it:
simulated ones of the tuning seeds had 1.2 to 1.9."""
BY_CHANCE = 0.4
"""Share of a provider's activity that may be a campaign's and tell nothing of the rest."""
CROWDING = 0.3
CROWDING_BETWEEN = 0.3
"""Doublings of members per payment method in honest groups of several cards, and what they differ
by: people have a second account, families one card, and sketches err."""
RING_SIZES = (8.0, 64.0)
"""Strangers from which a ring says something, and from which it says all it can: honest ones of
simulated worlds had fifteen members at most."""
MOST_OF_RING = 4.0
WEBBED = (0.1, 0.35)
"""Share of a program's activity by accounts of another suspect program from which that says
something, and from which it says all it can. Customers of a product have that product in common."""
MOST_OF_WEB = 2.1
RINGED = (0.2, 0.6)
"""Share of a program's activity, beyond that of most programs, by accounts whose cards or devices
strangers share, from which that says something, and from which it says all it can. It is
about the accounts, not about what they ask: it stays however little of their traffic attacks.
Were members of a campaign's program ringed with probability 0.6, and of an honest one with 0.15,
ten of whom six are ringed would be e**5.3 times as likely in the former, and seven e**7.4 times."""
MOST_OF_RINGED = 4.0
USUAL_RINGED = 0.15
"""Share that is taken for usual at most: a campaign must not become the yardstick."""
MOST_OF_ONE = 2.1
"""What a single shared payment method or device may deviate by at most."""
ONE_OFFICE = 40.0
"""Strangers from which a single payment method or device ties them by itself. A laboratory, a
start-up or a family has one card and no organisation's id, and may well do one narrow thing."""
LEAST_CREATED = 5
"""Sampled members without whom it says nothing that they were created together."""
COHORT = (0.25, 0.65)
"""Share of members created within two weeks, beyond that of most groups, from which that says
something, and from which it says all it can."""
USUAL_COHORT = 0.2
COHORT_BAND = (0.1, 0.4)
"""The usual share, and how far live groups may move it: a young platform has young customers."""
LEAST_RELIABILITY = 0.01
LEAST_GROUPS = 20
"""Live groups of a class without which nothing is moved."""
AGAINST = 0.3
"""Nats that a family may speak against a campaign at most."""


BOTH_WAYS = frozenset({CONTENT, CONDUCT})
"""Families that speak against a campaign where they are ordinary: it comes to ask."""


class Detector(NamedTuple):
    """One family of evidence: standard deviations at which it starts and saturates; nats."""

    starts_at: float
    saturates_at: float
    weight: float


class GroupEvidence(NamedTuple):
    """``deviations`` and ``nats`` float64[n, families]; ``strongest`` int64[n, families], which
    score of its family brought it, -1 where the family has but one measure; ``by_things``
    float64[n], nats of linkage that cards and devices bring, whatever programs do, and of a card or
    a device itself only where it has too many strangers for one household or office; ``elsewhere``
    float64[n], nats that a program's members bring who share cards and devices with strangers
    outside of the group; ``hiding``
    float64[n], nats of concealment that proxies bring where members move: at more networks than
    those of most groups. Customers of a product that a provider hosts come from the provider's few
    addresses, which look like proxies."""

    deviations: Floats
    nats: Floats
    strongest: npt.NDArray[np.int64]
    by_things: Floats
    elsewhere: Floats
    hiding: Floats


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
    by_things = _linkage(kinds, measures)
    deviations[:, LINKAGE] = np.maximum(by_things, _web(kinds, measures))
    deviations[:, ASSOCIATION] = _association(kinds, measures)
    nats = np.empty_like(deviations)
    for family, detector in enumerate(detectors):
        against = AGAINST if family in BOTH_WAYS and detector.weight > 0.0 else 0.0
        nats[:, family] = _nats(deviations[:, family], detector, against)
    proxies, networks = (
        _score_deviation(measures, NORMAL_SCORES.index(name)) for name in ("proxy", "networks")
    )
    outside = _in_rings(kinds, measures, measures.ringed - (1.0 - np.exp2(-measures.crowding)))
    one_hand = ~is_tight(kinds) | (measures.members * measures.strangers >= ONE_OFFICE)
    return GroupEvidence(
        deviations,
        nats,
        strongest,
        by_things=_nats(np.where(one_hand, by_things, 0.0), detectors[LINKAGE], 0.0),
        elsewhere=_nats(outside, detectors[LINKAGE], 0.0),
        hiding=_nats(np.where(networks > 0.0, proxies, 0.0), detectors[CONCEALMENT], 0.0),
    )


def _nats(deviations: Floats, detector: Detector, against: float) -> Floats:
    """What ``deviations`` are worth, ``against`` nats below zero at most."""
    ramp = (deviations - detector.starts_at) / (detector.saturates_at - detector.starts_at)
    nats: Floats = np.clip(detector.weight * ramp, -against, detector.weight)
    return nats


def is_tight(kinds: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Payment methods and devices: what people do not share by chance."""
    tight: npt.NDArray[np.bool_] = (kinds == PAYMENT) | (kinds == DEVICE)
    return tight


def weighted_median(values: Floats, weights: Floats) -> float:
    """The value at which half of the weight is reached; where a value reaches just half of it, the
    mean of it and the next, as for the plain median. ``weights`` float64[n] above 0, n at least 1.
    """
    order = np.argsort(values, kind="stable")
    ordered, reached = values[order], np.cumsum(weights[order])
    half = 0.5 * reached[-1]
    at = int(np.searchsorted(reached, half))
    if reached[at] == half:
        return 0.5 * float(ordered[at] + ordered[at + 1])
    return float(ordered[at])


def _score_deviation(measures: GroupMeasures, score: int) -> Floats:
    values = measures.scores[:, score]
    within = WITHIN**2 / (measures.members * np.maximum(measures.trust, LEAST_RELIABILITY))
    deviation = np.zeros(values.size)
    classes = np.digitize(measures.members, SIZES) - 1
    for size, usual in enumerate(BETWEEN):
        mine = classes == size
        location, between = LOCATION, usual
        known = mine & (measures.seniority > 0.0)
        if np.count_nonzero(known) >= LEAST_GROUPS:
            weights = measures.seniority[known]
            median = weighted_median(values[known], weights)
            spread = 1.4826 * weighted_median(np.abs(values[known] - median), weights)
            extra = max(spread**2 - weighted_median(within[known], weights), 0.0) ** 0.5
            location = float(np.clip(median, LOCATION - LOCATION_BAND, LOCATION + LOCATION_BAND))
            between = float(np.clip(extra, usual * BETWEEN_BAND[0], usual * BETWEEN_BAND[1]))
        deviation[mine] = (values[mine] - location) / np.sqrt(within[mine] + between**2)
    return deviation


def _evenness_deviation(measures: GroupMeasures) -> Floats:
    """The lesser of two: of the logarithm of a variance between sampled members, whose own variance
    is about ``2 / (n - 1)``, and of the spread over all members and periods."""
    values = measures.evenness
    known = np.isfinite(values) & (measures.seniority > 0.0)
    location = EVENNESS
    if np.count_nonzero(known) >= LEAST_GROUPS:
        median = weighted_median(values[known], measures.seniority[known])
        location = float(np.clip(median, EVENNESS - EVENNESS_BAND, EVENNESS + EVENNESS_BAND))
    within = 2.0 / np.maximum(measures.sampled - 1, 1)
    of_sample = (values - location) / np.sqrt(within + EVENNESS_BETWEEN**2)
    of_all = (SPREAD - measures.spread) / SPREAD_BETWEEN
    deviation = np.minimum(of_sample, of_all)
    return np.where(np.isfinite(deviation), deviation, 0.0)


def _origin(measures: GroupMeasures) -> Floats:
    """Created together, by strangers: 0 to 4 for a share of 0 to 1 of at least five within a day,
    or for a share within two weeks beyond that of most groups.

    Customers of a product signed up with the platform one by one, over years; accounts that were
    made for one purpose did not.
    """
    known = np.isfinite(measures.cohort) & (measures.sampled >= LEAST_CREATED)
    burst = np.where(known, measures.burst, 0.0)
    cohort = np.where(known, measures.cohort, 0.0)
    usual = USUAL_COHORT
    settled = known & (measures.seniority > 0.0)
    if np.count_nonzero(settled) >= LEAST_GROUPS:
        median = weighted_median(cohort[settled], measures.seniority[settled])
        usual = float(np.clip(median, *COHORT_BAND))
    together = np.maximum(burst, _ramp(cohort - usual, COHORT))
    origin: Floats = 4.0 * together * measures.strangers
    return origin


def _association(kinds: npt.NDArray[Any], measures: GroupMeasures) -> Floats:
    """Quarters of its activity that are by members of a campaign.

    Of links that people share by chance, such as a provider, a part is taken off: there the
    campaign's accounts may be among others.
    """
    by_chance = np.maximum(measures.voters - BY_CHANCE, 0.0) / (1.0 - BY_CHANCE)
    tied = is_tight(kinds) | (kinds == RING)
    association: Floats = 4.0 * np.where(tied, measures.voters, by_chance)
    return association


def _linkage(kinds: npt.NDArray[Any], measures: GroupMeasures) -> Floats:
    """Strangers who share what strangers do not.

    Under any link, by how much members crowd on payment methods and devices; under a payment
    method or a device itself, 1 for four strangers and not much more for dozens: a voucher or a
    company without an organisation's id has many, too. A ring crowds by its making, so it is taken
    by its size: friends of friends are some dozen at most. A program is tied by its members' cards
    and devices, wherever strangers share them.
    """
    crowding = (measures.crowding * measures.strangers - CROWDING) / CROWDING_BETWEEN
    strangers = np.maximum(measures.members * measures.strangers, 2.0)
    one_thing = np.minimum(2.0 * np.log2(strangers) - 3.0, MOST_OF_ONE)
    few, many = np.log(RING_SIZES)
    size = MOST_OF_RING * np.clip((np.log(strangers) - few) / (many - few), 0.0, 1.0)
    crowding = np.where(kinds == RING, size, crowding)
    in_rings = _in_rings(kinds, measures, measures.ringed)
    linkage: Floats = np.where(is_tight(kinds), one_thing, in_rings)
    return np.maximum(linkage, np.maximum(crowding, 0.0))


def _web(kinds: npt.NDArray[Any], measures: GroupMeasures) -> Floats:
    """Of a program, that its members share further ones of the kind: a campaign's accounts take
    turns at its clients and templates. So do those who run a benchmark of several subjects, or a
    product of several prompts, so that it says less than cards and devices do."""
    web: Floats = np.where(kinds == PROGRAM, MOST_OF_WEB * _ramp(measures.webbed, WEBBED), 0.0)
    return web


def _in_rings(kinds: npt.NDArray[Any], measures: GroupMeasures, ringed: Floats) -> Floats:
    """How many more of a program's members, of whom the share ``ringed`` do, than of all programs'
    share cards or devices with strangers, wherever those are: their product need not be what they
    share them for."""
    programs = measures.ringed[kinds == PROGRAM]
    usual = min(float(np.median(programs)), USUAL_RINGED) if programs.size else 0.0
    beyond = (ringed - usual) / (1.0 - usual) * measures.strangers
    in_rings: Floats = np.where(kinds == PROGRAM, MOST_OF_RINGED * _ramp(beyond, RINGED), 0.0)
    return in_rings


def _ramp(values: Floats, between: tuple[float, float]) -> Floats:
    """0 to 1, as ``values`` go from the one to the other."""
    least, most = between
    ramp: Floats = np.clip((values - least) / (most - least), 0.0, 1.0)
    return ramp
