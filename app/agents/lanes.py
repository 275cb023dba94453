"""Runs of one input, partition by partition: one that has to wait holds up its own partition only.

An agent takes the chunks of all its partitions one after the other. A partition that reports a
sighting period waits for a checkpoint, a sixth of a busy worker's time were all of them to wait
with it; in lockstep it waits for what the others have yet to say, who must not wait behind it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Protocol

from faust.types import TP

from app.agents.ahead import Ahead
from app.agents.ownership import Ownership, P, Tenure

AT_ONCE = 3
"""Chunks of all partitions that are being read, wait for it or for the fold: one to be folded, one
to be read meanwhile, and one for the reader to go on with. Some 5 MiB each once it is read."""

Read = Callable[[P, Any], "asyncio.Future[Ahead]"]
"""Begins to read a message of a partition ahead."""

Take = Callable[[Any, Ahead | None, Callable[[], None]], Awaitable[None]]
"""Takes a message, with what was read of it; calls the function before it waits for anything."""


class Pausing(Protocol):
    """What is used of the consumer."""

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch nothing more of them."""

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch from them again."""


class _Parcel:
    """A message, and its share of what may be on the way at once, if it still has one."""

    def __init__(self, message: Any, room: asyncio.Semaphore | None) -> None:
        self.message = message
        self.reading: asyncio.Future[Ahead] | None = None
        self._room = room

    def leave(self) -> None:
        """Let others go on; what was read ahead and not used yet is not kept."""
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None
        if self._room is not None:
            self._room.release()
            self._room = None

    async def read(self) -> Ahead | None:
        """What was read ahead; None where that failed: whoever reads it again will see why."""
        if self.reading is None:
            return None
        await asyncio.wait({self.reading})
        reading, self.reading = self.reading, None
        if reading is None or reading.cancelled() or reading.exception() is not None:
            return None
        return reading.result()


@dataclass(slots=True)
class _Lane(Generic[P]):
    tenure: Tenure[P]
    waiting: deque[_Parcel] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    held_up: bool = False
    paused: bool = False


class Lanes(Generic[P]):
    """Hands messages to ``take`` in their order, each partition by itself.

    They are read ahead, a few at a time. A partition that is held up, with messages waiting, is not
    fetched meanwhile and reads nothing ahead, so that what waits is bounded by what was under way:
    a stream's queue and one response. Messages of a tenure that has ended are dropped: the next
    owner reads them again.
    """

    def __init__(
        self,
        ownership: Ownership[P],
        take: Take,
        read: Read[P],
        consumer: Callable[[], Pausing],
    ) -> None:
        self._ownership = ownership
        self._take = take
        self._read = read
        self._consumer = consumer
        self._lanes: dict[int, _Lane[P]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def put(self, message: Any) -> None:
        """Take ``message`` when it is its turn; returns when there is room for the next one."""
        number = message.partition
        lane = self._lane(number)
        if lane is None:
            return
        if lane.held_up:
            lane.waiting.append(_Parcel(message, None))
            lane.paused = True
            self._consumer().pause_partitions({TP(message.topic, number)})
            return
        await self._room.acquire()
        parcel = _Parcel(message, self._room)
        lane = self._lane(number)  # the partition may have been given up, and have come back
        if lane is None:
            parcel.leave()
            return
        if not lane.held_up:
            parcel.reading = self._read(lane.tenure.partition, message)
        lane.waiting.append(parcel)
        if lane.held_up:
            parcel.leave()
        if lane.task is None:
            lane.task = asyncio.create_task(self._run(number, lane), name=f"lane-{number}")

    def _lane(self, number: int) -> _Lane[P] | None:
        tenure = self._ownership.get(number)
        if tenure is None:
            return None
        lane = self._lanes.get(number)
        if lane is None or lane.tenure is not tenure:
            lane = self._lanes[number] = _Lane(tenure)
        return lane

    async def _run(self, number: int, lane: _Lane[P]) -> None:
        def owned() -> bool:
            return self._ownership.get(number) is lane.tenure

        parcel: _Parcel | None = None
        try:
            while lane.waiting and owned():
                parcel = lane.waiting.popleft()
                ahead = await parcel.read()
                await self._ownership.turns.next()
                if not owned():
                    break
                await self._take(parcel.message, ahead, partial(self._hold_up, lane, parcel))
                parcel.leave()
                lane.held_up = False
                if lane.paused and not lane.waiting and owned():
                    lane.paused = False
                    self._consumer().resume_partitions({TP(parcel.message.topic, number)})
        except Exception as exc:
            # Nothing may be skipped, and nobody awaits this task.
            self._ownership.failed(exc)
        lane.task = None
        for left in (parcel, *lane.waiting):
            if left is not None:
                left.leave()

    def _hold_up(self, lane: _Lane[P], parcel: _Parcel) -> None:
        """The lane has to wait for something that others bring: they must not wait for it."""
        lane.held_up = True
        for one in (parcel, *lane.waiting):
            one.leave()
