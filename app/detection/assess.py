"""Which links belong to campaigns: the judgement on all groups of one partition at an epoch's end.

The evidence of a group adds up to nats, a capped log likelihood ratio of campaigns over honest
groups. Two questions are put to it, and both must be answered. Is the group more likely than not
part of a campaign: the prior and the nats give a probability. And would a list of all such groups
hold few honest ones: the same nats, less what honest groups have on average (``null_nats``), are
the logarithm of an e-value, and e-BH draws the line. That holds as far as ``null_nats`` does, which
was read off simulated worlds, and for one partition and one period at a time.

Suspension asks for more than a sum: several families must speak, among them what is asked (content
or conduct) or the hand behind it (linkage), and one that honest groups of strangers do not show:
linkage, concealment, or other links that are a campaign's already. Otherwise the probability stays
below what suspends, so a benchmark that strangers run, a prompt that has gone round, or a product
with even use is throttled at most. A network never suspends: customers of a provider stand beside
its other customers. It throttles, and what its members share besides is then a campaign's.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.detection.error_control import discoveries
from app.detection.group_evidence import (
    ASSOCIATION,
    CONCEALMENT,
    CONDUCT,
    CONTENT,
    LINKAGE,
    Detector,
    GroupEvidence,
    is_tight,
    weigh_groups,
)
from app.detection.group_measures import SCORE_UNIT, Floats, GroupMeasures, measure_groups
from app.detection.names import fresh_names
from app.state.link_layout import MEDIAN_SCORE, NETWORK, PROGRAM, RING, VOTES

LEAST_VOTES = 3
LEAST_VOTE_SHARE = 0.1
"""Of the members whom some campaign holds: as many must name an older campaign before a link takes
its name, so that one stray account does not join two campaigns."""

SURE_SHARE = 0.75
"""Share of a link's activity by members of a campaign from which all of it is taken for theirs."""

JUDGED = (NETWORK, PROGRAM, RING)
"""Rings, and links that people share by chance and that are judged all the same. Client software,
e-mail domains, referrals and hours of sign-up are shared by too many to say who belongs to whom: a
script's fingerprint is that of everyone who writes in its language."""
HIDDEN = (LINKAGE, CONCEALMENT, ASSOCIATION)
"""Families of what groups of strangers do not show when they have nothing to hide."""
HINTS = 0.3
"""Share of its weight that one of those must bring, or no link is flagged: a product's customers
may all ask the same kind of thing, evenly and at all hours."""
LEAST_BY_CHANCE = 8
"""Members without which a ring or a link that people share by chance is not tested: three customers
of one provider can show nothing, and each hypothesis makes the bar higher for the others."""

SPEAKS = 0.5
"""Share of its weight from which a family counts as speaking."""


class GroupPolicy(NamedTuple):
    """What a policy says about groups; see ``app/policy/groups.py`` for each field's meaning.

    ``prior_log_odds`` and ``null_nats`` and ``trust_nats`` in nats; ``suspend_below`` the highest
    probability that does not suspend.
    """

    detectors: tuple[Detector, ...]
    prior_log_odds: float
    null_nats: float
    false_discovery_rate: float
    trust_nats: float
    suspend_families: int
    suspend_below: float
    flag_probability: float


class Assessment(NamedTuple):
    """One element for each group assessed.

    ``flagged`` bool[n]; ``probability`` float64[n], 0 where not flagged; ``campaign`` uint64[n],
    0 where not flagged; ``profile`` uint8[n, normal scores], mean normal scores as thousandths over
    four; ``nats`` float64[n], the sum; and what it was made of.
    """

    flagged: npt.NDArray[np.bool_]
    probability: Floats
    campaign: npt.NDArray[np.uint64]
    profile: npt.NDArray[np.uint8]
    nats: Floats
    measures: GroupMeasures
    evidence: GroupEvidence


def assess(
    rows: npt.NDArray[Any], names: npt.NDArray[np.uint64], epoch: int, policy: GroupPolicy
) -> Assessment:
    """Judge ``rows``, structured[n] of ``LINK``: every link of the partition with at least three
    members, as of the end of sighting period ``epoch``.

    ``names`` uint64[n] name the links, the same in every process: a new campaign takes its id from
    one. Links of kind ``campaign`` are no groups to be judged and must not be among them.
    """
    measures = measure_groups(rows)
    evidence = weigh_groups(rows["kind"], measures, policy.detectors)
    evidence = _without_echo(rows, evidence, policy)
    nats = evidence.nats.sum(axis=1) - policy.trust_nats * measures.trusted
    weights = np.array([detector.weight for detector in policy.detectors])
    speaks: npt.NDArray[np.bool_] = (weights > 0) & (evidence.nats >= SPEAKS * weights)
    log_e = nats - policy.null_nats
    probability = 1.0 / (1.0 + np.exp(-(policy.prior_log_odds + nats)))
    enough = _may_suspend(speaks, policy.suspend_families) & (rows["kind"] != NETWORK)
    probability = np.where(enough, probability, np.minimum(probability, policy.suspend_below))
    probability *= 1.0 - measures.exempt
    # Whoever stands beside members of a campaign is one of them as likely as they are many.
    beside = evidence.nats[:, ASSOCIATION] > 0.0
    likely = 0.5 + 0.5 * np.minimum(measures.voters / SURE_SHARE, 1.0)
    probability = np.where(beside, np.minimum(probability, likely), probability)
    flagged = np.zeros(len(rows), np.bool_)
    tight = is_tight(rows["kind"])
    several = np.isin(rows["kind"], JUDGED) & (measures.members >= LEAST_BY_CHANCE)
    tested = np.flatnonzero(tight | several)
    flagged[tested] = discoveries(log_e[tested], policy.false_discovery_rate)
    flagged &= (evidence.nats >= HINTS * weights)[:, HIDDEN].any(axis=1)
    flagged &= probability >= policy.flag_probability
    scores = measures.scores * SCORE_UNIT + MEDIAN_SCORE
    campaign = np.zeros(len(rows), np.uint64)
    campaign[flagged] = _campaign_ids(rows[flagged], names[flagged], epoch)
    return Assessment(
        flagged=flagged,
        probability=np.where(flagged, probability, 0.0),
        campaign=campaign,
        profile=np.rint(np.clip(scores, 0.0, 1000.0) / 4.0).astype(np.uint8),
        nats=nats,
        measures=measures,
        evidence=evidence,
    )


def _without_echo(
    rows: npt.NDArray[Any], evidence: GroupEvidence, policy: GroupPolicy
) -> GroupEvidence:
    """Evidence without what a link would only hear of itself.

    A link that stands out by its own evidence makes its members a campaign's, and would then take
    them for proof. So association counts only where a link came into its campaign through other
    links, and for as long as it remembers the campaign.
    """
    own = evidence.nats.sum(axis=1) - evidence.nats[:, ASSOCIATION]
    enough = policy.prior_log_odds + own >= np.log(
        policy.flag_probability / (1.0 - policy.flag_probability)
    )
    in_one = rows["campaign"] != 0
    through_others = in_one & (rows["campaign_nats"][:, ASSOCIATION] > 0)
    alone = ~through_others & (in_one | enough)
    nats = evidence.nats.copy()
    nats[alone, ASSOCIATION] = np.minimum(nats[alone, ASSOCIATION], 0.0)
    return evidence._replace(nats=nats)


def _may_suspend(speaks: npt.NDArray[np.bool_], families: int) -> npt.NDArray[np.bool_]:
    purpose = speaks[:, [CONTENT, CONDUCT, LINKAGE]].any(axis=1)
    hidden = speaks[:, HIDDEN].any(axis=1)
    # Behaviour alone has to speak twice as often as what ties strangers together.
    tied = speaks[:, [LINKAGE, ASSOCIATION]].any(axis=1)
    needed = np.where(tied, families, 2 * families)
    may: npt.NDArray[np.bool_] = purpose & hidden & (speaks.sum(axis=1) >= needed)
    return may


def _campaign_ids(
    rows: npt.NDArray[Any], names: npt.NDArray[np.uint64], epoch: int
) -> npt.NDArray[np.uint64]:
    """The campaign each link belongs to: one that it or its members have, or a new one.

    Ids begin with the epoch they were given in, so the smallest is the oldest: links that share
    members take the oldest name among them, and so, epoch by epoch, does all that hangs together
    (label propagation: Raghavan, Albert and Kumara, Physical Review E 76, 2007).
    """
    fresh = fresh_names(names, epoch)
    own = rows["campaign"].astype(np.uint64)
    best = np.where(own != 0, own, fresh)
    for window in range(2):
        voters = rows["voters"][:, window]
        for place in range(VOTES):
            named, votes = rows["vote"][:, window, place], rows["votes"][:, window, place]
            heard = (votes >= LEAST_VOTES) & (votes >= LEAST_VOTE_SHARE * voters)
            best = np.where(heard, np.minimum(best, named), best)
    return best
