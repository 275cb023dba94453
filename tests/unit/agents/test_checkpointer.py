"""Two rhythms, one writer: what leaves when, and what happens when it cannot."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.agents.breaker import Breaker
from app.agents.checkpointer import SPREAD, Checkpointer
from app.agents.turns import Turns
from app.state.checkpoint import Checkpoint, CheckpointFailed

NEVER = 3_600.0


class Partition:
    """A source of ``rows`` rows and ``waiting`` urgent outputs."""

    def __init__(self) -> None:
        self.rows = 0
        self.waiting = 0
        self.backlogged = False
        self.frozen = 0
        self.headers = 0

    @property
    def urgent(self) -> bool:
        return self.waiting > 0

    @property
    def changed(self) -> bool:
        return self.rows > 0 or self.urgent

    def freeze(self) -> None:
        self.frozen, self.rows = self.rows, 0

    def collect(self, limit: int) -> Checkpoint:
        taken = min(limit, self.frozen)
        checkpoint = Checkpoint(rows=[(b"row", b"")] * (taken + self.waiting), actions=self.waiting)
        self.frozen, self.waiting = self.frozen - taken, 0
        if limit and not self.frozen:
            checkpoint.header, checkpoint.full = b"header", True
        return checkpoint

    def written(self) -> None:
        self.headers += 1
        self.backlogged = False


class Writer:
    """A writer that notes what it is given, and may block or fail."""

    aborts = 0

    def __init__(self) -> None:
        self.written: list[Checkpoint] = []
        self.error: Exception | None = None
        self.wrote = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False

    def write(self, checkpoint: Checkpoint) -> None:
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        self.written.append(checkpoint)
        self.wrote.set()

    def close(self) -> None:
        self.closed = True


class CountedTurns(Turns):
    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    async def next(self) -> None:
        await super().next()
        self.taken += 1


class Bench:
    def __init__(self, executor: ThreadPoolExecutor, interval: float, number: int = 0) -> None:
        self.partition, self.writer = Partition(), Writer()
        self.failures: list[BaseException] = []
        self.turns = CountedTurns()
        self.on_failure: Callable[[], None] = lambda: None
        self.checkpointer = Checkpointer(
            self.partition,
            self.writer,  # type: ignore[arg-type]
            executor,
            table="accounts",
            partition=number,
            interval=interval,
            slice_rows=2,
            breaker=Breaker(0),
            turns=self.turns,
            failed=self.fail,
        )

    def fail(self, error: BaseException) -> None:
        self.failures.append(error)
        self.on_failure()

    async def close(self, seconds: float = 10.0) -> bool:
        return await self.checkpointer.close(time.monotonic() + seconds)

    async def until(self, written: int) -> None:
        async with asyncio.timeout(10):
            while len(self.writer.written) < written:
                self.writer.wrote.clear()
                await asyncio.to_thread(self.writer.wrote.wait, 0.01)


@pytest.fixture
def executor():
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_partitions_do_not_all_write_at_the_same_time(executor):
    intervals = sorted(Bench(executor, 10.0, n).checkpointer._interval for n in range(8))
    assert 10.0 * (1.0 - SPREAD) < intervals[0] <= intervals[-1] <= 10.0
    assert min(np.diff(intervals)) > 0.1


async def test_at_the_interval_all_is_written_in_slices_and_the_header_last(executor):
    bench = Bench(executor, 0.01)
    bench.partition.rows = 5
    bench.checkpointer.start()
    await bench.until(3)
    assert await bench.close()
    assert [len(c.rows) for c in bench.writer.written] == [2, 2, 1]
    assert [c.header for c in bench.writer.written] == [None, None, b"header"]
    assert bench.turns.taken == 3
    assert bench.partition.headers == 1
    assert bench.failures == []


async def test_urgent_outputs_do_not_wait_for_the_interval_and_move_no_header(executor):
    bench = Bench(executor, NEVER)
    bench.checkpointer.start()
    await asyncio.sleep(0.01)
    bench.partition.rows, bench.partition.waiting = 5, 1
    bench.checkpointer.wake()
    await bench.until(1)
    assert bench.writer.written[0].header is None
    assert len(bench.writer.written[0].rows) == 1
    assert bench.partition.rows == 5
    assert await bench.close()


async def test_a_backlog_wants_a_full_checkpoint_and_its_waiter_is_told(executor):
    bench = Bench(executor, NEVER)
    bench.checkpointer.start()
    await asyncio.sleep(0.01)
    bench.partition.rows, bench.partition.backlogged = 1, True
    waiter = asyncio.create_task(bench.checkpointer.drained.wait())
    await asyncio.sleep(0)
    bench.checkpointer.wake()
    assert await asyncio.wait_for(waiter, 10)
    assert bench.partition.headers == 1
    assert not bench.checkpointer.drained.is_set()
    assert await bench.close()


async def test_nothing_is_written_when_nothing_has_changed(executor):
    bench = Bench(executor, 0.005)
    bench.checkpointer.start()
    await asyncio.sleep(0.05)
    assert await bench.close()
    assert bench.writer.written == []
    assert bench.writer.closed


async def test_closing_writes_what_is_left(executor):
    bench = Bench(executor, NEVER)
    bench.checkpointer.start()
    await asyncio.sleep(0)
    bench.partition.rows, bench.partition.waiting = 3, 1
    assert await bench.close()
    assert bench.partition.headers == 1
    assert sum(len(c.rows) for c in bench.writer.written) == 4
    assert bench.writer.closed


async def test_a_failure_is_handed_over_once_and_closing_is_not_clean(executor):
    bench = Bench(executor, 0.005)
    bench.writer.error = CheckpointFailed("too late")
    failed = asyncio.Event()
    bench.on_failure = failed.set
    bench.partition.rows = 1
    bench.checkpointer.start()
    await asyncio.wait_for(failed.wait(), 10)
    bench.partition.rows = 1
    bench.checkpointer.wake()
    assert not await bench.close()
    assert bench.failures == [bench.writer.error]
    assert bench.partition.headers == 0
    assert bench.writer.closed


async def test_past_the_deadline_it_is_given_up_and_nobody_waits_for_ever(executor):
    bench = Bench(executor, NEVER)
    bench.writer.gate.clear()
    bench.checkpointer.start()
    await asyncio.sleep(0)
    bench.partition.rows = 1
    waiter = asyncio.create_task(bench.checkpointer.drained.wait())
    try:
        assert not await bench.close(0.05)
        assert await asyncio.wait_for(waiter, 10)
    finally:
        bench.writer.gate.set()
    await asyncio.sleep(0)
    assert bench.failures == []
    assert bench.partition.headers == 0


async def test_one_that_never_began_is_not_clean(executor):
    assert not await Bench(executor, NEVER).close()
