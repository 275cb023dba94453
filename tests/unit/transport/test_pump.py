"""Fetching and delivering, against a consumer and a client made of lists."""

import asyncio
import time
from collections import defaultdict, deque
from typing import Any

import pytest
from faust.types import TP

from app.transport.chunks import Chunk
from app.transport.positions import ChunksLost, FetchFailed
from app.transport.pump import FETCH_TIMEOUT_S, POLL_S, Pump
from app.transport.thread import Fetched

A, B = TP("a", 0), TP("b", 0)


def chunk(first: int, following: int) -> Chunk:
    return Chunk(first, following, b"", 0, 0, -1)


class Monitor:
    def __init__(self) -> None:
        self.ends: dict[TP, int] = {}

    def track_tp_end_offset(self, tp: TP, end: int) -> None:
        self.ends[tp] = end


class FakeConsumer:
    """Answers fetches from ``log``, one chunk of each active partition at a time."""

    def __init__(self, **log: list[Chunk]) -> None:
        self.app = self
        self.monitor = Monitor()
        self.log = {TP(topic, 0): deque(chunks) for topic, chunks in log.items()}
        self.full: set[TP] = set()
        self.asked: list[set[TP]] = []
        self.patience: list[float] = []
        self.delivered: dict[TP, list[Chunk]] = defaultdict(list)
        self.generation, self.tenure = 1, 1
        self.should_stop = False
        self.flow_active = True
        self.can_resume_flow = asyncio.Event()
        self.unreadable: FetchFailed | None = None
        self.cancelled = 0
        self.delay = 0.0

    async def wait_first(self, event: asyncio.Event, timeout: float) -> None:  # noqa: ASYNC109
        await asyncio.wait({asyncio.ensure_future(event.wait())}, timeout=0.01)

    def fetchable(self) -> set[TP]:
        return set(self.log)

    async def fetch(self, active: set[TP], patience: float) -> Fetched:
        self.asked.append(set(active))
        self.patience.append(patience)
        fetched = Fetched(generation=self.generation, unreadable=self.unreadable)
        for tp in sorted(active):
            if self.log[tp]:
                fetched.records[tp] = [self.log[tp].popleft()]
                fetched.tenures[tp] = self.tenure
                fetched.ends[tp] = 1000
        try:
            await asyncio.sleep(self.delay if fetched.records else 0.01)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return fetched

    def has_room(self, tp: TP) -> bool:
        return tp not in self.full

    def is_current(self, tp: TP, generation: int, tenure: int) -> bool:
        return (generation, tenure) == (self.generation, self.tenure)

    async def deliver(self, tp: TP, record: Any, generation: int) -> None:
        self.delivered[tp].append(record)
        await asyncio.sleep(0)


class Running:
    """A pump that runs until the block is left."""

    def __init__(self, consumer: FakeConsumer) -> None:
        self.consumer = consumer
        self.pump = Pump(consumer, consumer)  # type: ignore[arg-type]

    async def __aenter__(self) -> Pump:
        self.task = asyncio.ensure_future(self.pump.run())
        return self.pump

    async def __aexit__(self, *error: object) -> None:
        self.consumer.should_stop = True
        await asyncio.wait_for(self.task, 5)


async def until(condition: Any, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.002)


def run_of(count: int, size: int = 10) -> list[Chunk]:
    return [chunk(size * n, size * (n + 1)) for n in range(count)]


async def test_chunks_arrive_in_order_and_without_idling() -> None:
    consumer = FakeConsumer(a=run_of(200))
    started = time.monotonic()
    async with Running(consumer):
        await until(lambda: len(consumer.delivered[A]) == 200)
    assert consumer.delivered[A] == run_of(200)
    assert time.monotonic() - started < 2  # one wait for every chunk would be 40 s
    assert consumer.monitor.ends[A] == 1000


async def test_a_full_stream_holds_up_nobody_else_and_is_not_fetched() -> None:
    consumer = FakeConsumer(a=run_of(50), b=run_of(50))
    consumer.full = {A}
    async with Running(consumer) as pump:
        await until(lambda: len(consumer.delivered[B]) == 50)
        assert consumer.delivered[A] == []
        assert list(pump.backlog) == [A]
        assert sum(A in active for active in consumer.asked) == 1
        # The fetches for others return soon, so that there is one that asks for it again.
        assert set(consumer.patience) == {FETCH_TIMEOUT_S, POLL_S}
        assert all(
            (one == POLL_S) == (A not in active)
            for active, one in zip(consumer.asked, consumer.patience, strict=True)
        )
        consumer.full = set()
        await until(lambda: len(consumer.delivered[A]) == 50)
    assert consumer.delivered[A] == run_of(50)


async def test_a_fetch_under_way_is_waited_for_not_cancelled() -> None:
    """The client has moved its position: what a cancelled fetch holds is lost."""
    consumer = FakeConsumer(a=run_of(1), b=run_of(5))
    consumer.full = {A}
    consumer.delay = 0.05  # ten polls for room
    async with Running(consumer):
        await until(lambda: len(consumer.delivered[B]) == 5)
        assert consumer.cancelled == 0
        consumer.full = set()
        await until(lambda: len(consumer.delivered[A]) == 1)


@pytest.mark.parametrize("moved", ["generation", "tenure"])
async def test_what_was_fetched_before_an_assignment_or_a_seek_is_dropped(moved: str) -> None:
    consumer = FakeConsumer(a=run_of(1))
    consumer.full = {A}
    async with Running(consumer) as pump:
        await until(lambda: list(pump.backlog) == [A])
        setattr(consumer, moved, 2)
        consumer.log[A].extend([chunk(3, 7)])
        consumer.full = set()
        await until(lambda: bool(consumer.delivered[A]))
        await asyncio.sleep(0.05)
    assert consumer.delivered[A] == [chunk(3, 7)]


async def test_a_rebalance_empties_the_backlog() -> None:
    consumer = FakeConsumer(a=run_of(3))
    consumer.full = {A}
    async with Running(consumer) as pump:
        await until(lambda: list(pump.backlog) == [A])
        consumer.flow_active = False
        await until(lambda: not list(pump.backlog))
        consumer.full = set()
        await asyncio.sleep(0.05)
        assert consumer.delivered[A] == []
        consumer.log[A] = deque(run_of(3))
        consumer.tenure = 2
        consumer.flow_active = True
        await until(lambda: len(consumer.delivered[A]) == 3)


async def test_a_gap_between_chunks_ends_the_worker() -> None:
    consumer = FakeConsumer(a=[chunk(0, 10), chunk(11, 20)])
    with pytest.raises(ChunksLost, match="starts at offset 11 but the one before it ended at 10"):
        await asyncio.wait_for(Pump(consumer, consumer).run(), 5)  # type: ignore[arg-type]
    assert consumer.delivered[A] == [chunk(0, 10)]


async def test_what_others_had_is_delivered_before_the_worker_ends() -> None:
    consumer = FakeConsumer(a=run_of(1))
    consumer.unreadable = FetchFailed("b[0] at offset 7")
    with pytest.raises(FetchFailed, match="offset 7"):
        await asyncio.wait_for(Pump(consumer, consumer).run(), 5)  # type: ignore[arg-type]
    assert consumer.delivered[A] == run_of(1)


async def test_a_partition_without_records_is_asked_for_again() -> None:
    consumer = FakeConsumer(a=[])
    answer = consumer.fetch

    async def nothing_readable(active: set[TP], patience: float) -> Fetched:
        fetched = await answer(active, patience)
        if len(consumer.asked) == 1:
            fetched.records[A], fetched.tenures[A] = [], 1
        return fetched

    consumer.fetch = nothing_readable  # type: ignore[method-assign]
    async with Running(consumer):
        await until(lambda: len(consumer.asked) > 3)
        consumer.log[A].extend(run_of(1))
        await until(lambda: consumer.delivered[A] == run_of(1))
