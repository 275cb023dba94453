"""Runs of one input, partition by partition: one that has to wait holds up its own partition only.

An agent takes the chunks of all its partitions one after the other. A partition that reports a
sighting period waits for a checkpoint, a sixth of a busy worker's time were all of them to wait
with it; in lockstep it waits for what the others have yet to say, who must not wait behind it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol

from faust.types import TP

from app.agents.ownership import Ownership, P, Tenure


class Pausing(Protocol):
    """What is used of the consumer."""

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch nothing more of them."""

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch from them again."""


@dataclass(slots=True)
class _Lane(Generic[P]):
    tenure: Tenure[P]
    waiting: deque[Any] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    paused: bool = False


class Lanes(Generic[P]):
    """Hands messages to ``take`` in their order, each partition by itself.

    A partition whose messages wait is not fetched meanwhile, so that what waits is bounded by what
    was under way: a stream's queue and one response. Those of a tenure that has ended are dropped:
    the next owner reads them again.
    """

    def __init__(
        self,
        ownership: Ownership[P],
        take: Callable[[Any], Awaitable[None]],
        consumer: Callable[[], Pausing],
    ) -> None:
        self._ownership = ownership
        self._take = take
        self._consumer = consumer
        self._lanes: dict[int, _Lane[P]] = {}

    async def put(self, message: Any) -> None:
        """Take ``message`` when it is its turn.

        Returns when it has been taken or has to wait, so that a partition that never waits has
        nothing queued here, and is never paused.
        """
        number = message.partition
        tenure = self._ownership.get(number)
        if tenure is None:
            return
        lane = self._lanes.get(number)
        if lane is None or lane.tenure is not tenure:
            lane = self._lanes[number] = _Lane(tenure)
        lane.waiting.append(message)
        if lane.task is None:
            lane.task = asyncio.create_task(self._run(number, lane), name=f"lane-{number}")
            await asyncio.sleep(0)  # the task's first step comes before our next one
        else:
            lane.paused = True
            self._consumer().pause_partitions({TP(message.topic, number)})

    async def _run(self, number: int, lane: _Lane[P]) -> None:
        try:
            while lane.waiting and self._ownership.get(number) is lane.tenure:
                message = lane.waiting.popleft()
                await self._take(message)
                owned = self._ownership.get(number) is lane.tenure
                if lane.paused and not lane.waiting and owned:
                    lane.paused = False
                    self._consumer().resume_partitions({TP(message.topic, number)})
        except Exception as exc:
            # Nothing may be skipped, and nobody awaits this task.
            self._ownership.failed(exc)
        lane.task = None
