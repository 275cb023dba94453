"""The worker's own partitions, fed with records in memory instead of record batches."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.agents.table_partition import Pause, Place, Run, TablePartition
from app.kernels.batches import Framed
from app.kernels.columns import FRAME_OFFSET
from app.kernels.decode import Decoded
from app.replay.batches import IntArray
from app.state.header import InputPosition

PREFIX = "reflux."
"""Before the names of topics in what a replay says, as where nobody set another."""

OnDead = Callable[[str, IntArray, npt.NDArray[np.int32]], None]
"""Called with (topic, origins int64[k], reason codes int32[k]) of records that were not folded."""


class _Handed(NamedTuple):
    framed: Framed
    decoded: Decoded | None
    origin: IntArray


class InMemory(TablePartition):
    """A partition whose runs are handed over: there are no bytes to look at."""

    def __init__(self, place: Place, *arguments: Any, on_dead: OnDead, **named: Any) -> None:
        self._on_dead = on_dead
        self._handed: dict[str, _Handed] = {}
        self._latest: _Handed | None = None
        super().__init__(place, *arguments, **named)

    def hand_over(
        self,
        topic: str,
        framed: Framed,
        decoded: Decoded | None = None,
        origin: IntArray | None = None,
    ) -> Run:
        """The run to give to whatever folds ``topic``; it has at least one record.

        The run before it of the same topic has been folded to its end.
        """
        offsets = framed.frames[:, FRAME_OFFSET]
        self._handed[topic] = _Handed(framed, decoded, offsets if origin is None else origin)
        first, last = int(offsets[0]), int(offsets[-1])
        self.positions.setdefault(topic, InputPosition("", self.place.number, first))
        return Run(topic, b"", first, last + 1)

    def framed(self, run: Run) -> Framed:
        self._latest = self._handed[run.topic]
        return self._latest.framed

    def bury(
        self,
        topic: str,
        _framed: Framed,
        bad: npt.NDArray[np.int64],
        status: npt.NDArray[np.int32],
        _fields: Sequence[str | None],
    ) -> None:
        if bad.size:
            self._on_dead(topic, self._handed[topic].origin[bad], status[bad])

    def forget_removed(self) -> None:
        """There is no changelog that would have to forget the rows that were removed."""
        self.store.take_tombstones(self.store.tombstones)
        self.store.take_returned()


def run_through(steps: Iterator[Pause]) -> None:
    """Fold a run of an input that waits for nothing."""
    for pause in steps:
        raise AssertionError(f"there is nothing to wait for, but {pause}")
