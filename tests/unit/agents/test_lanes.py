"""Each partition of an input by itself: order, waiting, giving up, failing."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from app.agents.lanes import Lanes


class Consumer:
    def __init__(self) -> None:
        self.paused: set[TP] = set()

    def pause_partitions(self, tps: set[TP]) -> None:
        self.paused |= tps

    def resume_partitions(self, tps: set[TP]) -> None:
        self.paused -= tps


class Bench:
    """Lanes whose partitions wait until they are let go on."""

    def __init__(self) -> None:
        self.consumer = Consumer()
        self.tenures: dict[int, Any] = {0: object(), 1: object()}
        self.failures: list[BaseException] = []
        self.gates = {0: asyncio.Event(), 1: asyncio.Event()}
        self.taken: list[tuple[int, int]] = []
        ownership: Any = SimpleNamespace(get=self.tenures.get, failed=self.failures.append)
        self.lanes: Lanes[Any] = Lanes(ownership, self._take, lambda: self.consumer)

    async def _take(self, message: Any) -> None:
        await self.gates[message.partition].wait()
        if message.number < 0:
            raise RuntimeError("a gap")
        self.taken.append((message.partition, message.number))

    async def put(self, partition: int, *numbers: int) -> None:
        for number in numbers:
            await self.lanes.put(
                SimpleNamespace(topic="requests", partition=partition, number=number)
            )

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_a_partition_that_waits_holds_up_no_other(bench: Bench) -> None:
    bench.gates[1].set()
    await bench.put(0, 1, 2)
    await bench.put(1, 1, 2, 3)
    await bench.settle()
    assert bench.taken == [(1, 1), (1, 2), (1, 3)]
    assert bench.consumer.paused == {TP("requests", 0)}
    bench.gates[0].set()
    await bench.settle()
    assert bench.taken[3:] == [(0, 1), (0, 2)]
    assert bench.consumer.paused == set()


async def test_a_partition_that_does_not_wait_is_done_when_it_is_put(bench: Bench) -> None:
    bench.gates[0].set()
    for number in range(3):
        await bench.put(0, number)
        assert bench.taken[-1] == (0, number)
        assert bench.consumer.paused == set()


async def test_messages_of_a_tenure_that_has_ended_are_dropped(bench: Bench) -> None:
    await bench.put(0, 1, 2)
    await bench.settle()
    bench.tenures[0] = object()
    await bench.put(0, 7)
    bench.gates[0].set()
    await bench.settle()
    # What was being taken sees for itself; what waited behind it is read again by the new owner.
    assert sorted(bench.taken) == [(0, 1), (0, 7)]
    del bench.tenures[0]
    await bench.put(0, 8)
    await bench.settle()
    assert len(bench.taken) == 2


async def test_a_failure_ends_the_worker(bench: Bench) -> None:
    bench.gates[0].set()
    await bench.put(0, -1)
    await bench.settle()
    assert [str(failure) for failure in bench.failures] == ["a gap"]
