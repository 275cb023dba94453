"""What is measured of a group: the accounts that share a link, as their link's row sums them up.

Every measure is about *accounts*, however many requests stand behind each: the mean of the members'
population normal scores (see ``app/kernels/sightings.py``), how evenly the members share the load,
how close together they were created, how many of them are strangers to each other. Rows are taken
many at a time, because a partition closes an epoch with tens of thousands of groups.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels.hyperloglog import union_estimates
from app.kernels.link_sums import LOG_UNIT
from app.state.link_layout import (
    COUNTS,
    DEVICE,
    EXEMPT,
    MEDIAN_SCORE,
    NORMAL_SCORES,
    PAYING,
    PAYMENT,
    SAMPLE,
    SCORES,
    SIGHTINGS,
    THINGS,
    TRUSTED,
)

Floats = npt.NDArray[np.float64]

SCORE_UNIT = 125.0
"""Thousandths to one robust standard deviation of a normal score."""

MOST = 8.0
"""Pooled deviations are held to this: beyond it, all is equally strange."""
LEAST_TRUST = 0.2
"""Reliability, summed over sightings, below which a pooled deviation is shrunk after all."""

MOST_MEMBERS = 1e6
LEAST_TODAY = 3.0
"""Sightings of two days without which their shares say nothing."""
LEAST_SHARE = 0.01
"""Share of a group's sightings with a payment method or device that the doubt in it is taken of at
least: none at all would be doubted without bound."""
MOST_PERIODS = 56.0
"""Sighting periods, two weeks of them, from which a group is as senior as it can be."""
SEVERAL = 8.0
"""Payment methods or devices in a group from which sharing them counts in full."""

BURST_HOURS = 24
COHORT_HOURS = 14 * 24
MOST_TRUSTED = 0.5
"""Share of members whom somebody has looked at above which a link joins nobody."""
STRAYS = 2.0
"""Sightings in another web that chance may bring."""
LEAST_LOADS = 12
"""Accounts' periods without which the spread of their loads says nothing."""
LEAST_EXCESS = 0.02
"""The least squared coefficient of variation that loads can be told to have: below, chance alone
decides."""


class GroupMeasures(NamedTuple):
    """One element for each row.

    ``members`` float64[n] accounts; ``trust`` float64[n] mean reliability of their deviations;
    ``scores`` float64[n, normal scores] their pooled deviations from the population, not shrunk;
    ``evenness`` float64[n], minus the logarithm of the squared coefficient of variation of the
    sampled members' loads beyond chance, NaN for fewer than three; ``spread`` float64[n], standard
    deviation of log2 of an account's requests in a period, over all members, NaN for fewer than
    ``LEAST_LOADS`` of them; ``sampled`` int64[n] members that it and the next three rest on;
    ``burst`` and ``cohort`` float64[n] largest share of them created within a day and within two
    weeks, NaN where fewer than three have a profile; ``strangers`` float64[n] share of them outside
    the organisation that most of them have in common; ``trusted`` and ``exempt`` float64[n] shares
    of sightings; ``voters`` float64[n] share of sightings by accounts that a campaign holds, of
    the two windows or of the last two days, whichever is more; ``webbed`` float64[n] share of
    sightings by accounts that another suspect program has, too; ``ringed`` float64[n] share of
    sightings by accounts that cards and devices join to strangers, where many of either are behind
    them;
    ``crowding`` float64[n], doublings of members per payment method or device, whichever is more,
    where the group has several of them; ``seniority`` float64[n], how much the group says of what
    honest ones are like.
    """

    members: Floats
    trust: Floats
    scores: Floats
    evenness: Floats
    spread: Floats
    sampled: npt.NDArray[np.int64]
    burst: Floats
    cohort: Floats
    strangers: Floats
    trusted: Floats
    exempt: Floats
    voters: Floats
    webbed: Floats
    ringed: Floats
    crowding: Floats
    seniority: Floats


def measure_groups(rows: npt.NDArray[Any]) -> GroupMeasures:
    """Measure ``rows``, structured[n] of ``LINK``, over both windows."""
    counts = rows["counts"].sum(axis=1, dtype=np.int64).reshape(-1, COUNTS)
    sightings = np.maximum(counts[:, SIGHTINGS], 1).astype(np.float64)
    sums = rows["scores"].sum(axis=1, dtype=np.float64).reshape(-1, len(SCORES))
    trust = sums[:, SCORES.index("trust")] / 1000.0
    shrunk = (sums[:, : len(NORMAL_SCORES)] - MEDIAN_SCORE * sightings[:, None]) / SCORE_UNIT
    pooled = shrunk / np.maximum(trust, LEAST_TRUST)[:, None]
    taken = rows["member_epochs"] != 0
    sampled = taken.sum(axis=1).astype(np.int64)
    members = _members(rows, sampled)
    return GroupMeasures(
        members=members,
        trust=np.minimum(trust / sightings, 1.0),
        scores=np.clip(pooled, -MOST, MOST),
        evenness=_evenness(rows, taken),
        spread=_spread(rows, counts[:, SIGHTINGS]),
        sampled=sampled,
        burst=_created_together(rows, taken, BURST_HOURS),
        cohort=_created_together(rows, taken, COHORT_HOURS),
        strangers=strangers_of(rows),
        trusted=counts[:, TRUSTED] / sightings,
        exempt=counts[:, EXEMPT] / sightings,
        voters=np.maximum(rows["voters"].sum(axis=1, dtype=np.float64) / sightings, _today(rows)),
        webbed=np.maximum(rows["webbed"].sum(axis=1, dtype=np.float64) - STRAYS, 0.0) / sightings,
        ringed=_ringed(rows, members, counts, sightings),
        crowding=_crowding(rows, members, counts, sightings),
        seniority=_seniority(rows),
    )


def _members(rows: npt.NDArray[Any], sampled: npt.NDArray[np.int64]) -> Floats:
    """Exact while the sample holds every member, else from the sketch."""
    members = sampled.astype(np.float64)
    full = np.flatnonzero(sampled >= SAMPLE)
    estimated = union_estimates(rows["registers"][full])
    # A sketch that is full to the brim has seen more than it can count.
    members[full] = np.clip(estimated, SAMPLE, MOST_MEMBERS)
    return members


def _seniority(rows: npt.NDArray[Any]) -> Floats:
    """The square of the sighting periods for which a group has been known, two weeks at most; 0
    while it is, or is remembered as, a campaign's.

    All links of a campaign appear with it, and may be most of what is there.
    """
    periods = rows["last_epoch"].astype(np.float64) - rows["first_epoch"] + 1.0
    seniority: Floats = np.square(np.clip(periods, 1.0, MOST_PERIODS))
    return np.where(rows["campaign"] != 0, 0.0, seniority)


def _today(rows: npt.NDArray[Any]) -> Floats:
    """Share of the last two days' sightings by accounts that a campaign holds.

    A campaign that has just been found holds nobody in the weeks before.
    """
    sightings = rows["day_sightings"].sum(axis=1, dtype=np.float64)
    share: Floats = rows["day_voters"].sum(axis=1, dtype=np.float64) / np.maximum(sightings, 1.0)
    return np.where(sightings >= LEAST_TODAY, share, 0.0)


def _crowding(
    rows: npt.NDArray[Any], members: Floats, counts: npt.NDArray[np.int64], sightings: Floats
) -> Floats:
    """How many members stand behind each payment method or device, beyond one household.

    A family or a team shares one card, so a group with one of them says nothing. Where several
    are shared by several members each, one hand holds the cards.

    How many members have one is told by the share of sightings, and some members are sighted more
    often than others: where a few do most of what is seen, and have cards, all seem to. So two
    standard errors of that share are taken off, as if half as many members had been asked.
    """
    crowding = np.zeros(len(rows))
    for thing in range(len(THINGS)):
        share = counts[:, PAYING + thing] / sightings
        have = members * share
        odds = (1.0 - share) / np.maximum(share, LEAST_SHARE)
        doubt = 2.0 / np.log(2.0) * np.sqrt(odds / np.maximum(0.5 * members, 1.0))
        own = rows["kind"] == (PAYMENT, DEVICE)[thing]
        asked = np.flatnonzero((have >= 3.0) & ~own)
        distinct = np.maximum(union_estimates(rows["things"][asked, :, thing]), 1.0)
        several = np.minimum((distinct - 1.0) / (SEVERAL - 1.0), 1.0)
        doublings = np.log2(np.maximum(have[asked] / distinct, 1.0)) - doubt[asked]
        crowding[asked] = np.maximum(crowding[asked], np.maximum(doublings, 0.0) * several)
    return crowding


def _ringed(
    rows: npt.NDArray[Any], members: Floats, counts: npt.NDArray[np.int64], sightings: Floats
) -> Floats:
    """A family or a team that uses a client of its own has one card, however many devices: it is
    several of each that say as much as several cards do."""
    asked = np.flatnonzero(rows["ringed"].any(axis=1))
    distinct = np.full(asked.size, np.inf)
    for thing in range(len(THINGS)):
        have = (members * counts[:, PAYING + thing] / sightings)[asked]
        found = union_estimates(rows["things"][asked, :, thing])
        distinct = np.where(have >= 3.0, np.minimum(distinct, found), distinct)
    several = np.zeros(len(rows))
    known = np.where(np.isfinite(distinct), distinct, 1.0)
    several[asked] = np.clip((known - 1.0) / (SEVERAL - 1.0), 0.0, 1.0)
    ringed: Floats = rows["ringed"].sum(axis=1, dtype=np.float64) / sightings * several
    return ringed


def _evenness(rows: npt.NDArray[Any], taken: npt.NDArray[np.bool_]) -> Floats:
    """Of loads in the members' newest windows, each as requests per epoch that it was seen in.

    Counts of independent requests vary by themselves: with ``m`` requests the squared coefficient
    of variation is ``1 / m``, and that much is taken off, so that quiet groups do not look uneven.
    """
    epochs = np.bitwise_count(rows["member_epochs"] & np.uint32(0x7FFFFFFF)).astype(np.float64)
    requests = rows["member_requests"].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        load = np.where(taken, requests / epochs, np.nan)
        n = taken.sum(axis=1)
        mean = np.nansum(load, axis=1) / n
        variance = np.nansum(np.square(load - mean[:, None]), axis=1) / (n - 1)
        chance = np.nansum(np.where(taken, 1.0 / np.maximum(requests, 1.0), 0.0), axis=1) / n
        excess = variance / np.square(mean) - chance
        evenness = -np.log(np.maximum(excess, LEAST_EXCESS))
    return np.where(n >= 3, evenness, np.nan)


def _spread(rows: npt.NDArray[Any], sightings: npt.NDArray[np.int64]) -> Floats:
    """A sample of sixteen is even by chance now and then; this is of every member in every period,
    and therefore of their bursts, too."""
    n = np.maximum(sightings, 1)
    mean = rows["log_load"].sum(axis=1, dtype=np.float64) / n
    squares = rows["log_load_squared"].sum(axis=1, dtype=np.float64) / n
    spread = np.sqrt(np.maximum(squares - np.square(mean), 0.0)) / LOG_UNIT
    return np.where(sightings >= LEAST_LOADS, spread, np.nan)


def _created_together(rows: npt.NDArray[Any], taken: npt.NDArray[np.bool_], hours: int) -> Floats:
    """Largest share of the sampled members that were created within so many ``hours``."""
    created = rows["member_created"].astype(np.int64)
    known = taken & (created > 0)
    n = known.sum(axis=1)
    ordered = np.sort(np.where(known, created, np.iinfo(np.int64).max // 2), axis=1)
    densest = np.zeros(len(rows))
    for first in range(ordered.shape[1]):
        within = (ordered <= ordered[:, first : first + 1] + hours) & (
            np.arange(ordered.shape[1]) >= first
        )
        reach = np.where(first < n, np.minimum(within.sum(axis=1), n - first), 0)
        densest = np.maximum(densest, reach)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n >= 3, densest / n, np.nan)


def strangers_of(rows: npt.NDArray[Any]) -> Floats:
    """Share of the sampled members of each of ``rows``, structured[n] of ``LINK``, that are outside
    the organisation that most of them have in common."""
    taken = rows["member_epochs"] != 0
    org = np.where(taken, rows["member_org"].astype(np.int64), 0)
    ordered = np.sort(org, axis=1)
    largest = np.zeros(len(rows), np.int64)
    run = np.zeros(len(rows), np.int64)
    for k in range(ordered.shape[1]):
        same = (ordered[:, k] == ordered[:, k - 1]) if k else np.zeros(len(rows), np.bool_)
        run = np.where(ordered[:, k] == 0, 0, np.where(same, run + 1, 1))
        largest = np.maximum(largest, run)
    n = np.maximum(taken.sum(axis=1), 1)
    share: Floats = 1.0 - largest / n
    return share
