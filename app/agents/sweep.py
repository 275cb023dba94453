"""What a partition does when its watermark enters a new epoch.

Every epoch it contributes its part of the population snapshot. Every sighting period it reports
its active accounts under each of their links, and lets go of rows that have been idle for too long.
All of it happens at a place in the log, between two requests, so that a replay does it there too.
"""

from collections import Counter

import numpy as np
import numpy.typing as npt

from app import metrics
from app.agents.judgement import Judgement
from app.detection.population import make_part
from app.events.markers import SweepMarker
from app.events.population import PopulationPart
from app.kernels import guards as g
from app.kernels import ledger as l
from app.kernels import sightings as s
from app.kernels import views as v
from app.kernels.expiry import shrink_idle
from app.kernels.features import FEATURES
from app.kernels.fold import Partition
from app.kernels.organisations import Domains, count_domains
from app.kernels.parameters import RETENTION_MS
from app.kernels.population import BINS, sketch_population
from app.kernels.regimes import Regimes, regime_at
from app.kernels.sighting_columns import SCHEMA_ID
from app.state.checkpoint import Output
from app.state.layout import FLAG_STUB, TASKS
from app.state.store import ColumnStore

RECORDS = 2_048
"""Sightings in one transaction: some 750 KiB. They are made on the event loop, with the rows they
are of: four times as many held it up for 150 ms of a processor."""

REMEMBERED_MS = 14 * 24 * s.HOUR_MS
"""How long an account counts as active for links: as long as they remember whom they have seen."""


class Sweep:
    """The sweeps of one partition.

    ``epoch_ms`` divides a sighting period, which lasts ``period_hours`` (a divisor of 24).
    """

    def __init__(
        self,
        partition: int,
        partitions: int,
        *,
        epoch_ms: int,
        period_hours: int,
        sightings_topic: str,
        population_topic: str,
    ) -> None:
        self.epoch_ms = epoch_ms
        self.period_ms = period_hours * s.HOUR_MS
        self._partition = partition
        self._partitions = partitions
        self._period_hours = period_hours
        self._sightings_topic = sightings_topic
        self._population_topic = population_topic
        self._parts: list[PopulationPart] = []
        self.published: int | None = None
        """The newest epoch whose population part has left, or waits to: it is never cut again."""
        self.reported: int | None = None
        """The newest sighting period whose sightings have all left: none is written again, also
        where its end is read again after a restart and an account of it is gone from the store."""
        self.active = 0
        """Accounts that were active at the end of the sighting period reported last."""
        self._period: s.Period | None = None
        self._regimes: Regimes | None = None
        self._domains: Domains | None = None
        self._next_slot = 0
        self._counted = 0
        self._completed = -1

    @property
    def pending(self) -> bool:
        """Whether rows wait to be reported: none may change meanwhile."""
        return self._period is not None

    def begin(self, ts: int) -> list[Output]:
        """Begin with a request of event time ``ts``: of the periods before it nothing is to come.

        Returns the markers that say so.
        """
        self.reported = ts // self.period_ms - 1
        return self.markers(self.reported)

    def close(self, store: ColumnStore, state: Partition, ts: int, judgement: Judgement) -> None:
        """Close the ledger's epoch, for a request of event time ``ts`` begins a later one."""
        epoch = int(state.ledger[l.EPOCH])
        active, part = self._sketch(store, epoch, int(state.ledger[l.WATERMARK]))
        state.guards[g.ACTIVE] = active
        if self.published is None or epoch > self.published:
            self.published = epoch
            self._parts.append(part)
        period = epoch * self.epoch_ms // self.period_ms
        if ts // self.period_ms > period:
            if self.reported is None or period > self.reported:
                self._period = s.Period(period, self._period_hours)
                self._regimes = judgement.regimes
                since = self._period.end - REMEMBERED_MS
                self._domains = count_domains(_rows(store), since, self._partitions)
                self._next_slot = self._counted = 0
                self._completed = ts // self.period_ms - 1
            self._expire(store, ts, judgement)

    def _sketch(self, store: ColumnStore, epoch: int, now: int) -> tuple[int, PopulationPart]:
        """How many accounts were active in the day before ``now`` (ms), and the epoch's part."""
        views = store.views()
        histogram = np.empty((FEATURES, BINS), np.int64)
        shares = np.empty(len(TASKS), np.int64)
        used = int(views.counts[v.ROWS_USED])
        active, sketched = sketch_population(views.rows, used, now, histogram, shares)
        return int(active), make_part(
            number=epoch,
            partition=self._partition,
            partitions=self._partitions,
            epoch_ms=self.epoch_ms,
            accounts=int(sketched),
            histogram=histogram,
            shares=shares,
        )

    def _expire(self, store: ColumnStore, ts: int, judgement: Judgement) -> None:
        r = regime_at(judgement.regimes, ts)
        retention = int(judgement.regimes.parameters[r, RETENTION_MS])
        expired = np.empty(len(store), np.int64)
        count = int(shrink_idle(store.views(), ts, retention, expired))
        store.expire(expired[:count].tolist())
        metrics.EXPIRED.labels(table="accounts").inc(count)

    def take_parts(self) -> list[PopulationPart]:
        """The population parts since the last call."""
        taken, self._parts = self._parts, []
        return taken

    def pass_over(self, epoch: int) -> None:
        """Say that the partition has come to the end of ``epoch``, in which it had no traffic."""
        part = make_part(
            number=epoch,
            partition=self._partition,
            partitions=self._partitions,
            epoch_ms=self.epoch_ms,
            accounts=0,
            histogram=np.zeros((FEATURES, BINS), np.int64),
            shares=np.zeros(len(TASKS), np.int64),
        )
        self._parts.append(part)

    @property
    def has_parts(self) -> bool:
        """Whether parts of population snapshots wait to leave."""
        return bool(self._parts)

    def part_outputs(self) -> list[Output]:
        """``take_parts``, as records for their topic."""
        return [Output(self._population_topic, *part.encode()) for part in self.take_parts()]

    def take_sightings(self, store: ColumnStore) -> tuple[npt.NDArray[np.int32], list[Output]]:
        """The next accounts' sightings, and the slots of their rows, marked as reported; behind the
        last ones, the markers that say so.

        All belong into one transaction: a row that says it was reported, was. Returns empty ones
        when no sweep is pending.
        """
        if self._period is None or self._regimes is None:
            return np.empty(0, np.int32), []
        slots, written = self.encode_sightings(store)
        records = s.pairs(written)
        for kind, count in Counter(key.partition(b":")[0] for key, _ in records).items():
            metrics.SIGHTINGS.labels(kind=kind.decode()).inc(count)
        outputs = [Output(self._sightings_topic, key, value) for key, value in records]
        return slots, outputs if self.pending else [*outputs, *self.markers(self._completed)]

    def markers(self, epoch: int) -> list[Output]:
        """What tells every partition of links that the sightings of all sighting periods up to
        ``epoch`` have been sent."""
        if epoch < 0:
            return []  # nothing comes before the first period
        marker = SweepMarker(
            epoch=epoch,
            partition=self._partition,
            partitions=self._partitions,
            accounts=self.active,
        )
        return [
            Output(self._sightings_topic, *marker.framed(), partition=number)
            for number in range(self._partitions)
        ]

    def encode_sightings(self, store: ColumnStore) -> tuple[npt.NDArray[np.int32], s.Output]:
        """``take_sightings`` of a pending sweep, its sightings as bytes."""
        assert self._period is not None
        assert self._regimes is not None
        assert self._domains is not None
        rows = _rows(store)
        first = self._next_slot
        written, self._next_slot = s.take(
            rows,
            store.views().arena,
            first,
            self._period,
            SCHEMA_ID,
            self._regimes,
            self._domains,
            RECORDS,
        )
        swept = rows[first : self._next_slot]
        reported = (swept["epoch"] == self._period.number) & (swept["epoch_requests"] > 0)
        swept["epoch_requests"][reported] = 0
        known = (swept["id_length"] > 0) & (swept["flags"] & FLAG_STUB == 0)
        recent = swept["last_ts"] >= self._period.end - REMEMBERED_MS
        self._counted += int(np.count_nonzero(known & recent))
        if self._next_slot >= rows.size:
            self.reported = self._period.number
            self.active = self._counted
            self._period = None
        return np.flatnonzero(reported).astype(np.int32) + np.int32(first), written


def _rows(store: ColumnStore) -> npt.NDArray[np.void]:
    """Every row that was ever taken."""
    views = store.views()
    rows: npt.NDArray[np.void] = views.rows[: int(views.counts[v.ROWS_USED])]
    return rows
