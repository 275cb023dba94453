"""Several recordings as one stream.

Files may overlap in time: what several gateways wrote, or a file for each hour with stragglers.
Each keeps its own order, which is that of arrival; of two records from different files the one
comes first whose file's clock (the newest event time so far in it) is behind, or else the one of
the file named first. So a recording that was cut into files by time comes together as it was, and
where files are cut into blocks does not matter.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from app.kernels import columns as c
from app.replay.batches import Batch, IntArray, join, select


def merge(sources: Sequence[Iterator[Batch]]) -> Iterator[Batch]:
    """The records of all ``sources``. Memory holds one batch of each."""
    if len(sources) == 1:
        yield from sources[0]
        return
    heads = [_Head(source) for source in sources]
    while True:
        left = [(head.clock, number) for number, head in enumerate(heads) if head.fill()]
        if not left:
            return
        # Nobody who has more to come has anything from before this: it may go on.
        clock, bounding = min(left)
        pieces = [heads[number].take(clock, inclusive=number <= bounding) for _, number in left]
        together = join([batch for _, batch in pieces])
        order = np.argsort(np.concatenate([clocks for clocks, _ in pieces]), kind="stable")
        yield select(together, order)


class _Head:
    """The records of one source that have been read and not been taken."""

    def __init__(self, source: Iterator[Batch]) -> None:
        self.clock = -1
        """The source's clock at the end of what has been read."""
        self._source = source
        self._batch: Batch | None = None
        self._clocks: IntArray = np.empty(0, np.int64)

    def fill(self) -> bool:
        """Read on if nothing is left; whether there is something now."""
        while self._batch is None or not self._batch.size:
            self._batch = next(self._source, None)
            if self._batch is None:
                return False
            times = self._batch.decoded.values[:, c.REQ_TS]
            self._clocks = np.maximum.accumulate(times).clip(self.clock)
            if self._batch.size:
                self.clock = int(self._clocks[-1])
        return True

    def take(self, clock: int, *, inclusive: bool) -> tuple[IntArray, Batch]:
        """The clocks of the records up to ``clock``, and these."""
        assert self._batch is not None
        side: Literal["left", "right"] = "right" if inclusive else "left"
        count = int(np.searchsorted(self._clocks, clock, side=side))
        clocks, taken = self._clocks[:count], select(self._batch, slice(0, count))
        self._clocks = self._clocks[count:]
        self._batch = select(self._batch, slice(count, None))
        return clocks, taken
