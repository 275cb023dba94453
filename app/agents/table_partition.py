"""One owned partition of a table: its place in its inputs, and what waits to leave.

Everything here is a function of the records handed in, in their order; nothing reads a clock or
talks to Kafka. Agents feed it runs of its inputs' logs, the checkpointer takes what they produced;
a backtest can do both itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app import metrics
from app.agents.ahead import Ahead
from app.agents.letters import DeadLetters
from app.events.source import Source
from app.kernels import reasons
from app.kernels.batches import UNFRAMED, Framed, frame
from app.state.checkpoint import Checkpoint, Output
from app.state.codec import RowCodec
from app.state.header import Header, InputPosition
from app.state.store import ColumnStore

BACKLOG_BYTES = 32 << 20
"""Dead letters that may wait for a checkpoint before the inputs have to wait for it."""


_FRAMINGS = {0x7B: "json", 0: "avro"}
_UNDECODABLE = frozenset(
    (
        reasons.MALFORMED,
        reasons.UNKNOWN_FRAMING,
        reasons.MISSING_FIELD,
        reasons.WRONG_TYPE,
        reasons.OUT_OF_RANGE,
        reasons.OVERSIZE,
        reasons.UNKNOWN_SCHEMA,
    )
)


class GapInInput(RuntimeError):
    """A run does not join the one before it: records would be skipped. The worker stops."""


class Pause(Enum):
    """What a partition that takes in a run of one input has to wait for before it can go on."""

    CHECKPOINT = "checkpoint"
    """A full checkpoint that is durable."""
    VERDICTS = "verdicts"
    """What other inputs bring. Its further runs have to wait, other partitions' must not."""


class Run(NamedTuple):
    """A run of one input partition's log, ``[first_offset, next_offset)``.

    ``data`` holds whole record batches, see ``app/transport/chunks.py``; ``ahead`` what was read of
    it already, if anything.
    """

    topic: str
    data: bytes
    first_offset: int
    next_offset: int
    ahead: Ahead | None = None


class Place(NamedTuple):
    """Where a partition stands: its number, how many there are, the ids of its input topics, and
    the full name of the topic of dead letters."""

    number: int
    partitions: int
    topic_ids: Mapping[str, str]
    dead_letters: str


@dataclass(slots=True)
class _Frozen:
    """A full checkpoint under way: rows still to be written, and what its last slice carries."""

    slots: npt.NDArray[np.int32]
    outputs: list[Output]
    header: Header
    positions: dict[str, int]


class TablePartition:
    """What accounts and links have in common; see ``checkpointer.Source`` for the outward side."""

    def __init__(
        self, place: Place, store: ColumnStore, codec: RowCodec, header: Header | None
    ) -> None:
        self.place = place
        self.store = store
        self.letters = DeadLetters(place.dead_letters)
        self.positions: dict[str, InputPosition] = dict(header.inputs) if header else {}
        self.durable = self._next_offsets()
        """Next offset of each input as of the last durable header: what the group may commit."""
        self.taken: Counter[str] = Counter()
        """Records taken from each input since the metrics last looked, who empties it."""
        self._codec = codec
        self._waiting: list[Output] = []
        self._waiting_rows: list[int] = []
        self._actions = 0
        self._frozen: _Frozen | None = None
        self._written_header = header or Header(partitions=place.partitions)
        self._moved = False

    def _next_offsets(self) -> dict[str, int]:
        return {topic: position.next_offset for topic, position in self.positions.items()}

    # What comes in.

    def framed(self, run: Run) -> Framed:
        """The records of ``run`` that this partition has not passed yet.

        Raises:
            GapInInput: the run begins beyond the partition's position.
        """
        position = self.positions.get(run.topic)
        if position is None:
            topic_id = self.place.topic_ids.get(run.topic, "")
            position = InputPosition(topic_id, self.place.number, run.first_offset)
            self.positions[run.topic] = position
        if run.first_offset > position.next_offset:
            raise GapInInput(
                f"{run.topic}[{self.place.number}]: got offsets from {run.first_offset} on, but"
                f" the state has only come to {position.next_offset}"
            )
        if run.ahead is not None and run.ahead.first_offset == position.next_offset:
            return run.ahead.framed
        return frame(run.data, position.next_offset, check_crc=True)

    def reach(self, topic: str, offset: int, records: int) -> None:
        """Move the position of an input up to ``offset``, ``records`` having been taken since."""
        self.taken[topic] += records
        position = self.positions[topic]
        if offset > position.next_offset:
            self.positions[topic] = position._replace(next_offset=offset)
            self._moved = True

    def bury(
        self,
        topic: str,
        framed: Framed,
        bad: npt.NDArray[np.int64],
        status: npt.NDArray[np.int32],
        fields: Sequence[str | None],
    ) -> None:
        """Write dead letters for the records numbered ``bad`` (int64[k]).

        ``status`` int32[n] has the reason code of each record; ``fields`` the field at fault for
        each of ``bad``.
        """
        data = memoryview(framed.data)  # type: ignore[arg-type]  # NumPy has buffers, says no stub
        for i, field in zip(bad.tolist(), fields, strict=True):
            offset, timestamp, key_at, key_length, at, length = framed.frames[i].tolist()
            unframed = at == UNFRAMED
            reason = reasons.MALFORMED if unframed else int(status[i])
            if reason in _UNDECODABLE:
                framing = _FRAMINGS.get(framed.data[at] if 0 <= at < len(data) else -1, "other")
                metrics.DECODE_ERRORS.labels(framing=framing, reason=reasons.NAMES[reason]).inc()
            self.letters.add(
                reason,
                Source(topic=topic, partition=self.place.number, offset=offset),
                key=data[key_at : key_at + key_length] if key_at >= 0 else None,
                value=data[at : at + length] if at >= 0 else None,
                timestamp=timestamp,
                field=field,
                count=length if unframed else 1,
            )

    def emit(self, slot: int, outputs: Sequence[Output]) -> None:
        """Let the outputs of one action leave, with the row at ``slot`` that led to it, as soon as
        possible."""
        self._actions += 1
        self.send([slot], outputs)

    def send(self, slots: Iterable[int], outputs: Iterable[Output]) -> None:
        """Let ``outputs`` leave as soon as possible, in one transaction with the rows at ``slots``,
        which are as they made them or further on."""
        self._waiting.extend(outputs)
        self._waiting_rows.extend(slots)

    # What a subclass says of itself.

    def header(self) -> Header:
        """What a checkpoint written now would say of this partition."""
        raise NotImplementedError

    def _up_to_date(self, header: Header) -> Header:
        """``header`` with what every transaction with actions must bring up to date in it."""
        return header

    def _freeze_rows(self, slots: npt.NDArray[np.int32]) -> None:
        """Rows ``slots`` are about to be written with a header frozen now."""

    def _rows_leave(self, slots: npt.NDArray[np.integer], *, full: bool) -> bool:  # noqa: ARG002
        """Rows ``slots`` (in any order, repeated or not) leave, with the header that was frozen if
        ``full``; whether the one written before it must come along otherwise."""
        return False

    def _prompt_outputs(self) -> list[Output]:
        """Outputs that leave with the next transaction, whichever it is."""
        return []

    def _more_rows(self) -> tuple[npt.NDArray[np.int32], list[Output]]:
        """More rows for a slice of a full checkpoint, and outputs that belong to them."""
        return np.empty(0, np.int32), []

    @property
    def _held_up(self) -> bool:
        """Whether the header must wait for more slices."""
        return False

    # What goes out: the checkpointer's side.

    @property
    def urgent(self) -> bool:
        """Whether outputs wait that should leave without waiting for the interval."""
        return bool(self._waiting or self._waiting_rows)

    @property
    def backlogged(self) -> bool:
        """Whether a full checkpoint is wanted now: inputs wait for it."""
        return self.letters.nbytes > BACKLOG_BYTES or self._held_up

    @property
    def changed(self) -> bool:
        """Whether a full checkpoint would write anything."""
        rows = self.store.dirty + self.store.tombstones
        return self._moved or self.urgent or rows > 0 or self._held_up

    def freeze(self) -> None:
        """Begin a full checkpoint: note the header and every row that is dirty now."""
        slots = self.store.take_dirty(self.store.dirty)
        self._freeze_rows(slots)
        self._frozen = _Frozen(
            slots,
            self.letters.take(),
            self.header(),
            self._next_offsets(),
        )
        self._moved = False

    def collect(self, limit: int) -> Checkpoint:
        """The next transaction; see ``checkpointer.Source``."""
        checkpoint = Checkpoint()
        written: list[npt.NDArray[np.int32]] = []
        sent = self.urgent
        if sent:
            checkpoint.outputs += self._waiting
            checkpoint.actions, self._actions = self._actions, 0
            written.append(np.unique(np.array(self._waiting_rows, np.int32)))
            self._waiting, self._waiting_rows = [], []
        # A key that was dropped and has come back must not be forgotten after its new row, nor may
        # a header leave the old row standing: the new one is written in the tombstone's place.
        tombstones = self.store.take_tombstones(max(limit, 1))
        checkpoint.rows += [(key, None) for key in tombstones]
        written.append(self.store.take_returned())
        if self._frozen is not None:
            written.append(self._frozen.slots[:limit])
            self._frozen.slots = self._frozen.slots[limit:]
            more, outputs = self._more_rows()
            written.append(more)
            checkpoint.outputs += outputs
            if not (self._frozen.slots.size or self.store.tombstones or self._held_up):
                checkpoint.outputs += self._frozen.outputs
                checkpoint.header = self._up_to_date(self._frozen.header).encode()
                checkpoint.full = True
        for slots in written:
            checkpoint.rows += self._codec.encode(self.store, slots)
        prompt = self._prompt_outputs()
        checkpoint.outputs += prompt
        told = self._rows_leave(np.concatenate(written), full=checkpoint.full)
        if (sent or prompt or told) and checkpoint.header is None:
            # What they say beyond their rows is as durable as they are.
            checkpoint.header = self._up_to_date(self._written_header).encode()
        return checkpoint

    def written(self) -> None:
        """The frozen header is durable: committed positions may move."""
        assert self._frozen is not None
        self.durable = self._frozen.positions
        self._written_header = self._frozen.header
        self._frozen = None
