"""Which links belong to campaigns: the judgement on all groups of one partition at an epoch's end.

The evidence of a group adds up to nats, a capped log likelihood ratio of campaigns over honest
groups. Two questions are put to it, and both must be answered. Is the group more likely than not
part of a campaign: the prior and the nats give a probability. And would a list of all such groups
hold few honest ones: the likelihood ratio, 0 where nothing ties the members, over what it
comes to in honest groups on average (``null_nats``), is an e-value, and e-BH draws the line.

Groups are tested at every close, not once. So the average was taken of the highest ratio that each
honest group ever came to in weeks of whole held-back worlds: what bounds the mean of the highest
bounds every one on the way, whenever one looks (as for e-processes: Ramdas, Gruenwald, Vovk and
Shafer, "Game-theoretic statistics and safe anytime-valid inference", Statistical Science 2023). It
holds as far as honest groups are like those, and for one partition; and for payment methods and
devices, for programs and for rings each by themselves (stratified control: Sun, Craiu, Paterson and
Bull, Genetic Epidemiology 30, 2006), because a large population has many cards and few rings, and
the many must not hide the few.

A link is flagged only where something ties its members together (linkage, or other links that are a
campaign's already), and they ask for what a campaign comes for more than honest groups do, are tied
to some who do, or are dozens of strangers whose cards and devices all hang together. Asking no
attacker can do without; strangers who share cards, hide and have a client of their own may be a
seller's customers, who break other rules. What strangers do can be all an attacker does and still
be what a product's customers do, so where nothing ties the members no link is flagged: a benchmark
that strangers run, a prompt that has gone round or a product with even use is left alone. So are
members who mostly belong to one organisation, whatever they share: it can be asked.

Suspension asks for more than a sum. An *occasion* explains who came, when, what for, and on whose
card: a class with a school's tablets, a crew on an agency's cards, a launch, a contest or a team
hired in one fortnight bring accounts made together that ask one hard kind of thing with one
program, and share cards and devices with each other. It does not explain the *manner* of a
campaign: that its accounts hide, never rest, do equal shares, and ask and never go on. So families
are counted: the tie is one, and each of the manner that speaks is another. Three suspend those who
have the purpose, and two flag them. There is one exception, for the manner of an account that
mostly does something else cannot be seen: many members' cards and devices are also those of
strangers who use other programs, which no occasion explains. There one family of the manner
suspends, or none if the members ask for hardly anything else; and none flags. When accounts were
made counts for the sum alone.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.detection.error_control import discoveries
from app.detection.group_evidence import (
    ASSOCIATION,
    CONCEALMENT,
    CONTENT,
    LINKAGE,
    RHYTHM,
    SCORES_OF,
    Detector,
    GroupEvidence,
    is_tight,
    weigh_groups,
)
from app.detection.group_measures import (
    MOST_TRUSTED,
    SCORE_UNIT,
    Floats,
    GroupMeasures,
    measure_groups,
)
from app.detection.kindred import campaign_share
from app.detection.rings import LEAST_STRANGERS, of_few_strangers
from app.detection.ties import Findings, findings, share_programs
from app.kernels.hyperloglog import scrambled
from app.state.link_layout import MEDIAN_SCORE, NORMAL_SCORES, PROGRAM, RING, VOTES

LEAST_VOTES = 3
LEAST_VOTE_SHARE = 0.1
"""Of the members whom some campaign holds: as many must name an older campaign before a link takes
its name, so that one stray account does not join two campaigns."""

SURE_SHARE = 0.75
"""Share of a link's activity by members of a campaign from which all of it is taken for theirs."""

JUDGED = (PROGRAM, RING)
"""Rings, and the one link that people share by chance and that is judged all the same. Others are
shared by too many to say who belongs to whom: a proxy seller has honest customers beside the
campaign at every exit."""
LEAST_LEANING = 1.5
"""Normal score from which a group's mean shows what it comes for. In a large group much less is
beyond chance: it is enough that some of a seller's customers write code."""
CLEAR_LEANING = 2.0
"""The same where nothing of the members' manner speaks, to suspend them."""
MOST_EXEMPT = 0.5
"""Share of exempt accounts from which a link is not flagged: it is what its contract says it is."""
LEAST_BY_CHANCE = 5
"""Members without which a ring or a link that people share by chance is not tested: three customers
of one provider can show nothing, and each hypothesis makes the bar higher for the others."""

LEAST_KINDRED = 3.0
"""Campaign's cards that a partition must be estimated to have before they speak for each other."""

LEAST_SUSPECT = 8
"""Members without which a program's behaviour makes nobody suspicious."""
LEAST_SUSPICION = 4.5
"""Nats of its members' own behaviour from which a program joins them to a web: far below what flags
it, for all that follows is that other programs hear of it."""


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
    four; ``nats`` float64[n], the sum; and what it was made of. ``ratio`` float64[n], the logarithm
    of the likelihood ratio that was tested: ``nats``, minus infinity where the link may not be
    flagged, NaN where it is not tested. ``suspect`` bool[n], programs whose members behave like a
    campaign's, whether or not that is enough to flag them.
    """

    flagged: npt.NDArray[np.bool_]
    probability: Floats
    campaign: npt.NDArray[np.uint64]
    profile: npt.NDArray[np.uint8]
    nats: Floats
    measures: GroupMeasures
    evidence: GroupEvidence
    ratio: Floats
    suspect: npt.NDArray[np.bool_]


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
    found = findings(evidence, policy.detectors)
    nats = evidence.nats.sum(axis=1) - policy.trust_nats * measures.trusted
    several = measures.members >= LEAST_BY_CHANCE
    linked = found.dealt_out | share_programs(rows, measures, found)
    log_odds = _log_odds(rows, several, linked, nats - evidence.nats[:, ASSOCIATION], policy)
    tied = linked | found.hints[:, ASSOCIATION]
    # Cards of a few strangers, of which many are alike: that is what ties them.
    tied |= is_tight(rows["kind"]) & (log_odds > policy.prior_log_odds)
    leaning = _leaning(measures)
    purpose = found.hints[:, CONTENT] & (leaning >= LEAST_LEANING)
    own_manner = found.manners > 0
    probability = 1.0 / (1.0 + np.exp(-(log_odds + nats)))
    dealt_out = found.elsewhere & (own_manner | (leaning >= CLEAR_LEANING))
    enough = tied & purpose & (dealt_out | (1 + found.manners >= policy.suspend_families))
    probability = np.where(enough, probability, np.minimum(probability, policy.suspend_below))
    probability *= 1.0 - measures.exempt
    # Whom nothing but that speaks against is one of them as likely as they are many.
    beside = evidence.nats[:, ASSOCIATION]
    likely = 0.5 + 0.5 * np.minimum(measures.voters / SURE_SHARE, 1.0)
    probability = np.where(beside > nats - beside, np.minimum(probability, likely), probability)
    ring = (rows["kind"] == RING) & found.speaks[:, LINKAGE]
    asks = purpose | found.hints[:, ASSOCIATION] | ring
    may = tied & asks & (found.elsewhere | own_manner) & ~_known(measures)
    may &= measures.strangers >= LEAST_STRANGERS
    ratio = np.where(may, nats, -np.inf)
    flagged = np.zeros(len(rows), np.bool_)
    strata = [is_tight(rows["kind"]), *((rows["kind"] == kind) & several for kind in JUDGED)]
    for stratum in map(np.flatnonzero, strata):
        log_e = ratio[stratum] - policy.null_nats
        flagged[stratum] = discoveries(log_e, policy.false_discovery_rate)
    tested = np.logical_or.reduce(strata)
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
        ratio=np.where(tested, ratio, np.nan),
        suspect=_suspect(rows["kind"], measures, evidence, found),
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


def _suspect(
    kinds: npt.NDArray[Any], measures: GroupMeasures, evidence: GroupEvidence, found: Findings
) -> npt.NDArray[np.bool_]:
    """Programs of strangers whose members ask for what a campaign comes for, and hide or never
    rest: what links them does not count here."""
    tied = evidence.nats[:, [LINKAGE, ASSOCIATION]].sum(axis=1)
    suspect: npt.NDArray[np.bool_] = (
        (kinds == PROGRAM)
        & (measures.members >= LEAST_SUSPECT)
        & (evidence.nats.sum(axis=1) - tied >= LEAST_SUSPICION)
        & found.speaks[:, CONTENT]
        & found.hints[:, [CONCEALMENT, RHYTHM]].any(axis=1)
        & ~_known(measures)
    )
    return suspect


def _known(measures: GroupMeasures) -> npt.NDArray[np.bool_]:
    """Whether somebody has looked at most members, or a contract says what half of them are."""
    known: npt.NDArray[np.bool_] = (measures.trusted > MOST_TRUSTED) | (
        measures.exempt >= MOST_EXEMPT
    )
    return known


def _log_odds(
    rows: npt.NDArray[Any],
    several: npt.NDArray[np.bool_],
    linked: npt.NDArray[np.bool_],
    own: Floats,
    policy: GroupPolicy,
) -> Floats:
    """Prior log odds of each group: the policy's or, where many groups are alike, more.

    Cards and devices of a few strangers speak for each other, and so do programs of ``several``
    members that are ``linked`` (see ``app/detection/kindred.py``). Of their evidence only the
    ``own`` counts, nats without what groups hear of others that are a campaign's, or they would
    hear their own echo.
    """
    log_odds = np.full(len(rows), policy.prior_log_odds)
    cards = is_tight(rows["kind"]) & of_few_strangers(rows)
    programs = (rows["kind"] == PROGRAM) & several
    for tested, alike in ((cards, cards), (programs, programs & linked)):
        log_e = np.where(alike, own, -np.inf)[tested] - policy.null_nats
        share = campaign_share(log_e)
        if share * log_e.size >= LEAST_KINDRED:
            many = np.log(share / (1.0 - share)) - policy.null_nats
            log_odds[alike] = max(policy.prior_log_odds, float(many))
    return log_odds


def _leaning(measures: GroupMeasures) -> Floats:
    """By how much members ask for what a campaign comes for, in normal scores."""
    asked = [NORMAL_SCORES.index(name) for name in SCORES_OF[CONTENT]]
    leaning: Floats = measures.scores[:, asked].max(axis=1)
    return leaning


def _campaign_ids(
    rows: npt.NDArray[Any], names: npt.NDArray[np.uint64], epoch: int
) -> npt.NDArray[np.uint64]:
    """The campaign each link belongs to: one that it or its members have, or a new one.

    Ids begin with the epoch they were given in, so the smallest is the oldest: links that share
    members take the oldest name among them, and so, epoch by epoch, does all that hangs together
    (label propagation: Raghavan, Albert and Kumara, Physical Review E 76, 2007).
    """
    # Of the low half, the lowest bit is always set: no id is 0, which would be none.
    mixed = np.array([scrambled(name) for name in names], np.uint64) | np.uint64(1)
    fresh = (np.uint64(epoch) << np.uint64(32)) | (mixed & np.uint64(0xFFFFFFFF))
    own = rows["campaign"].astype(np.uint64)
    best = np.where(own != 0, own, fresh)
    for window in range(2):
        voters = rows["voters"][:, window]
        for place in range(VOTES):
            named, votes = rows["vote"][:, window, place], rows["votes"][:, window, place]
            heard = (votes >= LEAST_VOTES) & (votes >= LEAST_VOTE_SHARE * voters)
            best = np.where(heard, np.minimum(best, named), best)
    return best
