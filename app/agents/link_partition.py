"""One partition of the links: sightings folded, links judged, verdicts sent.

Sightings carry the markers that account partitions set behind those of each period, and findings
about the links of campaigns. A period is *closed* at the marker that says it is complete: links are
judged, and from there on every sighting under a link of a campaign may give a verdict.

Closing leaves in one transaction: the rows it wrote, all that it says, and a header that names the
period as closed. What comes after it in the log is never durable without it, since every later
transaction of the partition would have held it too. So a worker that goes on from a header finds
every row either before the close or with it: it passes over a marker whose period is closed, and a
sighting that its row has folded before, and says nothing twice.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app import metrics
from app.agents.campaign_commands import CampaignCommands, Decided
from app.agents.closing import close_epoch
from app.agents.judgement import Judgement
from app.agents.links import Folded, LinkFolder
from app.agents.markers import Markers
from app.agents.table_partition import Pause, Place, Run, TablePartition
from app.agents.watching import watched_programs
from app.detection.verdict_text import explain_verdict, explain_withdrawal
from app.events import findings, markers
from app.events.findings import LinkFinding
from app.events.framing import HEADER, Encoder
from app.events.markers import SweepMarker
from app.events.record import BadRecord
from app.events.sightings import sighted_account
from app.events.verdicts import Verdict
from app.events.watches import WatchList
from app.kernels import reasons
from app.kernels import sighting_columns as s
from app.kernels.batches import Framed
from app.kernels.columns import FRAME_VALUE_LENGTH, FRAME_VALUE_START
from app.kernels.index import ABSENT
from app.kernels.internal_records import list_framed_with
from app.kernels.link_sums import DAY_HOURS, HOUR_MS
from app.kernels.link_verdicts import ABOUT, VerdictRules
from app.kernels.regimes import regime_at
from app.policy.document import PolicyDocument
from app.policy.groups import group_policy
from app.state.checkpoint import Output
from app.state.codec import RowCodec
from app.state.header import Header
from app.state.link_layout import LINK_KINDS
from app.state.store import ColumnStore

LAGGARD = 2
"""Periods after which a partition is not waited for: one without traffic has no requests that would
tell it that a period is over, and links would never be judged. Its sightings count when they come.
"""

_INTERNAL = np.array([markers.SCHEMA_ID, findings.SCHEMA_ID], np.int64)


class Outlets(NamedTuple):
    """Where the links' findings go: full names of topics, and how output records are written."""

    sightings: str
    verdicts: str
    campaigns: str
    watches: str
    encoder: Encoder


class LinkPartition(TablePartition):
    """The links of one partition.

    ``judgement`` gives what judges now, of which the policy is used; ``commands`` what operators
    have decided about campaigns.
    """

    def __init__(
        self,
        place: Place,
        store: ColumnStore,
        codec: RowCodec,
        header: Header | None,
        *,
        judgement: Callable[[], Judgement],
        commands: CampaignCommands,
        outlets: Outlets,
        lockstep: bool = False,
    ) -> None:
        """In ``lockstep`` every partition is waited for, however long it takes."""
        super().__init__(place, store, codec, header)
        self.judgement = judgement
        self.folder = LinkFolder(store)
        self.closed = -1
        """The newest period that has been closed."""
        self.flagged = 0
        """Links found to be a campaign's when it was."""
        self.campaigns: dict[str, int] = {}
        """Campaigns told of when it was, by status."""
        self._markers = Markers(place.partitions)
        self._commands = commands
        self._outlets = outlets
        self._lockstep = lockstep
        self._period_ms = DAY_HOURS // self.folder.schedule.clock.day * HOUR_MS
        if header is not None:
            self._restore(header)

    def _restore(self, header: Header) -> None:
        more = header.more
        self.closed = int(more.get("closed", -1))
        if "schedule" in more:  # not in one that was written before the first full checkpoint
            self.folder.restore(more)
        if "markers" in more:
            self._markers.restore(more["markers"])

    def header(self) -> Header:
        return Header(
            partitions=self.place.partitions,
            inputs=dict(self.positions),
            counters=self.folder.counters,
            more={**self.folder.save(), "markers": self._markers.save()},
        )

    def _up_to_date(self, header: Header) -> Header:
        return replace(header, more={**header.more, "closed": self.closed})

    def sightings(self, run: Run) -> Iterator[Pause]:
        """Fold a run of the sightings topic."""
        framed = self.framed(run)
        count = len(framed.frames)
        others = np.empty(count, np.int64)
        found = int(list_framed_with(framed.data, framed.frames, _INTERNAL, others))
        done = 0
        for number in [*others[:found].tolist(), count]:
            if number > done:
                part = framed._replace(frames=framed.frames[done:number])
                self._fold(run.topic, part)
            if number < count:
                self._hear(run.topic, framed, number)
            done = number + 1
        self.reach(run.topic, run.next_offset, count)
        yield from ()

    def _fold(self, topic: str, framed: Framed) -> None:
        folded = self.folder.fold(framed, self._rules())
        bad = np.flatnonzero(folded.status != reasons.OK)
        self.bury(topic, framed, bad, folded.status, [None] * bad.size)
        for verdict in folded.verdicts:
            slot: int | None = int(verdict["slot"])
            if slot == ABSENT:  # it has been begun since
                slot = self.store.get(f"campaign:{int(verdict['campaign']):016x}".encode())
            assert slot is not None
            self.send([slot], [self._verdict(framed, folded, verdict)])

    # Closing.

    def _hear(self, topic: str, framed: Framed, number: int) -> None:
        """Take in the marker or finding that is the record ``number``."""
        at = int(framed.frames[number, FRAME_VALUE_START])
        length = int(framed.frames[number, FRAME_VALUE_LENGTH])
        value = framed.data[at : at + length].tobytes()
        try:
            if HEADER.unpack_from(value)[1] == markers.SCHEMA_ID:
                self._note(SweepMarker.read(value))
            else:
                self.folder.book.note(LinkFinding.read(value))
        except BadRecord as exc:
            status = np.full(len(framed.frames), reasons.NAMES.index(exc.reason), np.int32)
            self.bury(topic, framed, np.array([number]), status, [exc.field])

    def _note(self, marker: SweepMarker) -> None:
        if marker.partitions != self.place.partitions:
            raise BadRecord(reasons.OUT_OF_RANGE, "partitions")
        if marker.partition >= marker.partitions:
            raise BadRecord(reasons.OUT_OF_RANGE, "partition")
        self._markers.note(marker.partition, marker.epoch, marker.accounts)
        complete = self._markers.complete
        if not self._lockstep:
            complete = max(complete, self._markers.newest - LAGGARD)
        if complete > self.closed:
            self.close(complete, self._markers.accounts)

    def close(self, epoch: int, active: int) -> None:
        """Close every period up to ``epoch``; what comes of it waits to leave.

        ``active`` is how many active accounts all partitions have by then.
        """
        policy = self._policy(epoch)
        decided = self._decided(epoch)
        judged = group_policy(policy.groups, policy.campaigns)
        closed = close_epoch(self.folder, epoch, active, judged, decided)
        campaigns = list(
            self.folder.book.close(epoch, decided, policy.campaigns.suspend_probability)
        )
        outlets = self._outlets
        marker = SweepMarker(
            epoch=epoch, partition=self.place.number, partitions=self.place.partitions
        ).framed()
        watched = WatchList.model_construct(
            epoch=epoch,
            partition=self.place.number,
            partitions=self.place.partitions,
            starts=self._end(epoch),
            membership_log_odds=policy.groups.membership_log_odds,
            first_share=policy.campaigns.first_share,
            programs=list(watched_programs(self.store, decided, self._period_ms)),
        )
        told = [
            Output(outlets.watches, *watched.encode()),
            *(Output(outlets.sightings, *finding.framed()) for finding in closed.findings),
            *(
                Output(outlets.campaigns, *outlets.encoder.encode(outlets.campaigns, campaign))
                for campaign in campaigns
            ),
            # Behind the verdicts of the period: whoever has read it has read them.
            *(
                Output(outlets.verdicts, *marker, partition=number)
                for number in range(self.place.partitions)
            ),
        ]
        self.closed = epoch
        self.flagged = closed.flagged
        self.campaigns = {}
        for campaign in campaigns:
            self.campaigns[campaign.status] = self.campaigns.get(campaign.status, 0) + 1
        self.send(closed.slots.tolist(), told)

    # What judges.

    def _policy(self, epoch: int) -> PolicyDocument:
        """The policy in force when period ``epoch`` ends."""
        judgement = self.judgement()
        r = int(regime_at(judgement.regimes, self._end(epoch)))
        return judgement.policies[int(judgement.regimes.policy[r])]

    def _decided(self, epoch: int) -> Decided:
        return self._commands.decided(self._end(epoch))

    def _end(self, epoch: int) -> int:
        return (epoch + 1) * self._period_ms

    def _rules(self) -> VerdictRules | None:
        """What decides about verdicts until the next period is closed."""
        if not self.folder.tells:
            return None
        policy, decided = self._policy(self.closed + 1), self._decided(self.closed + 1)
        return VerdictRules(
            membership_log_odds=policy.groups.membership_log_odds,
            throttle=policy.campaigns.throttle_probability,
            suspend=policy.campaigns.suspend_probability,
            first_share=policy.campaigns.first_share,
            period_ms=self._period_ms,
            confirmed=decided.confirmed,
            dismissed=decided.dismissed,
        )

    def _verdict(self, framed: Framed, folded: Folded, found: npt.NDArray[np.void]) -> Output:
        number = int(found["record"])
        at = int(framed.frames[number, FRAME_VALUE_START])
        length = int(framed.frames[number, FRAME_VALUE_LENGTH])
        account = sighted_account(framed.data[at : at + length].tobytes())
        values = folded.values[number]
        campaign = f"{int(found['campaign']):016x}"
        withdrawn, dismissed = bool(found["withdrawn"]), bool(found["dismissed"])
        about = ABOUT[int(found["about"])]
        if about != "campaign":
            why = []
        elif withdrawn:
            why = explain_withdrawal(campaign, dismissed=dismissed)
        else:
            row = self.store.views().rows[int(found["slot"])]
            why = explain_verdict(
                LINK_KINDS[int(row["kind"])],
                row["campaign_nats"],
                row["profile"],
                float(found["link_probability"]),
                float(found["probability"]),
            )
        verdict = Verdict.model_construct(
            account_id=account,
            campaign_id=campaign,
            epoch=int(values[s.SIG_EPOCH]),
            ts=int(values[s.SIG_TS]),
            probability=float(found["probability"]),
            confirmed=not withdrawn and about == "campaign",
            dismissed=dismissed,
            about=about,
            reasons=why,
        )
        kind = "withdrawal" if withdrawn else "member" if about == "campaign" else about
        metrics.VERDICTS.labels(kind=kind).inc()
        return Output(self._outlets.verdicts, *verdict.encode())
