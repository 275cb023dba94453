"""What counts as getting nowhere. Time is made up, but for the two tests of the service."""

import asyncio
import time
from typing import Any

from faust.types import TP

from app.transport.watchdog import BROKER, REBALANCE, Progress, StallDetector, Watchdog

A, B = TP("a", 0), TP("b", 1)


def test_no_movement_with_something_to_read_is_a_stall() -> None:
    detector = StallDetector(10)
    assert detector.observe(0, {A: Progress(5, 9)}) == []
    assert detector.observe(9.9, {A: Progress(5, 90)}) == []
    [stall] = detector.observe(10, {A: Progress(5, 900)})
    assert (stall.tp, stall.progress, stall.seconds) == (A, Progress(5, 900), 10)


def test_any_movement_starts_anew() -> None:
    detector = StallDetector(10)
    detector.observe(0, {A: Progress(5, 9)})
    assert detector.observe(9, {A: Progress(6, 9)}) == []
    assert detector.observe(18, {A: Progress(6, 9)}) == []
    assert detector.observe(19, {A: Progress(6, 9)}) != []


def test_a_seek_back_is_movement() -> None:
    detector = StallDetector(10)
    detector.observe(0, {A: Progress(5, 9)})
    assert detector.observe(11, {A: Progress(2, 9)}) == []


def test_nothing_to_read_is_no_stall() -> None:
    detector = StallDetector(10)
    detector.observe(0, {A: Progress(9, 9)})
    assert detector.observe(100, {A: Progress(9, 9)}) == []
    assert detector.observe(101, {A: Progress(9, 10)}) == []  # just arrived
    assert detector.observe(110, {A: Progress(9, 10)}) != []


def test_one_partition_is_enough_and_others_do_not_hide_it() -> None:
    detector = StallDetector(10)
    for second in range(10):
        assert detector.observe(second, {A: Progress(second, 100), B: Progress(5, 9)}) == []
    assert [
        stall.tp for stall in detector.observe(10, {A: Progress(10, 100), B: Progress(5, 9)})
    ] == [B]


def test_a_partition_that_was_gone_starts_anew() -> None:
    detector = StallDetector(10)
    detector.observe(0, {A: Progress(5, 9)})
    detector.observe(5, {})
    assert detector.observe(12, {A: Progress(5, 9)}) == []


class Recovery:
    active_offsets: dict[TP, int] = {}  # noqa: RUF012
    active_highwaters: dict[TP, int] = {}  # noqa: RUF012


class FakeConsumer:
    """One partition: ``positions`` is what has been done, ``ends`` what the broker says."""

    def __init__(self) -> None:
        self.app: Any = self
        self.tables: Any = self
        self.recovery = Recovery()
        self.rebalancing, self.rebalancing_count, self.in_recovery = False, 1, False
        self.positions = {A: 5}
        self.ends = {A: 5}
        self.broken = False

    def progress(self) -> dict[TP, int]:
        return dict(self.positions)

    async def highwaters(self, *tps: TP) -> dict[TP, int]:
        if self.broken:
            raise ConnectionError("no broker")
        return {tp: self.ends[tp] for tp in tps}


class Ended:
    """Notes the call that would end the process."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, reason: str, **details: Any) -> None:
        self.calls.append((reason, details))


async def watched(consumer: FakeConsumer, seconds: float) -> Ended:
    ended = Ended()
    dog = Watchdog(consumer, 0.3, interval=0.05, end=ended)  # type: ignore[arg-type]
    await dog.start()
    deadline = time.monotonic() + seconds
    while not ended.calls and time.monotonic() < deadline:  # noqa: ASYNC110 called from a thread
        await asyncio.sleep(0.02)
    await dog.stop()
    return ended


async def test_the_service_leaves_an_idle_worker_alone() -> None:
    assert (await watched(FakeConsumer(), 0.8)).calls == []


async def test_the_service_ends_a_worker_that_gets_nowhere() -> None:
    consumer = FakeConsumer()
    consumer.ends = {A: 6}
    [(reason, details)] = (await watched(consumer, 5)).calls
    assert reason == "the worker has stopped getting anywhere"
    assert details == {"stalled": {"a[0]": Progress(5, 6)}}


async def test_the_service_ends_a_worker_whose_client_cannot_reach_the_broker() -> None:
    consumer = FakeConsumer()
    consumer.broken = True
    [(_, details)] = (await watched(consumer, 5)).calls
    assert list(details["stalled"]) == [f"{BROKER.topic}[0]"]


async def test_the_service_ends_a_rebalance_that_never_does() -> None:
    consumer = FakeConsumer()
    consumer.rebalancing = True
    [(_, details)] = (await watched(consumer, 5)).calls
    assert list(details["stalled"]) == [f"{REBALANCE.topic}[0]"]


async def test_the_service_ends_a_recovery_that_waits_for_nothing() -> None:
    consumer = FakeConsumer()
    consumer.in_recovery = True
    consumer.recovery.active_offsets = {B: 7}
    consumer.recovery.active_highwaters = {B: 9}
    [(_, details)] = (await watched(consumer, 5)).calls
    assert details == {"stalled": {"b[1]": Progress(7, 9)}}


async def test_a_loop_that_hangs_is_seen_from_outside() -> None:
    ended = Ended()
    dog = Watchdog(FakeConsumer(), 0.3, interval=0.05, end=ended)  # type: ignore[arg-type]
    await dog.start()
    await asyncio.sleep(0.1)
    time.sleep(0.8)  # noqa: ASYNC251 the hang
    assert [reason for reason, _ in ended.calls] == ["the event loop hangs"]
    await dog.stop()
