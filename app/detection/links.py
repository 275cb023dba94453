"""What a link's row says about its members, in terms that people and campaigns can use.

Every figure comes with the one of the population that it is to be held against: all accounts under
links of the same kind, in the same windows. Nothing here decides anything: a popular program is
narrow, a class signs up in one hour, and a payment method of a company is shared by design. What
counts is how figures come together in groups of a size, which is for campaigns to judge.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.detection import measures as m
from app.detection.link_members import Member, members_of
from app.kernels.hyperloglog import estimate, merge
from app.kernels.link_sums import LOG_UNIT, Clock
from app.state.layout import TASKS
from app.state.link_layout import (
    ARRIVALS,
    EXEMPT,
    LINK_KINDS,
    REGISTERS,
    SAMPLE,
    SCORES,
    SIGHTINGS,
    TRUSTED,
)

BURST_HOURS = 24
THOUSANDTHS = 1000.0


@dataclass(frozen=True, slots=True)
class Against:
    """A figure of the link's and the population's; None where there is nothing to measure."""

    link: float | None
    population: float | None


@dataclass(frozen=True, slots=True)
class LinkEvidence:
    """A link in its two newest windows.

    ``members`` accounts, give or take ``members_error`` (one standard error; 0: counted exactly),
    of ``active`` under any link of the kind. ``rarity`` is ``ln(active / members)``: the nats it
    says about an account that it is among them. ``arrivals`` accounts first seen under it.
    ``exempt`` and ``trusted`` are shares of sightings.
    """

    kind: str
    first_epoch: int
    last_epoch: int
    members: float
    members_error: float
    active: float
    rarity: float | None
    sightings: int
    requests: int
    tokens: int
    arrivals: int
    exempt: float
    trusted: float
    tasks: dict[str, Against]
    """Mean shares of each task."""
    narrowness: float | None
    """Relative entropy of the task mix, in nats, from the population's."""
    narrowness_evidence: float | None
    """The same as a log-likelihood ratio in nats: each member counts as one observation."""
    scores: dict[str, Against]
    """Means over the accounts, by name: normal scores, where 0.5 is an account like the live
    population's median and 0.125 one robust deviation, and shares."""
    load_spread: Against
    """Standard deviation of log2(requests) of an account in an epoch: small when loads are even."""
    gini: float | None
    """Of the sampled members' requests."""
    evenness: float | None
    """Pielou's, of the sampled members' requests."""
    synchrony: float | None
    """Dispersion of active members by hour around the population's rhythm; 1 is independence."""
    burst: float | None
    """Largest share of the sampled members created within 24 hours of each other."""
    kinship: float | None
    """Share of the sampled members that the most frequent organisation has."""
    pivot: Against
    """Share of the traffic that moved to another model from one day to the next."""
    sample: tuple[Member, ...]


def weigh_link(row: Any, total: Any, clock: Clock) -> LinkEvidence:
    """The evidence in ``row``, one element of ``LINK``, held against ``total`` of its kind."""
    members, error = member_count(row)
    active = _distinct(total["registers"])
    counts = row["counts"].sum(axis=0, dtype=np.int64)
    sightings = int(counts[SIGHTINGS])
    tasks, expected = _pooled(row["tasks"]), _pooled(total["tasks"])
    narrowness = None
    mix = m.shares(tasks)
    if mix is not None:
        # As if one account more had been seen, doing everything alike.
        narrowness = m.relative_entropy(mix, m.smoothed(expected, THOUSANDTHS))
    sample = members_of(row, clock)
    loads = np.array([member.requests for member in sample], np.float64)
    created = np.array([x.created_hour for x in sample if x.created_hour], np.float64)
    return LinkEvidence(
        kind=LINK_KINDS[int(row["kind"])],
        first_epoch=int(row["first_epoch"]),
        last_epoch=int(row["last_epoch"]),
        members=members,
        members_error=error,
        active=active,
        rarity=math.log(max(active, members) / members) if members > 0 else None,
        sightings=sightings,
        requests=int(row["requests"].sum()),
        tokens=sum(row["tokens"].tolist()),
        arrivals=int(counts[ARRIVALS]),
        exempt=int(counts[EXEMPT]) / max(sightings, 1),
        trusted=int(counts[TRUSTED]) / max(sightings, 1),
        tasks=_by_name(TASKS, row["tasks"], total["tasks"], row, total),
        narrowness=narrowness,
        narrowness_evidence=None if narrowness is None else narrowness * members,
        scores=_by_name(SCORES, row["scores"], total["scores"], row, total),
        load_spread=Against(_load_spread(row), _load_spread(total)),
        gini=m.gini(loads),
        evenness=m.pielou_evenness(loads),
        synchrony=_synchrony(row, total, clock),
        burst=m.densest_share(created, BURST_HOURS),
        kinship=_kinship(sample),
        pivot=Against(_pivot(row, clock), _pivot(total, clock)),
        sample=sample,
    )


def member_count(row: Any) -> tuple[float, float]:
    """How many accounts a link has, and the standard error: 0 while the sample holds them all."""
    kept = int(np.count_nonzero(row["member_epochs"]))
    if kept < SAMPLE:
        return float(kept), 0.0
    estimated = max(_distinct(row["registers"]), float(SAMPLE))
    return estimated, estimated * 1.04 / math.sqrt(2 * REGISTERS)


def _distinct(registers: Any) -> float:
    union = registers[0].copy()
    merge(union, registers[1].copy())
    return float(estimate(union))


def _pooled(sums: Any) -> m.Numbers:
    """Sums over both windows."""
    pooled: m.Numbers = sums.sum(axis=0, dtype=np.float64)
    return pooled


def _by_name(
    names: tuple[str, ...], sums: Any, totals: Any, row: Any, total: Any
) -> dict[str, Against]:
    mine, theirs = _mean_shares(sums, row), _mean_shares(totals, total)
    return {
        name: Against(mine[i] if mine else None, theirs[i] if theirs else None)
        for i, name in enumerate(names)
    }


def _mean_shares(sums: Any, of: Any) -> list[float] | None:
    """Sums of shares per sighting."""
    sightings = int(of["counts"][:, SIGHTINGS].sum())
    if not sightings:
        return None
    means: list[float] = (_pooled(sums) / (THOUSANDTHS * sightings)).tolist()
    return means


def _load_spread(of: Any) -> float | None:
    n = int(of["counts"][:, SIGHTINGS].sum())
    if n < 2:
        return None
    mean = int(of["log_load"].sum()) / n
    squares = int(of["log_load_squared"].sum()) / n
    return math.sqrt(max(squares - mean * mean, 0.0)) / LOG_UNIT


def _synchrony(row: Any, total: Any, clock: Clock) -> float | None:
    newest, reference = int(row["last_epoch"]) // clock.day, int(total["last_epoch"]) // clock.day
    days = [day & 1 for day in (newest - 1, newest) if 0 <= reference - day < 2 and day >= 0]
    if not days:
        return None
    return m.dispersion(
        row["hours"][days].ravel().astype(np.float64),
        total["hours"][days].ravel().astype(np.float64),
    )


def _pivot(of: Any, clock: Clock) -> float | None:
    day = int(of["last_epoch"]) // clock.day
    before, after = of["models"][(day - 1) & 1], of["models"][day & 1]
    return m.total_variation(before.astype(np.float64), after.astype(np.float64))


def _kinship(sample: tuple[Member, ...]) -> float | None:
    if len(sample) < 2:
        return None
    orgs = [member.org for member in sample if member.org]
    return max((orgs.count(org) for org in orgs), default=0) / len(sample)
