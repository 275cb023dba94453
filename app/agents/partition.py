"""One partition of the accounts: its rows, its place in every input, and what waits to leave.

Everything here is a function of the records handed in, in their order; nothing reads a clock or
talks to Kafka. The agents feed it runs of the inputs' logs, the checkpointer takes what they
produced; a backtest can do both itself.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.agents.actions import ActionWriter
from app.agents.letters import DeadLetters
from app.agents.sweep import Sweep
from app.agents.judgement import Judgement
from app.events.source import Source
from app.events.specs import REQUESTS
from app.kernels import columns as c
from app.kernels import ledger as l
from app.kernels import reasons
from app.kernels.batches import UNFRAMED, Framed, frame
from app.kernels.decisions import DECISION
from app.kernels.decode import AvroPrograms, Decoded, decode
from app.kernels.fold import Partition, RequestBatch, fold_requests, look_up
from app.kernels.guards import PARTITIONS as GUARD_PARTITIONS
from app.kernels.guards import WIDTH as GUARD_WIDTH
from app.kernels.spec import RecordSpec
from app.state.checkpoint import Checkpoint, Output
from app.state.codec import RowCodec
from app.state.header import Header, InputPosition
from app.state.store import ColumnStore

SEEN = 1 << 16
"""Event fingerprints kept for the metric of late repeats: half a mebibyte per partition."""

BACKLOG_BYTES = 32 << 20
"""Dead letters that may wait for a checkpoint before the inputs have to wait for it."""


class Run(NamedTuple):
    """A run of one input partition's log, ``[first_offset, next_offset)``; ``data`` holds whole
    record batches, see ``app/transport/chunks.py``."""

    topic: str
    data: bytes
    first_offset: int
    next_offset: int


class AccountPartition:
    """The accounts of one partition.

    ``judgement`` gives what judges now, the same object until a policy or snapshot arrives.
    ``urgent`` is called when an action waits to leave.
    """

    def __init__(
        self,
        number: int,
        partitions: int,
        store: ColumnStore,
        codec: RowCodec,
        *,
        requests_topic: str,
        dead_letters_topic: str,
        judgement: Callable[[], Judgement],
        actions: ActionWriter,
        sweep: Sweep,
        avro: AvroPrograms,
        urgent: Callable[[], None],
    ) -> None:
        self.number = number
        self.store = store
        self.positions: dict[str, InputPosition] = {}
        self.durable: dict[str, int] = {}
        """Next offset of each input that is safe to commit: that of the last durable header."""
        self.counters: Counter[str] = Counter()
        """Durable counts of the inputs other than requests, ``<topic>.<in|applied|stale|dead>``."""
        self.letters = DeadLetters(dead_letters_topic)
        self._partitions = partitions
        self._codec = codec
        self._requests_topic = requests_topic
        self._judgement = judgement
        self._actions = actions
        self._sweep = sweep
        self._avro = avro
        self._urgent = urgent
        self.state = Partition(
            np.zeros(l.WIDTH, np.int64), np.zeros(GUARD_WIDTH, np.int64), np.zeros(SEEN, np.uint64)
        )
        self.state.ledger[l.EPOCH] = -1
        self._waiting: list[tuple[int, Output]] = []
        self._frozen: _Frozen | None = None
        self._moved = False

    # What comes in.

    def requests(self, run: Run) -> Iterator[None]:
        """Fold a run of the requests topic: decode, fold, judge, emit; sweep where an epoch ends.

        Yields where it has to wait until a full checkpoint has become durable: what a sweep
        reports of a row must have left before the row changes again. The partition is consistent
        at every such place, and may be abandoned there.
        """
        framed = self.framed(run)
        decoded = decode(
            framed, REQUESTS, partition=self.number, partitions=self._partitions, avro=self._avro
        )
        count = len(framed.frames)
        self.store.reserve(count, int(framed.frames[:, c.FRAME_KEY_LENGTH].clip(0).sum()))
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
            start = done
            judgement = self._judgement()
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
            self.emit(decisions[:made], judgement, run.topic)
            self.bury(run.topic, framed, decoded, REQUESTS, start, done)
            if done == count:
                break
            self._reach(run.topic, int(framed.frames[done, c.FRAME_OFFSET]))
            self._cross(int(decoded.values[done, c.REQ_TS]), judgement)
            while self._sweep.pending:
                yield
        self._reach(run.topic, run.next_offset)

    def _cross(self, ts: int, judgement: Judgement) -> None:
        """Close the epoch that a request of event time ``ts`` ends."""
        ledger = self.state.ledger
        if ledger[l.EPOCH] >= 0:
            self._sweep.close(self.store, self.state, ts, judgement)
        ledger[l.EPOCH] = ts // self._sweep.epoch_ms

    def framed(self, run: Run) -> Framed:
        """The records of ``run`` that are not behind this partition's position."""
        position = self.positions.get(run.topic)
        first = max(run.first_offset, position.next_offset if position else 0)
        return frame(run.data, first, check_crc=True)

    def _reach(self, topic: str, offset: int) -> None:
        position = self.positions[topic]
        if offset > position.next_offset:
            self.positions[topic] = position._replace(next_offset=offset)
            self._moved = True

    def bury(
        self,
        topic: str,
        framed: Framed,
        decoded: Decoded,
        spec: RecordSpec,
        start: int,
        stop: int,
    ) -> None:
        """Write dead letters for the records from ``start`` to ``stop`` whose status is not OK."""
        bad = start + np.flatnonzero(decoded.status[start:stop] != reasons.OK)
        if not bad.size:
            return
        data = memoryview(framed.data)
        for i in bad.tolist():
            offset, timestamp, key_at, key_length, value_at, value_length = framed.frames[i].tolist()
            field = int(decoded.field[i])
            self.letters.add(
                int(decoded.status[i]),
                Source(topic=topic, partition=self.number, offset=offset),
                key=data[key_at : key_at + key_length] if key_at >= 0 else None,
                value=data[value_at : value_at + value_length] if value_at >= 0 else None,
                timestamp=timestamp,
                field=spec.names[field] if field >= 0 else None,
                count=value_length if value_at == UNFRAMED else 1,
            )

    def emit(self, decisions: npt.NDArray[Any], judgement: Judgement, topic: str) -> None:
        """Let ``decisions`` (structured[n] of ``DECISION``) wait for the next transaction."""
        for decision in decisions:
            slot = int(decision["slot"])
            source = Source(topic=topic, partition=self.number, offset=int(decision["offset"]))
            account = self.store.key(slot).decode()
            for output in self._actions.outputs(account, decision, judgement, source):
                self._waiting.append((slot, output))
        if len(decisions):
            self._urgent()

    # What goes out: the checkpointer's side.

    @property
    def urgent(self) -> bool:
        return bool(self._waiting)

    @property
    def changed(self) -> bool:
        return self._moved or self.urgent or self.store.dirty > 0 or self._sweep.pending

    @property
    def backlogged(self) -> bool:
        """Whether a full checkpoint should be written at once, and inputs wait for it."""
        return self.letters.nbytes > BACKLOG_BYTES or self._sweep.pending

    def freeze(self) -> None:
        slots = self.store.take_dirty(self.store.dirty)
        # The header about to be written counts these rows' repeats.
        self.store.views().rows["duplicates_ahead"][slots] = 0
        self._frozen = _Frozen(
            slots,
            self.letters.take() + self._sweep.take_parts(),
            self.header().encode(),
            {topic: position.next_offset for topic, position in self.positions.items()},
        )
        self._moved = False

    def collect(self, limit: int) -> Checkpoint:
        checkpoint = Checkpoint()
        slots: list[npt.NDArray[np.int32]] = []
        if self._waiting:
            checkpoint.outputs += [output for _, output in self._waiting]
            slots.append(np.unique(np.array([slot for slot, _ in self._waiting], np.int32)))
            self._waiting = []
        checkpoint.rows += [(key, None) for key in self.store.take_tombstones(limit or 1)]
        if self._frozen is not None:
            slots.append(self._frozen.slots[:limit])
            self._frozen.slots = self._frozen.slots[limit:]
            swept, sightings = self._sweep.take_sightings(self.store)
            slots.append(swept)
            checkpoint.outputs += sightings
            if not self._frozen.slots.size and not self._sweep.pending:
                checkpoint.outputs += self._frozen.outputs
                checkpoint.header = self._frozen.header
        for part in slots:
            checkpoint.rows += self._codec.encode(self.store, part)
        return checkpoint

    def written(self) -> None:
        assert self._frozen is not None
        self.durable = self._frozen.positions
        self._frozen = None
