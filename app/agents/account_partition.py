"""One partition of the accounts: requests folded and judged, profiles, operators and verdicts."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from app.agents.actions import ActionWriter
from app.agents.ahead import Ahead, read_requests
from app.agents.judgement import Judgement
from app.agents.lockstep import Lockstep
from app.agents.markers import Markers
from app.agents.sweep import Sweep
from app.agents.table_partition import Pause, Place, Run, TablePartition
from app.detection.watch_text import told_of_watch
from app.events.framing import SchemaSource
from app.events.source import Source
from app.events.specs import REQUESTS
from app.kernels import columns as c
from app.kernels import ledger as l
from app.kernels import reasons
from app.kernels.avro_decode_program import AvroPrograms
from app.kernels.batches import Framed
from app.kernels.decisions import DECISION
from app.kernels.decode import Decoded, decode
from app.kernels.fold import Partition, RequestBatch, fold_requests, look_up
from app.kernels.guards import ACTIVE as GUARD_ACTIVE
from app.kernels.guards import PARTITIONS as GUARD_PARTITIONS
from app.kernels.guards import WIDTH as GUARD_WIDTH
from app.kernels.spec import RecordSpec
from app.state.checkpoint import Output
from app.state.codec import RowCodec
from app.state.header import Header
from app.state.store import ColumnStore

SEEN = 1 << 16
"""Event fingerprints kept for the metric of late repeats: half a mebibyte per partition."""

REPEATS_AHEAD = "requests.repeats_ahead"
COUNTERS = {
    "requests.in": l.IN,
    "requests.folded": l.FOLDED,
    "requests.duplicates": l.DUPLICATES,
    "requests.dead": l.DEAD,
    "requests.late_repeats": l.LATE_REPEATS,
    "requests.resumed": l.RESUMED,
    REPEATS_AHEAD: l.REPEATS_AHEAD,
}
"""Names in the header of what the ledger counts."""

MARKERS = "closed"
"""Name, in the header, of the sighting periods that the partitions of links have closed."""
GUARDS_AT = "guards_at"
"""Name, in the header, of the request offset that the guards have come to."""

REPORTED = "reported_period"
"""Name, in the header, of the newest sighting period that has been reported whole."""


class AccountPartition(TablePartition):
    """The accounts of one partition.

    ``judgement`` gives what judges now: the same object until a policy or a snapshot arrives.
    """

    def __init__(
        self,
        place: Place,
        store: ColumnStore,
        codec: RowCodec,
        header: Header | None,
        *,
        judgement: Callable[[], Judgement],
        actions: ActionWriter,
        sweep: Sweep,
        schemas: SchemaSource,
        request_schemas: AvroPrograms,
        profile_schemas: AvroPrograms,
        lockstep: bool = False,
        population: Callable[[], int] | None = None,
        watches: Callable[[], int] | None = None,
    ) -> None:
        """In ``lockstep`` requests wait for verdicts; and, where ``population`` tells the newest
        epoch that every partition has ended, for the population that is to judge them; and, where
        ``watches`` tells the newest sighting period whose watched programs are known, for those."""
        super().__init__(place, store, codec, header)
        self.markers = Markers(place.partitions)
        """How far the partitions of links have come."""
        self.judgement = judgement
        self.actions = actions
        self.counters: Counter[str] = Counter()
        """Durable counts of the inputs other than requests: ``<input>.in`` and what became."""
        self.state = Partition(
            np.zeros(l.WIDTH, np.int64), np.zeros(GUARD_WIDTH, np.int64), np.zeros(SEEN, np.uint64)
        )
        self._sweep = sweep
        self._population = population
        self._watches = watches
        self._requests = ""
        self.schemas = schemas
        self.request_schemas = request_schemas
        self.profile_schemas = profile_schemas
        self._repeats: dict[int, int] = {}
        """By slot, repeats that the ledger counts and the durable header does not, until the row
        is written that no longer tells of them."""
        self._restore(header)
        self.lockstep = Lockstep(self.markers.complete) if lockstep else None
        self.reported = self.state.ledger.copy()
        """The ledger as the metrics last had it; at first as it was recovered."""

    def _restore(self, header: Header | None) -> None:
        self._guards_at = 0
        ledger, guards = self.state.ledger, self.state.guards
        ledger[l.EPOCH] = -1
        if header is not None:
            self.counters.update(header.counters)
            for name, place in COUNTERS.items():
                ledger[place] = self.counters.pop(name, 0)
            ledger[l.WATERMARK] = header.watermark or 0
            ledger[l.EPOCH] = -1 if header.epoch is None else header.epoch
            known = header.guards[:GUARD_WIDTH]
            guards[: len(known)] = known
            self._guards_at = int(header.more.get(GUARDS_AT, 0))
            if MARKERS in header.more:
                self.markers.restore(header.more[MARKERS])
            self._sweep.published = header.population_epoch
            self._sweep.reported = header.more.get(REPORTED)
        guards[GUARD_PARTITIONS] = self.place.partitions
        repeats = self.store.views().rows["duplicates_ahead"]
        slots = self.store.slots()
        for slot in slots[repeats[slots] > 0].tolist():
            ledger[l.REPEATS_AHEAD] += repeats[slot]
            self.store.mark_dirty(slot)  # for the next header counts them, and the row must not

    def header(self) -> Header:
        ledger = self.state.ledger
        started = bool(ledger[l.EPOCH] >= 0)
        counted = {name: int(ledger[place]) for name, place in COUNTERS.items()}
        return Header(
            partitions=self.place.partitions,
            inputs=dict(self.positions),
            counters={**self.counters, **counted},
            watermark=int(ledger[l.WATERMARK]) if started else None,
            epoch=int(ledger[l.EPOCH]) if started else None,
            guards=self.state.guards.tolist(),
            more={MARKERS: self.markers.save()},
        )

    # Requests.

    def requests(self, run: Run) -> Iterator[Pause]:
        """Fold a run of the requests topic: decode, fold, judge, emit; sweep where an epoch ends.

        Yields where it has to wait until a full checkpoint has become durable: what a sweep
        reports of a row must have left before the row changes again. In lockstep, also where the
        links have not closed the sighting period before. The partition is consistent at every such
        place, and may be abandoned there.
        """
        framed = self.framed(run)
        if run.ahead is not None and framed is run.ahead.framed:
            decoded = run.ahead.decoded
        else:
            decoded = self.decoded(framed, REQUESTS, self.request_schemas)
        count = len(framed.frames)
        self._requests = run.topic
        batch = RequestBatch(
            framed.data,
            framed.frames,
            decoded.values,
            decoded.status,
            np.empty(count, np.uint64),
            np.empty(count, np.int64),
        )
        decisions = np.zeros(count, DECISION)
        done = 0
        while True:
            while self.ahead:
                yield Pause.VERDICTS
            start = done
            judgement = self.judgement()
            # Anew after every pause: other inputs may have used the room meanwhile.
            self.store.reserve_for(framed.frames)
            look_up(batch, self.store.views())
            done, made = fold_requests(
                batch,
                start,
                self.store.views(),
                judgement.regimes,
                self.state,
                self._sweep.epoch_ms,
                self._sweep.period_ms,
                decisions,
            )
            for decision in decisions[:made]:
                told = told_of_watch(decision, judgement.regimes.watches)
                self.act(decision, judgement, run.topic, told)
            self.bury_decoded(run.topic, framed, decoded, REQUESTS, start, done)
            if done == count:
                break
            next_offset = int(framed.frames[done, c.FRAME_OFFSET])
            self.reach(run.topic, next_offset, done - start)
            self._cross(int(decoded.values[done, c.REQ_TS]), next_offset, judgement)
            while self._sweep.pending:
                yield Pause.CHECKPOINT
        self.reach(run.topic, run.next_offset, done - start)

    def read_ahead(self, data: bytes, first_offset: int) -> Ahead:
        """Read a run of the requests topic before it is its turn; safe in any thread."""
        return read_requests(
            data,
            first_offset,
            partition=self.place.number,
            partitions=self.place.partitions,
            avro=self.request_schemas,
        )

    @property
    def ahead(self) -> bool:
        """Whether requests have to wait: in lockstep, those of a sighting period are not folded
        before every partition of links has closed the one before, nor those of an epoch before
        every partition of accounts has come to the end of the one before."""
        epoch = int(self.state.ledger[l.EPOCH])
        if self.lockstep is None or epoch < 0:
            return False
        if self._population is not None and self._population() < epoch - 1:
            return True
        period = epoch * self._sweep.epoch_ms // self._sweep.period_ms
        if self._watches is not None and self._watches() < period - 1:
            return True
        return self.markers.complete < period - 1

    def decoded(self, framed: Framed, spec: RecordSpec, avro: AvroPrograms) -> Decoded:
        """``framed`` records as columns, held against this partition's number."""
        return decode(
            framed,
            spec,
            partition=self.place.number,
            partitions=self.place.partitions,
            avro=avro,
        )

    def bury_decoded(
        self, topic: str, framed: Framed, decoded: Decoded, spec: RecordSpec, start: int, stop: int
    ) -> None:
        """Write dead letters for the records from ``start`` to ``stop`` that are not OK."""
        bad = start + np.flatnonzero(decoded.status[start:stop] != reasons.OK)
        if bad.size:
            named = [spec.fields[i].name if i >= 0 else None for i in decoded.field[bad].tolist()]
            self.bury(topic, framed, bad, decoded.status, named)

    def act(
        self,
        decision: npt.NDArray[Any],
        judgement: Judgement,
        topic: str,
        told: Sequence[str] = (),
    ) -> None:
        """Emit what a decision (one element of ``DECISION``) says; ``told`` are the sentences of
        the verdict that tipped it, if one did."""
        slot = int(decision["slot"])
        source = Source(topic=topic, partition=self.place.number, offset=int(decision["offset"]))
        account = self.store.key(slot).decode()
        self.emit(slot, self.actions.outputs(account, decision, judgement, source, told=told))

    def _up_to_date(self, header: Header) -> Header:
        """``header`` with the guards as they are now, and the request offset they have come to.

        The requests that led to actions are behind the fence of their rows when they are read
        again after a restart, so the guards cannot count them a second time: they are as far as
        the last action was, while the positions may be those of an earlier full checkpoint.
        """
        position = self.positions.get(self._requests)
        reached = max(self._guards_at, position.next_offset if position else 0)
        return replace(
            header,
            guards=self.state.guards.tolist(),
            population_epoch=self._sweep.published,
            more={**header.more, GUARDS_AT: reached, REPORTED: self._sweep.reported},
        )

    def _cross(self, ts: int, offset: int, judgement: Judgement) -> None:
        """Close the epoch that the request of event time ``ts`` at ``offset`` ends."""
        ledger, guards = self.state.ledger, self.state.guards
        active = guards[GUARD_ACTIVE]
        if ledger[l.EPOCH] >= 0:
            self._sweep.close(self.store, self.state, ts, judgement)
        elif self._sweep.reported is None:
            self.send([], self._sweep.begin(ts))
        before = ts // self._sweep.epoch_ms - 1
        if self._population is not None and before > ledger[l.EPOCH] and before >= 0:
            self._sweep.pass_over(before)
        if offset < self._guards_at:
            guards[GUARD_ACTIVE] = active  # read again: the guards are ahead of this place
        ledger[l.EPOCH] = ts // self._sweep.epoch_ms

    # What the sweep adds to a checkpoint.

    @property
    def urgent(self) -> bool:
        # Others wait for it, where one epoch is not begun before the one before has ended.
        return super().urgent or (self._population is not None and self._sweep.has_parts)

    def _freeze_rows(self, slots: npt.NDArray[np.int32]) -> None:
        repeats = self.store.views().rows["duplicates_ahead"]
        for slot in slots[repeats[slots] > 0].tolist():
            self._repeats[slot] = self._repeats.get(slot, 0) + int(repeats[slot])
        repeats[slots] = 0

    def _rows_leave(self, slots: npt.NDArray[np.integer], *, full: bool) -> bool:
        # A restart must find every repeat once: in its row, or in the header that the row leaves
        # with, which is the former one as long as slices of a full checkpoint are to come.
        if full:
            self._repeats.clear()
        if not self._repeats:
            return False
        untold = sum(self._repeats.pop(slot, 0) for slot in slots.tolist())
        if untold:
            counters = Counter(self._written_header.counters)
            counters[REPEATS_AHEAD] += untold
            self._written_header = replace(self._written_header, counters=dict(counters))
        return untold > 0

    def _prompt_outputs(self) -> list[Output]:
        # Before any row that has moved on since: else a part that is cut again after a restart
        # would see what came later.
        return self._sweep.part_outputs()

    def _more_rows(self) -> tuple[npt.NDArray[np.int32], list[Output]]:
        return self._sweep.take_sightings(self.store)

    @property
    def _held_up(self) -> bool:
        return self._sweep.pending
