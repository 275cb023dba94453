"""The replay: the decision code of the workers over requests in memory, in event time.

All partitions of accounts and of links stand in one process and move in lockstep. The input is cut
where its clock (the newest event time so far) enters a new epoch, and every partition is brought up
to a cut before any goes beyond it, so that each epoch's population snapshot is whole when it begins
to judge. A partition that comes to the end of a sighting period stops there. When all have, their
sightings are folded into the links, the links close the period, and verdicts go to the accounts;
then all go on. A partition in which nothing happens is not waited for longer than one period.

How the input is cut into batches has no influence on anything.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from app.agents.judgement import JudgementBook
from app.agents.link_partition import LAGGARD
from app.agents.table_partition import Pause
from app.events.markers import SweepMarker
from app.events.population import PopulationPart
from app.kernels import columns as c
from app.kernels import ledger as l
from app.kernels.murmur2 import partition_of
from app.kernels.sightings import Output as Sightings
from app.policy.document import PolicyDocument
from app.replay.accounts import (
    PROFILES_TOPIC,
    REQUESTS_TOPIC,
    VERDICTS_TOPIC,
    ReplayedAccounts,
)
from app.replay.batches import Batch, IntArray, framed_records, select, split
from app.replay.decisions import DecisionLog
from app.replay.links import WATCHES_TOPIC, ReplayedLinks
from app.replay.listener import Listener
from app.state.checkpoint import Output

PARTITIONS = 12
"""As many as the shipped topics have."""

MOST_ACCOUNTS, MOST_LINKS = 6_000_000, 12_000_000
"""Rows over all partitions, as a worker that owns them all may hold: memory is used as they are."""


_FOREVER = 1 << 62


class _Item(NamedTuple):
    """Records that wait for their partition, and the epoch of the input's clock they came in."""

    epoch: int
    topic: str
    batch: Batch


class _Lane:
    """A partition of accounts and what it has still to do."""

    def __init__(self, accounts: ReplayedAccounts) -> None:
        self.accounts = accounts
        self.waiting: deque[_Item] = deque()
        self.item: _Item | None = None
        """What it is in the middle of."""
        self.steps: Iterator[Pause] = iter(())
        self.stands = False
        """Whether it waits at the end of a sighting period for the others."""

    @property
    def next_epoch(self) -> int | None:
        """The epoch of the records that it could fold now."""
        if self.stands:
            return None
        if self.item is not None:
            return self.item.epoch
        return self.waiting[0].epoch if self.waiting else None


class Replay:
    """Replays requests under ``policy``; what it decides goes to ``listener``.

    ``partitions`` is how many the topics would have: watermarks, guards and population parts belong
    to a partition, so two replays that differ in it may differ a little. In a ``closed_loop`` what
    an action would have refused is refused (``app/kernels/refusals.py``). With ``records`` every
    decision brings its enforcement record.
    """

    def __init__(
        self,
        policy: PolicyDocument,
        listener: Listener | None = None,
        *,
        partitions: int = PARTITIONS,
        closed_loop: bool = False,
        records: bool = False,
        most_accounts: int = MOST_ACCOUNTS,
        most_links: int = MOST_LINKS,
    ) -> None:
        if partitions < 1:
            raise ValueError("a replay needs at least one partition")
        self._listener = listener or Listener()
        # No part of a replay holds the replay, or its tables would stay until the collector of
        # cycles comes by, while the next replay is given other memory, cold and yet to be zeroed.
        book = self._book = JudgementBook(policy)
        self._log = DecisionLog(self._listener, records=records)
        self._lanes = [
            _Lane(
                ReplayedAccounts(
                    number,
                    partitions,
                    limit=-(-most_accounts // partitions),
                    judgement=lambda: book.current,
                    actions=self._log,
                    on_dead=self._listener.died,
                    throttle=policy if closed_loop else None,
                )
            )
            for number in range(partitions)
        ]
        limit = -(-most_links // partitions)
        self.links = ReplayedLinks(
            partitions,
            limit=limit,
            judgement=lambda: book.current,
            on_dead=self._listener.died,
        )
        sweep = self._lanes[0].accounts.sweep
        self._epoch_ms, self._period_ms = sweep.epoch_ms, sweep.period_ms
        self._clock = -1
        self._running = -1
        self._closed = -1
        self._ending = False
        self._to_come: list[tuple[IntArray, Batch]] = []
        self._parts: list[PopulationPart] = []
        self._reported: list[tuple[int, int, list[Sightings]]] = []
        self._offsets = {
            topic: np.zeros(partitions, np.int64)
            for topic in (REQUESTS_TOPIC, PROFILES_TOPIC, VERDICTS_TOPIC)
        }

    # What comes in.

    def feed(self, batch: Batch) -> None:
        """The next requests, in order of arrival, not further out of order by their event times
        than the policy's allowed lateness. Nothing in ``batch`` is changed."""
        if not batch.size:
            return
        clocks = np.maximum.accumulate(batch.decoded.values[:, c.REQ_TS])
        epochs = np.maximum(clocks, self._clock) // self._epoch_ms
        cuts = np.flatnonzero(epochs[1:] != epochs[:-1]) + 1
        for start, stop in zip([0, *cuts.tolist()], [*cuts.tolist(), batch.size], strict=True):
            if self._clock < 0:
                # Nothing was reported of what lies before: nobody need wait for it.
                self._settle(int(clocks[start]) // self._period_ms - 1, [])
            if epochs[start] != self._clock // self._epoch_ms:
                self._enter_epoch(int(clocks[start]))
            self._clock = max(self._clock, int(clocks[stop - 1]))
            piece = batch if stop - start == batch.size else select(batch, slice(start, stop))
            self._enqueue(REQUESTS_TOPIC, piece)
            self._run()

    def feed_profiles(self, batch: Batch, recorded: IntArray | None = None) -> None:
        """Profiles that are known from here on; or, where ``recorded`` int64[n] (event time, ms) is
        given, each from the beginning of the epoch that lies in."""
        if recorded is not None and batch.size:
            epochs = recorded // self._epoch_ms
            later = epochs > max(self._clock // self._epoch_ms, 0)
            if later.any():
                self._to_come.append((epochs[later], select(batch, later)))
            batch = select(batch, ~later)
        if batch.size:
            self._enqueue(PROFILES_TOPIC, batch)
            self._run()

    def _enter_epoch(self, ts: int) -> None:
        """The input's clock comes to ``ts``, in a later epoch."""
        self._clock = ts
        self._run()
        to_come, self._to_come = self._to_come, []
        for epochs, batch in to_come:
            self.feed_profiles(batch, epochs * self._epoch_ms)

    def finish(self) -> None:
        """The input is at its end: nobody is waited for any more. The last period stays open."""
        self._ending = True
        self._run()
        self._end_epoch()

    def tell(self) -> None:
        """Tell the listener at once what has been decided so far.

        Otherwise it hears of decisions when an epoch is over, in the order they were issued.
        """
        self._log.tell()

    # What came of it.

    @property
    def counts(self) -> dict[str, int]:
        """Requests ``in`` = ``folded`` + ``duplicates`` + ``dead``, and ``accounts`` held."""
        total = np.sum([lane.accounts.state.ledger for lane in self._lanes], axis=0)
        places = {"in": l.IN, "folded": l.FOLDED, "duplicates": l.DUPLICATES, "dead": l.DEAD}
        counts = {name: int(total[place]) for name, place in places.items()}
        return {**counts, "accounts": sum(len(lane.accounts.store) for lane in self._lanes)}

    @property
    def accounts(self) -> list[ReplayedAccounts]:
        """The partitions of accounts, to be read."""
        return [lane.accounts for lane in self._lanes]

    # How it goes on.

    def _enqueue(self, topic: str, batch: Batch) -> None:
        epoch = self._clock // self._epoch_ms
        for lane, part in zip(self._lanes, split(batch, self._offsets[topic]), strict=True):
            if part is not None:
                lane.waiting.append(_Item(epoch, topic, part))

    def _run(self) -> None:
        """Bring every partition as far as it may go, epoch by epoch."""
        while True:
            epochs = [lane.next_epoch for lane in self._lanes]
            ready = [epoch for epoch in epochs if epoch is not None]
            if not ready:
                if not self._close_next():
                    return
                continue
            epoch = min(ready)
            if epoch > self._running:
                self._end_epoch()
            self._running = epoch
            for lane, own in zip(self._lanes, epochs, strict=True):
                if own == epoch:
                    self._step(lane)

    def _step(self, lane: _Lane) -> None:
        """Fold what ``lane`` is in the middle of, or the next that waits for it."""
        accounts = lane.accounts
        if lane.item is None:
            lane.item = lane.waiting.popleft()
            requests = lane.item.topic == REQUESTS_TOPIC
            batch = lane.item.batch
            lane.steps = accounts.replay(batch) if requests else accounts.join(batch)
        for pause in lane.steps:
            if pause is Pause.VERDICTS:
                lane.stands = True
                break
            reported = (accounts.completed, accounts.place.number, accounts.take_sightings())
            self._reported.append(reported)
        self._parts += accounts.take_parts()
        if not lane.stands:
            self._tell_refused(lane.item, accounts)
            lane.item = None

    def _tell_refused(self, item: _Item, accounts: ReplayedAccounts) -> None:
        statuses = accounts.state.refusals.refused
        if item.topic == REQUESTS_TOPIC and statuses.any():
            rows = np.flatnonzero(statuses)
            self._listener.refused(item.batch.origin[rows], statuses[rows])

    def _end_epoch(self) -> None:
        """All partitions have come to the end of an epoch: let its population judge.

        The parts go in order, for a later epoch's closes the snapshots before it.
        """
        for part in sorted(self._parts, key=lambda part: (part.snapshot, part.partition)):
            self._book.population_part(part)
        self._parts = []
        self._log.tell()

    def _close_next(self) -> bool:
        """Close the sighting periods that are over everywhere, and let go on who waited for it.

        A partition that is two periods behind the input's clock is idle and not waited for.
        """
        period = min(lane.accounts.completed for lane in self._lanes)
        standing = [lane.accounts.completed for lane in self._lanes if lane.stands]
        overdue = _FOREVER if self._ending else self._clock // self._period_ms - LAGGARD
        if standing and min(standing) <= overdue:
            period = max(period, min(standing))
        if period <= self._closed:
            return False
        for *_, sightings in sorted(self._reported, key=lambda reported: reported[:2]):
            for part in sightings:
                self.links.fold(part)
        self._reported = []
        verdicts = []
        active = sum(lane.accounts.sweep.active for lane in self._lanes)
        for output in self.links.close(period, active):
            if output.topic == VERDICTS_TOPIC:
                verdicts.append(output)
            elif output.topic == WATCHES_TOPIC:
                self._book.watch_record(output.value)
            else:
                self._listener.campaign(output)
        self._settle(period, verdicts)
        return True

    def _settle(self, period: int, verdicts: Sequence[Output]) -> None:
        """Give the accounts what the links had to say up to the end of ``period``."""
        self._closed = period
        count = len(self._lanes)
        markers = [
            SweepMarker(epoch=period, partition=number, partitions=count).framed()
            for number in range(count)
        ]
        said: list[list[tuple[bytes, bytes]]] = [[] for _ in self._lanes]
        for output in verdicts:
            if output.value is not None:
                key = np.frombuffer(output.key, np.uint8)
                said[partition_of(key, 0, key.size, count)].append((output.key, output.value))
        for number, lane in enumerate(self._lanes):
            told = [*said[number], *((marker.key, marker.value) for marker in markers)]
            framed = framed_records(told)
            framed.frames[:, c.FRAME_OFFSET] += self._offsets[VERDICTS_TOPIC][number]
            self._offsets[VERDICTS_TOPIC][number] += len(told)
            lane.accounts.hear(framed)
            lane.stands = lane.stands and lane.accounts.ahead
