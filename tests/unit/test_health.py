import asyncio
import time

import pytest

from app import health as module
from app import metrics
from app.health import LOOP_STUCK_SECONDS, Health


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock=clock)


def test_a_worker_starts_then_recovers_then_is_ready(health: Health) -> None:
    assert health.report() == {"state": "starting"}
    health.recovering({("reflux-accounts-changelog", 3): 12, ("reflux-accounts-changelog", 1): 5})
    assert health.report() == {
        "state": "recovering",
        "remaining": {"reflux-accounts-changelog/1": 5, "reflux-accounts-changelog/3": 12},
    }
    health.ready()
    assert health.report() == {"state": "ready"}
    assert metrics.READY._value.get() == 1
    health.stopping()
    assert health.report() == {"state": "stopping"}
    assert metrics.READY._value.get() == 0


def test_dead_is_final_and_the_first_reason_stays(health: Health) -> None:
    health.dead("fenced")
    health.dead("could not stop")
    health.ready()
    assert health.report() == {"state": "dead", "reason": "fenced"}
    assert health.failure() == "fenced"
    assert metrics.READY._value.get() == 0


def test_a_loop_that_stops_turning_is_dead(health: Health, clock: Clock) -> None:
    health.ready()
    health.beat()
    clock.now += LOOP_STUCK_SECONDS
    assert health.failure() is None
    clock.now += 0.1
    assert "event loop has not turned" in str(health.failure())
    assert health.report()["state"] == "dead"
    health.beat()
    assert health.failure() is None


def test_a_loop_that_has_not_turned_yet_may_be_compiling(health: Health, clock: Clock) -> None:
    clock.now += 1_000
    assert health.failure() is None


def test_a_worker_that_is_ready_stays_so_while_its_loop_turns(health: Health, clock: Clock) -> None:
    health.ready()
    for _ in range(100):
        clock.now += 10
        health.beat()
    assert health.report() == {"state": "ready"}


async def test_watch_beats_and_measures_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.01)
    clock = Clock()
    health = Health(clock=clock)
    task = asyncio.create_task(health.watch())
    await asyncio.sleep(0.05)
    clock.now += LOOP_STUCK_SECONDS + 1
    await asyncio.sleep(0.05)
    assert health.failure() is None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert metrics.LOOP_LAG_SECONDS._value.get() >= 0


async def test_a_call_that_blocks_the_loop_is_measured() -> None:
    health = Health()
    before = metrics.LOOP_LATE_SECONDS._sum.get()
    task = asyncio.create_task(health.watch())
    await asyncio.sleep(0.03)
    time.sleep(0.2)  # noqa: ASYNC251
    await asyncio.sleep(0.03)
    task.cancel()
    assert metrics.LOOP_LATE_SECONDS._sum.get() - before > 0.15
    assert metrics.LOOP_LAG_SECONDS._value.get() > 0.15
