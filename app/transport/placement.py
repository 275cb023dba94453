"""Where each partition is read from, and since which seek.

A *tenure* is a number that a partition gets with every seek. What was fetched before a seek carries
an older tenure and is dropped on delivery; the seek sees to it that it is fetched again. So a chunk
can neither be lost nor come twice, however a fetch in flight and a rebalance interleave.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING

from aiokafka.errors import OffsetOutOfRangeError
from faust.transport.consumer import ensure_TP
from faust.transport.drivers.aiokafka import ensure_aiokafka_TP
from faust.types import TP

from app.transport.positions import beyond_end, expired

if TYPE_CHECKING:
    from app.transport.thread import ConsumerThread


class Placement:
    """Seeks for a :class:`ConsumerThread`. Everything but ``tenure`` runs in its event loop."""

    def __init__(self, thread: "ConsumerThread") -> None:
        self._thread = thread
        self._tenures: dict[TP, int] = {}
        self._next_tenure = count(1)

    def clear(self) -> None:
        """Partitions have been assigned anew: none is placed."""
        self._tenures.clear()

    def tenure(self, tp: TP) -> int | None:
        """The partition's tenure; None from an assignment to the first seek."""
        return self._tenures.get(tp)

    def place(self, tp: TP, offset: int) -> None:
        """Read ``tp`` from ``offset`` on. Seek and tenure change together: nothing waits here."""
        self._thread._ensure_consumer().seek(ensure_aiokafka_TP(tp), offset)
        self._tenures[tp] = next(self._next_tenure)

    async def place_at_start(self, tps: Iterable[TP]) -> None:
        starts, _ = await self._range(tps)
        for tp, offset in starts.items():
            self.place(tp, offset)

    async def place_all(self, wanted: Mapping[TP, int | None]) -> dict[TP, int]:
        """See :meth:`ConsumerThread.place`."""
        starts, ends = await self._range(wanted)
        placed: dict[TP, int] = {}
        for tp, offset in wanted.items():
            if offset is None:
                placed[tp] = ends[tp] if self._from_the_end else starts[tp]
            else:
                # Whether it is beyond the end the first fetch will tell: not every broker that
                # speaks the protocol answers for its end as exactly as it fetches.
                end = max(offset, ends[tp])
                placed[tp] = self._checked(tp, offset, starts[tp], end)
        for tp, offset in placed.items():
            self.place(tp, offset)
        return placed

    async def recover(self, error: Exception) -> None:
        """A fetch found its position missing or out of range: decide by what the topic is.

        Raises ``PositionLost`` where going on would skip records that matter.
        """
        if not isinstance(error, OffsetOutOfRangeError):
            return  # no committed offset, and not placed yet: that is about to happen
        for key, offset in error.args[0].items():
            tp = ensure_TP(key)
            tenure = self.tenure(tp)
            if tenure is None:
                continue
            starts, ends = await self._range([tp])
            if self.tenure(tp) == tenure:  # else something has placed it meanwhile
                self.place(tp, self._checked(tp, offset, starts[tp], ends[tp]))

    def _checked(self, tp: TP, offset: int, start: int, end: int) -> int:
        """``offset`` if it is in the log, else where to go on. Raises ``PositionLost``."""
        if start <= offset <= end:
            return offset
        changelog = self._thread.consumer.is_changelog(tp)
        durable = self._thread.transport.durable_position(tp) is not None
        if offset > end and (changelog or durable):
            raise beyond_end(tp, offset, end)
        if changelog:
            return start  # what compaction removed has been overwritten by what is left
        if durable:
            raise expired(tp, offset, start)
        self._thread.log.warning(
            "%r: offset %s is not in the log [%s, %s): going on from the %s",
            tp,
            offset,
            start,
            end,
            "end" if self._from_the_end else "start",
        )
        return end if self._from_the_end else start

    @property
    def _from_the_end(self) -> bool:
        return bool(self._thread.app.conf.consumer_auto_offset_reset == "latest")

    async def _range(self, tps: Iterable[TP]) -> tuple[dict[TP, int], dict[TP, int]]:
        """First offset, and offset after the last committed record, of each partition."""
        consumer = self._thread._ensure_consumer()
        keys = [ensure_aiokafka_TP(tp) for tp in tps]
        if not keys:
            return {}, {}
        starts = await consumer.beginning_offsets(keys)
        ends = await consumer.end_offsets(keys)
        return (
            {ensure_TP(key): offset for key, offset in starts.items()},
            {ensure_TP(key): offset for key, offset in ends.items()},
        )
