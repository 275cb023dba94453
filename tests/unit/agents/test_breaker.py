"""The brake holds actions back by the wall clock, loses none, and keeps their order."""

import asyncio

import pytest

from app.agents.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_minute_holds_so_many(clock: Clock) -> None:
    breaker = Breaker(60, clock=clock, sleep=clock.sleep)
    await breaker.admit(60)
    assert clock.slept == []
    await breaker.admit(30)
    assert clock.slept == [pytest.approx(30)]


async def test_time_refills_it_but_no_further_than_full(clock: Clock) -> None:
    breaker = Breaker(60, clock=clock, sleep=clock.sleep)
    await breaker.admit(60)
    clock.now += 3_600
    await breaker.admit(60)
    assert clock.slept == []
    await breaker.admit(1)
    assert clock.slept == [pytest.approx(1)]


async def test_more_than_a_minute_allows_passes_all_the_same(clock: Clock) -> None:
    breaker = Breaker(10, clock=clock, sleep=clock.sleep)
    await breaker.admit(100)
    assert clock.slept == []
    await breaker.admit(1)
    assert clock.slept == [pytest.approx(546)]


async def test_zero_is_no_limit(clock: Clock) -> None:
    breaker = Breaker(0, clock=clock, sleep=clock.sleep)
    for _ in range(10):
        await breaker.admit(1_000_000)
    assert clock.slept == []


async def test_first_come_first_served(clock: Clock) -> None:
    breaker = Breaker(10, clock=clock, sleep=clock.sleep)
    order: list[int] = []

    async def publish(number: int) -> None:
        await breaker.admit(10)
        order.append(number)

    await asyncio.gather(*(publish(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]
