"""The end of a sighting period for the links of one partition: which of them are a campaign's.

A function of the rows, the totals, the policy and operators' decisions, as of a place in the log of
sightings: the marker that completed the period.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app import metrics
from app.agents.campaign_commands import Decided
from app.agents.links import LinkFolder
from app.detection.assess import Assessment, GroupPolicy, assess
from app.detection.group_text import explain_group
from app.detection.rings import ring_names, web_names
from app.detection.verdict_text import NATS_WHOLE
from app.events.findings import LinkFinding
from app.kernels.link_groups import LEAST_MEMBERS, list_groups, list_joints
from app.kernels.link_votes import poll
from app.state.link_layout import LINK_KINDS, PROGRAM, SIGHTINGS

REMEMBERED = 56
"""Sighting periods that a link remembers the campaign it was in: two weeks, as long as its windows
remember which members were held. Members let go are told at their next sighting, and a link that is
found again goes on under the old name."""
TOLD = 8
"""Links of each campaign that a partition tells of, the largest: the record names no thousands."""
EVIDENCE_LINES = 5
WHOLE = 1000
_WRITTEN = (
    "campaign",
    "campaign_epoch",
    "campaign_probability",
    "campaign_nats",
    "profile",
)


class Closed(NamedTuple):
    """What closing has changed: ``slots`` int64[k], rows written; and ``findings`` to be told."""

    slots: npt.NDArray[np.int64]
    findings: list[LinkFinding]
    flagged: int
    """Links that are a campaign's now."""


def close_epoch(
    folder: LinkFolder, epoch: int, active: int, policy: GroupPolicy, decided: Decided
) -> Closed:
    """Judge the links of ``folder`` as of the end of ``epoch``, and note it in their rows.

    ``active`` accounts were seen by then in the windows that links remember, in all partitions.

    A link keeps its campaign while it is flagged. One that is no longer keeps the name for
    ``REMEMBERED`` epochs, with probability 0; one of a campaign that an operator has confirmed
    stays as it was.
    """
    store = folder.store
    views = store.views()
    slots = np.empty(len(store), np.int64)
    names = np.empty(len(store), np.uint64)
    count = int(list_groups(views, slots, names))
    slots, names = slots[:count], names[:count]
    rows = views.rows[slots]
    groups = np.flatnonzero((rows["member_epochs"] != 0).sum(axis=1) >= LEAST_MEMBERS)
    verdict = assess(rows[groups], names[groups], epoch, policy)
    verdict = _keep_dismissed(verdict, rows["campaign"][groups], decided)
    metrics.LINKS_ASSESSED.inc(groups.size)
    before = {name: rows[name].copy() for name in _WRITTEN}
    _let_go(rows, np.isin(rows["campaign"], decided.confirmed), epoch)
    _flag(rows, groups[verdict.flagged], verdict, before, epoch)
    changed = np.zeros(count, np.bool_)
    for name in _WRITTEN:
        moved = rows[name] != before[name]
        changed |= moved.any(axis=1) if moved.ndim > 1 else moved
    for name in _WRITTEN:
        views.rows[name][slots[changed]] = rows[name][changed]
    for slot in slots[changed].tolist():
        store.mark_dirty(slot)
    findings = _findings(rows, groups, names, verdict, epoch, active, decided)
    folder.flagged = int((rows["campaign"] != 0).sum())
    joined = _join(folder, slots[groups[verdict.suspect]], active)
    written = np.union1d(slots[changed], joined)
    return Closed(written, findings, int((rows["campaign_probability"] > 0).sum()))


def _join(folder: LinkFolder, suspect: npt.NDArray[np.int64], active: int) -> npt.NDArray[np.int64]:
    """Name the ring or web of every link that joins; of programs, only those in ``suspect`` (slots,
    int64[n]) may. ``active`` as for ``close_epoch``. Returns the slots written."""
    views = folder.store.views()
    slots = np.empty(len(folder.store), np.int64)
    names = np.empty(len(folder.store), np.uint64)
    count = int(list_joints(views, slots, names))
    slots, names = slots[:count], names[:count]
    rows = views.rows[slots]
    ring = np.where(rows["kind"] == PROGRAM, np.uint32(0), ring_names(rows, names))
    webs = np.flatnonzero(np.isin(slots, suspect))
    ring[webs] = web_names(rows[webs], names[webs], active)
    folder.joining = int((ring != 0).sum())
    moved = ring != rows["ring"]
    written: npt.NDArray[np.int64] = slots[moved]
    views.rows["ring"][written] = ring[moved]
    for slot in written.tolist():
        folder.store.mark_dirty(slot)
    return written


def _keep_dismissed(
    verdict: Assessment, own: npt.NDArray[np.uint64], decided: Decided
) -> Assessment:
    """What an operator dismissed was said of its links: none of them goes on under another name."""
    kept = verdict.flagged & np.isin(own, decided.dismissed)
    return verdict._replace(campaign=np.where(kept, own, verdict.campaign))


def _let_go(rows: npt.NDArray[Any], kept: npt.NDArray[np.bool_], epoch: int) -> None:
    """Let go of all flags but of those ``kept``: what is a campaign's still is flagged next."""
    held = (rows["campaign_probability"] > 0) & ~kept
    rows["campaign_probability"][held] = 0
    forgotten = (rows["campaign"] != 0) & ~held & ~kept & (rows["campaign_probability"] == 0)
    forgotten &= epoch - rows["campaign_epoch"] > REMEMBERED
    for name in _WRITTEN:
        rows[name][forgotten] = 0
    rows["campaign_epoch"][held] = epoch


def _flag(
    rows: npt.NDArray[Any],
    flagged: npt.NDArray[np.intp],
    verdict: Assessment,
    before: Mapping[str, npt.NDArray[Any]],
    epoch: int,
) -> None:
    """Note the assessment of the rows numbered ``flagged``; a flag's epoch is that of its
    beginning."""
    which = verdict.flagged
    probability = np.rint(verdict.probability[which] * WHOLE).clip(1, WHOLE)
    rows["campaign"][flagged] = verdict.campaign[which]
    rows["campaign_probability"][flagged] = probability.astype(np.uint16)
    nats = np.rint(verdict.evidence.nats[which] * NATS_WHOLE).clip(0, np.iinfo(np.uint8).max)
    rows["campaign_nats"][flagged] = nats.astype(np.uint8)
    rows["profile"][flagged] = verdict.profile[which]
    going_on = before["campaign_probability"][flagged] > 0
    since = np.where(going_on, before["campaign_epoch"][flagged], epoch)
    rows["campaign_epoch"][flagged] = since


def _findings(
    rows: npt.NDArray[Any],
    groups: npt.NDArray[np.intp],
    names: npt.NDArray[np.uint64],
    verdict: Assessment,
    epoch: int,
    active: int,
    decided: Decided,
) -> list[LinkFinding]:
    by_campaign: defaultdict[int, list[int]] = defaultdict(list)
    told = verdict.flagged & ~np.isin(verdict.campaign, decided.dismissed)
    for number in np.flatnonzero(told).tolist():
        by_campaign[int(verdict.campaign[number])].append(number)
    findings = []
    for campaign in sorted(by_campaign):
        members, order = verdict.measures.members, by_campaign[campaign]
        order.sort(key=lambda i: (-float(members[i]), int(names[groups[i]])))
        for i in order[:TOLD]:
            row, name = rows[groups[i]], int(names[groups[i]])
            findings.append(_finding(row, name, verdict, i, epoch, active))
    return findings


def _finding(
    row: Any, name: int, verdict: Assessment, i: int, epoch: int, active: int
) -> LinkFinding:
    kind = int(row["kind"])
    population = max(round(float(verdict.measures.members[i])), 1)
    campaign = int(verdict.campaign[i])
    sightings = max(int(row["counts"][:, SIGHTINGS].sum(dtype=np.int64)), 1)
    votes = dict(poll(row)[0]).get(campaign, 0)
    return LinkFinding.model_construct(
        campaign_id=f"{campaign:016x}",
        kind=LINK_KINDS[kind],
        hash=f"{name ^ kind << 56:016x}",
        epoch=epoch,
        members=round(population * min(votes / sightings, 1.0)),
        population=population,
        rarity=1.0 - population / max(active, population),
        probability=float(verdict.probability[i]),
        evidence=explain_group(LINK_KINDS[kind], verdict, i)[:EVIDENCE_LINES],
    )
