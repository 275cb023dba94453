"""Each partition of an input by itself: order, waiting, giving up, failing."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from app.agents.lanes import Lanes
from app.agents.turns import Turns


class Consumer:
    def __init__(self) -> None:
        self.paused: set[TP] = set()

    def pause_partitions(self, tps: set[TP]) -> None:
        self.paused |= tps

    def resume_partitions(self, tps: set[TP]) -> None:
        self.paused -= tps


def tenure() -> Any:
    return SimpleNamespace(partition=None)


class Bench:
    """Lanes whose partitions wait until they are let go on."""

    def __init__(self) -> None:
        self.consumer = Consumer()
        self.tenures: dict[int, Any] = {0: tenure(), 1: tenure()}
        self.failures: list[BaseException] = []
        self.gates = {0: asyncio.Event(), 1: asyncio.Event()}
        self.readings: dict[tuple[int, int], asyncio.Future[Any]] = {}
        self.slow = False
        self.ahead: list[Any] = []
        self.taken: list[tuple[int, int]] = []
        ownership: Any = SimpleNamespace(
            get=self.tenures.get, failed=self.failures.append, turns=Turns()
        )
        self.lanes: Lanes[Any] = Lanes(ownership, self._take, self._read, lambda: self.consumer)

    def _read(self, _partition: Any, message: Any) -> asyncio.Future[Any]:
        reading: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.readings[message.partition, message.number] = reading
        if not self.slow:
            reading.set_result(f"read {message.number}")
        return reading

    async def _take(self, message: Any, ahead: Any, held_up: Callable[[], None]) -> None:
        self.ahead.append(ahead)
        if not self.gates[message.partition].is_set():
            held_up()
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
    await bench.settle()
    assert bench.consumer.paused == set()
    await bench.put(0, 3)
    assert bench.consumer.paused == {TP("requests", 0)}
    await bench.put(1, 1, 2, 3, 4, 5)
    await bench.settle()
    assert bench.taken == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]
    bench.gates[0].set()
    await bench.settle()
    assert bench.taken[5:] == [(0, 1), (0, 2), (0, 3)]
    assert bench.consumer.paused == set()


async def test_a_partition_that_does_not_wait_is_never_paused(bench: Bench) -> None:
    bench.gates[0].set()
    for number in range(3):
        await bench.put(0, number)
        await bench.settle()
        assert bench.taken[-1] == (0, number)
        assert bench.ahead[-1] == f"read {number}"
        assert bench.consumer.paused == set()


async def test_a_few_messages_are_read_ahead_and_no_more(bench: Bench) -> None:
    bench.slow = True
    bench.gates[0].set()
    bench.gates[1].set()
    await bench.put(0, 1, 2)
    await bench.put(1, 1)
    putting = asyncio.create_task(bench.put(1, 2))
    await bench.settle()
    assert set(bench.readings) == {(0, 1), (0, 2), (1, 1)}
    bench.readings[0, 2].set_result("second")  # its turn comes after the first
    await bench.settle()
    assert bench.taken == []
    bench.readings[0, 1].set_result("first")
    await bench.settle()
    assert bench.taken == [(0, 1), (0, 2)]
    assert bench.ahead == ["first", "second"]
    await putting
    assert (1, 2) in bench.readings


async def test_a_lane_that_is_held_up_keeps_nothing_it_has_read(bench: Bench) -> None:
    await bench.put(0, 1, 2)
    await bench.settle()
    await bench.put(0, 3)
    bench.gates[0].set()
    await bench.settle()
    assert bench.taken == [(0, 1), (0, 2), (0, 3)]
    assert bench.ahead == ["read 1", None, None]
    await bench.put(0, 4)
    await bench.settle()
    assert bench.ahead[-1] == "read 4"


async def test_what_could_not_be_read_ahead_is_left_to_the_fold(bench: Bench) -> None:
    bench.slow = True
    bench.gates[0].set()
    await bench.put(0, 1)
    bench.readings[0, 1].set_exception(ValueError("corrupt"))
    await bench.settle()
    assert (bench.taken, bench.ahead, bench.failures) == ([(0, 1)], [None], [])


async def test_a_tenure_that_ends_while_its_messages_are_read_gives_their_room_back(
    bench: Bench,
) -> None:
    bench.slow = True
    bench.gates[1].set()
    await bench.put(0, 1, 2)
    del bench.tenures[0]
    bench.readings[0, 1].set_result("late")
    await bench.settle()
    bench.slow = False
    await bench.put(1, 1, 2, 3, 4, 5)
    await bench.settle()
    assert bench.taken == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]


async def test_messages_of_a_tenure_that_has_ended_are_dropped(bench: Bench) -> None:
    await bench.put(0, 1, 2)
    await bench.settle()
    bench.tenures[0] = tenure()
    await bench.put(0, 7)
    bench.gates[0].set()
    await bench.settle()
    # What was being taken sees for itself; what waited behind it is read again by the new owner.
    assert sorted(bench.taken) == [(0, 1), (0, 7)]
    del bench.tenures[0]
    await bench.put(0, 8)
    await bench.settle()
    assert len(bench.taken) == 2


async def test_one_fold_at_a_time_and_others_have_their_turn_between(bench: Bench) -> None:
    # Both lanes wait, with messages behind; then all may go on at once.
    await bench.put(0, 1, 2, 3)
    await bench.put(1, 1, 2, 3)
    await bench.settle()
    turns: list[int] = []

    async def somebody_else() -> None:
        while len(bench.taken) < 6:
            turns.append(len(bench.taken))
            await asyncio.sleep(0)

    for gate in bench.gates.values():
        gate.set()
    await somebody_else()
    # The first of each were being folded already.
    assert set(turns) >= {2, 3, 4, 5}
    assert bench.failures == []


async def test_a_failure_ends_the_worker(bench: Bench) -> None:
    bench.gates[0].set()
    await bench.put(0, -1)
    await bench.settle()
    assert [str(failure) for failure in bench.failures] == ["a gap"]
