from typing import Any

import pytest

from app.demo import run
from app.demo.outcome import Ledger
from app.demo.worker import DemoFailedError

HOUR_MS = 3_600_000


class Worker:
    """A worker that lives."""

    def check(self) -> None:
        """Nothing to complain of."""

    def last_words(self) -> str:
        return "; goodbye"


class DeadWorker(Worker):
    """A worker that does not."""

    def check(self) -> None:
        raise DemoFailedError("the worker ended with status 1")


class Observer:
    """Shows one ledger and watermark after the other, a new one at each watch."""

    def __init__(self, *seen: Any) -> None:
        self._seen = list(seen)

    @property
    def watermark_ms(self) -> int | None:
        watermark: int | None = self._seen[0]
        return watermark

    @property
    def ledger(self) -> Ledger:
        ledger: Ledger = self._seen[0]
        return ledger

    def watch(self, _seconds: float) -> None:
        if len(self._seen) > 1:
            self._seen.pop(0)


class Report:
    """Remembers how far the bar came."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def reached(self, _completed: float, text: str) -> None:
        self.texts.append(text)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STALLED_SECONDS", 0.05)


def keep_up(reached_ms: int, observer: Observer, worker: Worker) -> None:
    run._keep_up(0, reached_ms, observer, worker)  # type: ignore[arg-type]


def settle(sent: int, observer: Observer, worker: Worker) -> Report:
    report = Report()
    run._settle(sent, observer, worker, report)  # type: ignore[arg-type]
    return report


def test_the_stream_runs_ahead_by_hours_and_no_more() -> None:
    keep_up(run.AHEAD_MS, Observer(None), Worker())
    hours = [None, 1, 2, 5, 9, 10]
    observer = Observer(*(None if hour is None else hour * HOUR_MS for hour in hours))
    keep_up(run.AHEAD_MS + 6 * HOUR_MS, observer, Worker())
    assert observer.watermark_ms == 9 * HOUR_MS


def test_a_worker_that_stands_still_ends_the_demo() -> None:
    with pytest.raises(DemoFailedError, match=r"no progress .*; goodbye"):
        keep_up(2 * run.AHEAD_MS, Observer(HOUR_MS // 2), Worker())


def test_a_worker_that_died_ends_the_demo_at_once() -> None:
    with pytest.raises(DemoFailedError, match="status 1"):
        keep_up(0, Observer(None), DeadWorker())
    with pytest.raises(DemoFailedError, match="status 1"):
        settle(5, Observer(Ledger(taken=1)), DeadWorker())


def test_it_is_over_when_every_request_is_accounted_for() -> None:
    report = settle(
        10,
        Observer(Ledger(), Ledger(4, 4), Ledger(8, 7, 1), Ledger(10, 7, 1, 2), Ledger(99)),
        Worker(),
    )
    assert report.texts[-1] == "10 of 10"


def test_requests_that_stay_away_end_the_demo() -> None:
    with pytest.raises(DemoFailedError, match=r"only 4 of 10 .*; goodbye"):
        settle(10, Observer(Ledger(), Ledger(4, 4)), Worker())


@pytest.mark.parametrize("ledger", [Ledger(10, 9), Ledger(10, 9, 2), Ledger(11, 11)])
def test_a_sum_that_is_wrong_ends_the_demo(ledger: Ledger) -> None:
    with pytest.raises(DemoFailedError, match="accounting is wrong"):
        settle(10, Observer(Ledger(), ledger), Worker())


def test_the_population_is_as_large_as_asked() -> None:
    people = run.population(run.Options(seed=1, accounts=500, days=1.0, bootstrap=None, keep=False))
    assert len(people.accounts) == 500
    assert people.labels.fraudulent.sum() == 50
