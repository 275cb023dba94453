"""A partition of links without Kafka, and the records that are fed to it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from app.agents import closing
from app.agents.campaign_commands import CampaignCommands
from app.agents.judgement import JudgementBook
from app.agents.link_partition import LinkPartition, Outlets
from app.agents.table_partition import Place, Run
from app.detection.assess import Assessment, GroupPolicy, assess
from app.events.campaign_commands import CampaignCommand
from app.events.campaigns import Campaign
from app.events.findings import LinkFinding
from app.events.framing import Encoder
from app.events.markers import MARKER_KEY, SweepMarker
from app.events.sightings import Sighting
from app.events.verdicts import Verdict
from app.events.watches import WatchList
from app.kernels.batches import frame
from app.policy.document import PolicyDocument
from app.policy.load import default_policy
from app.state.checkpoint import Checkpoint, Output
from app.state.header import Header
from app.state.link_codec import LINK_CODEC
from app.state.link_layout import LINK
from app.state.store import ColumnStore
from tests.benchmarks.traffic import batch
from tests.reference.sightings import plain_sighting, written

EPOCH = 80_000
CAMPAIGN = EPOCH << 32 | 0xA
OTHER = (EPOCH - 100) << 32 | 0xB
KEY = b"payment:00000000000000aa"
Record = tuple[bytes | None, bytes | None]
Flag = Callable[[Any], tuple[int, float] | None]
"""From a row to the campaign and probability that it is given; None: it is not flagged."""


def hex16(campaign: int) -> str:
    return f"{campaign:016x}"


def sighting(account: str, epoch: int, **changes: Any) -> Sighting:
    """An ordinary sighting under ``KEY``; ``held`` is (campaign, probability, epoch)."""
    held = changes.pop("held", None)
    if held is not None:
        campaign, probability, told = held
        changes |= {
            "campaign": hex16(campaign),
            "campaign_probability": round(probability * 1000),
            "campaign_epoch": told,
        }
    return plain_sighting(account, epoch, **changes)


def marker(epoch: int, partition: int = 0, partitions: int = 1, accounts: int = 0) -> Record:
    told = SweepMarker(
        epoch=epoch, partition=partition, partitions=partitions, accounts=accounts
    ).framed()
    return told.key, told.value


def policy(first_share: float = 0.5) -> PolicyDocument:
    """The shipped policy, with the figures that these tests reckon with."""
    shipped = default_policy()
    return shipped.model_copy(
        update={
            "groups": shipped.groups.model_copy(update={"membership_prior": 0.9}),
            "campaigns": shipped.campaigns.model_copy(
                update={
                    "throttle_probability": 0.8,
                    "suspend_probability": 0.95,
                    "first_share": first_share,
                }
            ),
        }
    )


class Links:
    """One partition, what it has made durable, and the log it is fed from."""

    def __init__(
        self,
        *,
        partitions: int = 1,
        limit: int = 1_000,
        lockstep: bool = False,
        first_share: float = 0.5,
    ) -> None:
        self.limit = limit
        self.lockstep = lockstep
        self.place = Place(0, partitions, {}, "dead-letters")
        self.book = JudgementBook(policy(first_share))
        self.commands = CampaignCommands()
        self.outputs: list[Output] = []
        self.rows: dict[bytes, bytes] = {}
        self.header: Header | None = None
        self.log: list[Record] = []
        self.partition = self._begin(ColumnStore(LINK, limit=limit, seed=1))

    def _begin(self, store: ColumnStore) -> LinkPartition:
        return LinkPartition(
            self.place,
            store,
            LINK_CODEC,
            self.header,
            judgement=lambda: self.book.current,
            commands=self.commands,
            outlets=Outlets("sightings", "verdicts", "campaigns", "watches", Encoder()),
            lockstep=self.lockstep,
        )

    def feed(self, *records: Sighting | Record, cut: int | None = None) -> None:
        """Append ``records`` to the log and take them in, ``cut`` at a time."""
        first = len(self.log)
        for record in records:
            self.log += written([record]) if isinstance(record, Sighting) else [record]
        self.take(first, len(self.log), cut=cut)

    def take(self, first: int, stop: int, *, cut: int | None = None) -> None:
        cut = cut or max(stop - first, 1)
        for start in range(first, stop, cut):
            end = min(start + cut, stop)
            data = batch(self.log[start:end], start, 0)  # type: ignore[arg-type]
            assert list(self.partition.sightings(Run("sightings", data, start, end))) == []

    def decide(self, command: str, campaign: int, expires_at: int | None = None) -> None:
        record = CampaignCommand.from_fields(
            {
                "command": command,
                "campaign_id": hex16(campaign),
                "operator": "on-call",
                "reason": "a test",
                "issued_at": 1,
                "expires_at": expires_at,
            }
        ).encode()
        self.commands.record(record.key, record.value)

    # Making durable.

    def commit(self, checkpoint: Checkpoint) -> None:
        self.rows |= {key: value for key, value in checkpoint.rows if value is not None}
        for key in [key for key, value in checkpoint.rows if value is None]:
            self.rows.pop(key, None)
        self.outputs += checkpoint.outputs
        if checkpoint.header is not None:
            self.header = Header.decode(checkpoint.header)
        if checkpoint.full:
            self.partition.written()

    def urgent(self) -> None:
        self.commit(self.partition.collect(0))

    def checkpoint(self, slice_rows: int = 100, slices: int = 1_000) -> None:
        """A full checkpoint, or its first few ``slices``."""
        self.partition.freeze()
        for _ in range(slices):
            checkpoint = self.partition.collect(slice_rows)
            self.commit(checkpoint)
            if checkpoint.full:
                return

    def crash(self) -> None:
        """Lose what is in memory, and recover what was committed."""
        store = ColumnStore(LINK, limit=self.limit, seed=2)
        if self.rows:
            framed = frame(batch(list(self.rows.items()), 0, 0), 0, check_crc=True)
            LINK_CODEC.apply(store, framed, lambda *_: None, "changelog")
        self.partition = self._begin(store)

    def resume(self) -> None:
        self.take(self.partition.durable.get("sightings", 0), len(self.log))

    # Looking.

    def row(self, key: bytes = KEY) -> Any:
        slot = self.partition.store.get(key)
        assert slot is not None
        return self.partition.store.views().rows[slot]

    def waiting(self) -> list[Output]:
        """All outputs, those that wait included."""
        self.urgent()
        return self.outputs

    def verdicts(self) -> list[Verdict]:
        """What campaigns found out about accounts."""
        return [verdict for verdict in self._sent() if verdict.about == "campaign"]

    def rings(self) -> list[Verdict]:
        """What accounts were told of rings and webs."""
        return [verdict for verdict in self._sent() if verdict.about != "campaign"]

    def _sent(self) -> list[Verdict]:
        sent = [o for o in self.waiting() if o.topic == "verdicts" and o.key != MARKER_KEY]
        assert all(o.partition == -1 for o in sent)
        return [Verdict.from_json(o.value or b"") for o in sent]

    def told(self) -> dict[str, float]:
        """The probability that each account was told last; withdrawn ones -1."""
        return {v.account_id: v.probability if v.confirmed else -1.0 for v in self.verdicts()}

    def marked(self) -> list[tuple[int, int]]:
        """The periods that markers say are closed, and where the markers went."""
        sent = [o for o in self.waiting() if o.topic == "verdicts" and o.key == MARKER_KEY]
        return [(SweepMarker.read(o.value).epoch, o.partition) for o in sent]

    def campaigns(self) -> list[Campaign]:
        return [
            Campaign.from_json(o.value or b"") for o in self.waiting() if o.topic == "campaigns"
        ]

    def watched(self) -> list[WatchList]:
        """The lists of watched programs, in the order they were sent."""
        sent = [o for o in self.waiting() if o.topic == "watches"]
        assert all(o.partition == -1 for o in sent)
        return [WatchList.from_json(o.value or b"") for o in sent]

    def findings(self) -> list[LinkFinding]:
        return [LinkFinding.read(o.value) for o in self.waiting() if o.topic == "sightings"]


class Detector:
    """Stands in for the assessment of links: flags what ``flag`` says."""

    def __init__(self) -> None:
        self.flag: Flag = lambda _row: (CAMPAIGN, 1.0)
        self.closed: list[int] = []

    def __call__(
        self,
        rows: npt.NDArray[Any],
        names: npt.NDArray[np.uint64],
        epoch: int,
        policy: GroupPolicy,
    ) -> Assessment:
        self.closed.append(epoch)
        found = assess(rows, names, epoch, policy)
        flags = [self.flag(row) for row in rows]
        return found._replace(
            flagged=np.array([one is not None for one in flags], np.bool_),
            campaign=np.array([one[0] if one else 0 for one in flags], np.uint64),
            probability=np.array([one[1] if one else 0.0 for one in flags]),
            profile=np.full_like(found.profile, 125),  # the median: it tells nobody apart
        )


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> Detector:
    stand_in = Detector()
    monkeypatch.setattr(closing, "assess", stand_in)
    return stand_in
