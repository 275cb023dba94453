"""A tenure from the fence to the last checkpoint."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.agents.breaker import Breaker
from app.agents.ownership import Ownership
from app.agents.turns import Turns
from app.state.checkpoint import CheckpointFailed
from tests.unit.agents.test_checkpointer import Partition, Writer


class Owned(Partition):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.durable: dict[str, int] = {}


class Bench:
    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.opened: list[int] = []
        self.writers: dict[int, Writer] = {}
        self.refuse: int | None = None
        self.failures: list[BaseException] = []
        self.ownership: Ownership[Owned] = Ownership(
            "accounts",
            open_writer=self.open,  # type: ignore[arg-type]
            begin=Owned,
            executor=executor,
            interval=3_600,
            slice_rows=2,
            breaker=Breaker(0),
            turns=Turns(),
            failed=self.failures.append,
        )

    def open(self, number: int) -> Writer:
        if number == self.refuse:
            raise CheckpointFailed("no answer")
        self.opened.append(number)
        self.writers[number] = Writer()
        return self.writers[number]


@pytest.fixture
def bench():
    with ThreadPoolExecutor(4) as executor:
        yield Bench(executor)


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


async def test_a_partition_is_fenced_once_and_owned_after_its_recovery(bench: Bench):
    ownership = bench.ownership
    await ownership.fence({1, 2})
    await ownership.fence({1, 2, 3})
    assert sorted(bench.opened) == [1, 2, 3]
    assert ownership.get(1) is None
    ownership.start({1, 2})
    tenure = ownership.get(2)
    assert tenure is not None
    assert tenure.partition.number == 2
    assert ownership.get(3) is None
    assert await ownership.end(soon()) == set()


async def test_what_was_never_fenced_cannot_be_owned(bench: Bench):
    with pytest.raises(KeyError):
        bench.ownership.start({1})


async def test_a_fence_that_fails_ends_the_attempt_and_leaves_no_writer_open(bench: Bench):
    ownership = bench.ownership
    await ownership.fence({4})
    bench.refuse = 2
    with pytest.raises(CheckpointFailed):
        await ownership.fence({1, 2, 3, 4})
    assert [n for n, writer in bench.writers.items() if writer.closed] == [1, 3]
    # the next attempt opens them anew; what was open before the failed one still is
    bench.refuse = None
    await ownership.fence({1, 2, 3, 4})
    assert sorted(bench.opened) == [1, 1, 2, 3, 3, 4]
    assert not any(writer.closed for writer in bench.writers.values())
    assert await ownership.end(soon()) == set()


async def test_the_end_writes_what_is_left_and_closes_every_writer(bench: Bench):
    ownership = bench.ownership
    await ownership.fence({1, 2, 3})
    ownership.start({1, 2})
    await asyncio.sleep(0)
    tenure = ownership.get(1)
    assert tenure is not None
    tenure.partition.rows = 3
    assert await ownership.end(soon()) == set()
    assert tenure.partition.headers == 1
    assert all(writer.closed for writer in bench.writers.values())
    assert ownership.get(1) is None
    # the next assignment fences anew: another worker may have been the owner meanwhile
    await ownership.fence({1})
    assert bench.opened.count(1) == 2
    assert await ownership.end(soon()) == set()


async def test_what_is_not_durable_in_time_is_named_for_dropping(bench: Bench):
    ownership = bench.ownership
    await ownership.fence({1, 2})
    ownership.start({1, 2})
    await asyncio.sleep(0)
    stuck = ownership.get(1)
    assert stuck is not None
    stuck.partition.rows = 1
    bench.writers[1].gate.clear()
    try:
        assert await ownership.end(soon(0.05)) == {1}
    finally:
        bench.writers[1].gate.set()
    assert bench.writers[2].closed


async def test_a_failed_tenure_is_not_clean(bench: Bench):
    ownership = bench.ownership
    await ownership.fence({1})
    ownership.start({1})
    await asyncio.sleep(0)
    tenure = ownership.get(1)
    assert tenure is not None
    bench.writers[1].error = RuntimeError("fenced")
    tenure.partition.waiting = 1
    tenure.checkpointer.wake()
    assert await ownership.end(soon()) == {1}
    assert bench.failures == [bench.writers[1].error]
