"""What was fetched into the streams, without letting one slow agent hold up the others.

Faust's own loop waits for room in the stream it has a record for; whatever comes behind waits too,
and two agents that wait for each other's output never wake. Here a partition whose stream is full
keeps its records in a backlog and is not fetched meanwhile, so that a partition holds at most one
response in the client, one in the backlog, and its share of the stream's queue.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from faust.types import TP
from mode import Service

from app.transport.chunks import Chunk
from app.transport.positions import ChunksLost
from app.transport.thread import Fetched

if TYPE_CHECKING:
    from app.transport.consumer import Consumer

FETCH_TIMEOUT_S = 0.2
"""How long one fetch waits for records. A partition that has been resumed is asked for only in the
next one, so this bounds how long it waits."""

POLL_S = 0.005
"""How often to look for room while there is a backlog. Two chunks keep an agent busy for longer."""


class Parcel(NamedTuple):
    """A chunk or a record on its way to the streams, and the fetch it came with."""

    record: Any
    generation: int
    tenure: int


class Pump:
    """Fetches and delivers until ``service`` stops. One for each start of Faust's fetcher."""

    def __init__(self, consumer: "Consumer", service: Service) -> None:
        self._consumer = consumer
        self._service = service
        self._backlog: dict[TP, deque[Parcel]] = {}
        self._joint: dict[TP, tuple[int, int]] = {}
        self._fetch: asyncio.Task[Fetched] | None = None

    async def run(self) -> None:
        """Raises what :meth:`ConsumerThread.fetch` does, ``ChunksLost`` and ``FetchFailed``."""
        consumer = self._consumer
        try:
            while not (consumer.should_stop or self._service.should_stop):
                if not consumer.flow_active:
                    # A rebalance: everything will be fetched again from where it is placed then.
                    self._backlog.clear()
                    await consumer.wait_first(consumer.can_resume_flow, timeout=1.0)
                    continue
                await self._deliver()
                self._start_fetch()
                await self._wait()
                # Other tasks run even when fetches are always answered at once.
                await asyncio.sleep(0)
        finally:
            if self._fetch is not None:
                self._fetch.cancel()

    def _start_fetch(self) -> None:
        if self._fetch is None:
            fetchable = self._consumer.fetchable()
            active = fetchable - self._backlog.keys()
            if active:
                # One that is left out now will be wanted soon, and only the next fetch asks for it.
                patience = FETCH_TIMEOUT_S if len(active) == len(fetchable) else POLL_S
                self._fetch = asyncio.ensure_future(self._consumer.fetch(active, patience))

    async def _wait(self) -> None:
        """For the fetch under way, or until it is time to look for room again."""
        if self._fetch is None:
            await asyncio.sleep(POLL_S if self._backlog else FETCH_TIMEOUT_S)
            return
        # Never cancelled for a timeout: the client has already moved its position.
        await asyncio.wait({self._fetch}, timeout=POLL_S if self._backlog else None)
        if self._fetch.done():
            fetched, self._fetch = self._fetch.result(), None
            self._accept(fetched)
            if fetched.unreadable is not None:
                await self._deliver()
                raise fetched.unreadable

    def _accept(self, fetched: Fetched) -> None:
        monitor = self._consumer.app.monitor
        for tp, records in fetched.records.items():
            parcels = (Parcel(one, fetched.generation, fetched.tenures[tp]) for one in records)
            if records:  # a partition with an empty backlog would not be fetched again
                self._backlog.setdefault(tp, deque()).extend(parcels)
        for tp, end in fetched.ends.items():
            monitor.track_tp_end_offset(tp, end)

    async def _deliver(self) -> None:
        """Deliver what there is room for, one record of each partition in turn."""
        moved = True
        while moved and self._consumer.flow_active:
            moved = False
            for tp in list(self._backlog):
                if not self._consumer.has_room(tp):
                    continue
                parcel = self._next(tp)
                if parcel is not None:
                    await self._consumer.deliver(tp, parcel.record, parcel.generation)
                    moved = True
                if not self._consumer.flow_active:
                    return

    def _next(self, tp: TP) -> Parcel | None:
        """The next parcel of ``tp`` that is still wanted."""
        queue = self._backlog.get(tp, deque())
        while queue:
            parcel = queue.popleft()
            if not queue:
                del self._backlog[tp]
            if self._consumer.is_current(tp, parcel.generation, parcel.tenure):
                self._check_joint(tp, parcel)
                return parcel
        return None

    def _check_joint(self, tp: TP, parcel: Parcel) -> None:
        if not isinstance(parcel.record, Chunk):
            return
        tenure, expected = self._joint.get(tp, (-1, -1))
        if tenure == parcel.tenure and parcel.record.first_offset != expected:
            raise ChunksLost(
                f"{tp.topic}[{tp.partition}]: a chunk starts at offset {parcel.record.first_offset}"
                f" but the one before it ended at {expected}"
            )
        self._joint[tp] = (parcel.tenure, parcel.record.next_offset)

    @property
    def backlog(self) -> Iterable[TP]:
        """Partitions that wait for room."""
        return self._backlog.keys()
