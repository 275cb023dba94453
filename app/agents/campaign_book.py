"""The records of the campaigns whose own links lie in one partition.

What members do is summed up from their sightings; which links a campaign has is told by findings,
which come from every partition. A finding counts from the close of the period after its own, by
when those of all partitions have come, whichever of them was faster.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from app.agents.campaign_commands import Decided
from app.events.campaigns import Campaign, CampaignLink
from app.events.findings import LinkFinding
from app.events.record import BadRecord
from app.kernels.hyperloglog import estimate
from app.state.campaign_layout import MAX_CAMPAIGNS
from app.state.campaign_totals import campaigns_from_json, campaigns_to_json, new_campaigns
from app.state.layout import TASKS

LINKS_NAMED = 16
FINDINGS_KEPT = 28
"""Sighting periods, a week of them, after which a link that is told of no more is left out."""
QUIET = 4
"""Sighting periods, a day of them, without a member after which a campaign has come to rest."""
CONTAINED = 0.99
"""Share of the members' requests that are refused when a campaign is contained."""

_LinkName = tuple[str, str]  # kind and hash


class CampaignBook:
    """Sums, findings, and the records they make. Kept durable by ``save`` and ``restore``."""

    def __init__(self) -> None:
        self.sums: npt.NDArray[Any] = new_campaigns()
        self._links: dict[str, dict[_LinkName, LinkFinding]] = {}
        self._new: list[LinkFinding] = []

    def note(self, finding: LinkFinding) -> None:
        """Take in a finding about a campaign."""
        self._new.append(finding)

    def close(self, epoch: int, decided: Decided, suspend: float) -> Iterator[Campaign]:
        """The records of the campaigns that have moved within a day of the end of ``epoch``, or
        that operators have decided about; ``suspend`` is the probability that suspends."""
        self._settle(epoch)
        about = {*decided.confirmed.tolist(), *decided.dismissed.tolist()}
        for total in self.sums[np.argsort(self.sums["id"], kind="stable")]:
            recent = epoch - int(total["epoch"]) <= QUIET
            if total["id"] and (recent or int(total["id"]) in about):
                yield self._record(total, epoch, decided, suspend)

    def _settle(self, epoch: int) -> None:
        """Let the findings of former epochs count, and forget those of long ago."""
        for finding in self._new:
            if finding.epoch < epoch:
                links = self._links.setdefault(finding.campaign_id, {})
                known = links.get((finding.kind, finding.hash))
                if known is None or known.epoch <= finding.epoch:
                    links[finding.kind, finding.hash] = finding
        self._new = [finding for finding in self._new if finding.epoch >= epoch]
        kept: dict[str, dict[_LinkName, LinkFinding]] = {}
        for campaign in sorted(self._links):
            fresh = [f for f in self._links[campaign].values() if epoch - f.epoch <= FINDINGS_KEPT]
            fresh.sort(key=lambda f: (-f.probability, -f.population, f.kind, f.hash))
            if fresh:
                kept[campaign] = {(f.kind, f.hash): f for f in fresh[:LINKS_NAMED]}
        # The newest campaigns have the largest ids.
        self._links = dict(sorted(kept.items())[-MAX_CAMPAIGNS:])

    def _record(self, total: Any, epoch: int, decided: Decided, suspend: float) -> Campaign:
        campaign = f"{int(total['id']):016x}"
        findings = list(self._links.get(campaign, {}).values())
        told = int(total["probability"]) / 1000
        confidence = max([told, *(finding.probability for finding in findings)])
        interactions = int(total["interactions"])
        tasks = int(total["tasks"].sum())
        return Campaign.model_construct(
            campaign_id=campaign,
            status=_status(total, epoch, decided, confidence >= suspend),
            first_seen=int(total["first_seen"]),
            last_seen=int(total["last_seen"]),
            accounts=round(float(estimate(total["registers"]))),
            interactions=interactions,
            input_tokens=int(total["input_tokens"]),
            output_tokens=int(total["output_tokens"]),
            tasks={
                task: int(amount) / tasks
                for task, amount in zip(TASKS, total["tasks"], strict=True)
                if amount
            },
            links=[
                CampaignLink.model_construct(
                    kind=finding.kind,
                    hash=finding.hash,
                    members=finding.members,
                    population=finding.population,
                    rarity=finding.rarity,
                )
                for finding in findings
            ],
            # Sorted: they are kept in the order in which sightings happened to come.
            models=sorted(f"{int(model):016x}" for model in total["model"] if model),
            confidence=confidence,
            prevented_interactions=min(int(total["prevented"]), interactions),
            evidence=findings[0].evidence if findings else [],
        )

    def save(self) -> dict[str, Any]:
        """What ``restore`` takes, ready for JSON."""
        links = [f.model_dump() for links in self._links.values() for f in links.values()]
        return {
            "sums": campaigns_to_json(self.sums),
            "links": links,
            "new": [finding.model_dump() for finding in self._new],
        }

    def restore(self, saved: Any) -> None:
        """Go on from what ``save`` returned. Raises ValueError for anything else."""
        try:
            self.sums = campaigns_from_json(saved["sums"])
            self._links = {}
            for fields in saved["links"]:
                finding = LinkFinding.from_fields(fields)
                links = self._links.setdefault(finding.campaign_id, {})
                links[finding.kind, finding.hash] = finding
            self._new = [LinkFinding.from_fields(fields) for fields in saved["new"]]
        except (KeyError, TypeError, BadRecord) as exc:
            raise ValueError(f"the campaigns make no sense: {exc!r}") from exc


def _status(total: Any, epoch: int, decided: Decided, sure: bool) -> str:
    if total["id"] in decided.dismissed:
        return "dismissed"
    quiet = epoch - int(total["epoch"]) >= QUIET
    if quiet or int(total["refused"]) >= CONTAINED * max(int(total["attempted"]), 1):
        return "contained"
    if sure or total["id"] in decided.confirmed:
        return "confirmed"
    return "forming"
