"""In lockstep requests wait for verdicts and population, and verdicts for each other."""

import itertools
from typing import Any

import pytest

from app.agents.lockstep import Lockstep
from app.agents.table_partition import GapInInput, Pause, Run
from app.events.markers import SweepMarker
from tests.unit.agents.accounts import (
    FOLDS,
    HOUR,
    PERIOD_HOURS,
    START,
    Accounts,
    Record,
    hourly,
    request,
    verdict,
)

PERIOD = PERIOD_HOURS * HOUR
FIRST = START // PERIOD
A, B = "00013a0000000001", "00013b0000000001"


class InStep(Accounts):
    """A partition in lockstep with ``links`` partitions of links."""

    def __init__(self, partitions: int = 1) -> None:
        super().__init__(partitions=partitions)

    def _begin(self, store: Any) -> Any:
        partition = super()._begin(store)
        partition.lockstep = Lockstep(partition.markers.complete)
        return partition

    def fold(self, topic: str, *records: Record) -> list[Pause]:
        """Take records in until something other than a checkpoint is waited for."""
        first = len(self.logs[topic])
        self.logs[topic] += records
        for pause in FOLDS[topic](self.partition, self.run(topic, first, len(self.logs[topic]))):
            if pause is not Pause.CHECKPOINT:
                return [pause]
            self.checkpoint()
        return []


def marker(epoch: int, partition: int = 0, partitions: int = 1) -> Record:
    told = SweepMarker(epoch=epoch, partition=partition, partitions=partitions).framed()
    return told.key, told.value


def test_a_period_is_not_begun_before_the_links_have_closed_the_one_before() -> None:
    accounts = InStep()
    accounts.logs["requests"] = hourly(["ann"], PERIOD_HOURS + 1)
    steps = accounts.partition.requests(accounts.run("requests", 0, 2 * PERIOD_HOURS + 2))
    assert next(steps) is Pause.VERDICTS
    assert accounts.row("ann") is None
    accounts.feed("verdicts", marker(FIRST - 1))
    assert next(steps) is Pause.CHECKPOINT  # the sweep of the first period
    assert accounts.row("ann")["events"] == 2 * PERIOD_HOURS
    accounts.checkpoint()
    assert next(steps) is Pause.VERDICTS
    accounts.feed("verdicts", marker(FIRST))
    assert list(steps) == []
    assert accounts.row("ann")["events"] == 2 * PERIOD_HOURS + 2


def test_after_a_restart_what_had_to_wait_waits_again() -> None:
    accounts = InStep()
    accounts.feed("verdicts", marker(FIRST - 1))
    assert accounts.fold("requests", *hourly(["ann"], PERIOD_HOURS + 1)) == [Pause.VERDICTS]
    accounts.checkpoint()
    accounts.crash()
    assert accounts.partition.ahead
    steps = accounts.partition.requests(
        accounts.run("requests", accounts.partition.durable["requests"], 2 * PERIOD_HOURS + 2)
    )
    assert next(steps) is Pause.VERDICTS
    accounts.feed("verdicts", marker(FIRST))
    assert list(steps) == []
    assert accounts.row("ann")["events"] == 2 * PERIOD_HOURS + 2


def test_a_free_worker_waits_for_nobody() -> None:
    accounts = Accounts()
    accounts.feed("requests", *hourly(["ann"], PERIOD_HOURS + 1))
    assert not accounts.partition.ahead


def test_an_epoch_is_not_begun_before_every_partition_has_ended_the_one_before() -> None:
    accounts = InStep()
    reached = START // HOUR - 1
    accounts.partition._population = lambda: reached
    accounts.feed("verdicts", marker(FIRST - 1))
    accounts.logs["requests"] = hourly(["ann"], 2)
    steps = accounts.partition.requests(accounts.run("requests", 0, 4))
    assert next(steps) is Pause.VERDICTS
    assert accounts.row("ann")["events"] == 2
    assert accounts.partition.urgent  # others wait for its part
    reached += 1
    assert list(steps) == []


def test_who_leaps_over_epochs_says_that_they_are_over() -> None:
    accounts = InStep()
    accounts.partition._population = lambda: 1 << 40
    accounts.feed("verdicts", marker(FIRST - 1))
    accounts.feed("requests", request("ann", "1", START), request("ann", "2", START + 4 * HOUR))
    accounts.urgent()
    parts = [
        (part["snapshot"] - START // HOUR, part["accounts"]) for part in accounts.sent("population")
    ]
    assert parts == [(-1, 0), (0, 1), (3, 0)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_verdicts_of_a_period_count_together_in_whatever_order_they_come(
    order: tuple[int, ...],
) -> None:
    said = [
        verdict("ann", A, FIRST, probability=0.97),
        verdict("ann", B, FIRST, probability=0.99),
        verdict("ann", B, FIRST, probability=0.85),
        verdict("bob", A, FIRST, probability=0.9),
    ]
    accounts = InStep(partitions=1)
    for place in order:
        accounts.feed("verdicts", said[place])
        assert accounts.row("ann") is None
        assert accounts.partition.header().inputs["verdicts"].next_offset == 0
    accounts.feed("verdicts", marker(FIRST))
    ann, bob = accounts.row("ann"), accounts.row("bob")
    assert (ann["campaign"], ann["campaign_probability"]) == (int(B, 16), pytest.approx(0.99))
    assert (bob["campaign"], bob["campaign_probability"]) == (int(A, 16), pytest.approx(0.9))
    counters = accounts.counters()
    assert (counters["verdicts.in"], counters["verdicts.applied"]) == (5, 2)
    assert (counters["verdicts.stale"], counters["verdicts.markers"]) == (2, 1)


def test_of_links_that_are_equally_sure_the_same_one_is_told_whichever_came_first() -> None:
    said = [
        verdict("ann", A, FIRST, reasons=["It shares a card."]),
        verdict("ann", A, FIRST, reasons=["It shares a program."]),
    ]
    told = []
    for order in (said, said[::-1]):
        accounts = InStep()
        accounts.feed("verdicts", *order, marker(FIRST))
        accounts.urgent()
        (action,) = accounts.sent("live")
        told.append([reason["text"] for reason in action["reasons"]])
    assert told[0] == told[1]
    assert "It shares a card." in told[0]


@pytest.mark.parametrize("stop", range(1, 7))
@pytest.mark.parametrize("durable", ["urgent", "full"])
def test_held_verdicts_are_read_again_after_a_restart(stop: int, durable: str) -> None:
    log = [
        verdict("ann", A, FIRST),
        marker(FIRST),
        verdict("bob", A, FIRST + 1),
        (b"eve", b"{"),
        verdict("ann", B, FIRST + 1, probability=0.999),
        marker(FIRST + 1),
    ]
    calm, shaken = InStep(), InStep()
    calm.feed("verdicts", *log)
    calm.checkpoint()
    shaken.logs["verdicts"] = log
    shaken.take("verdicts", 0, stop)
    shaken.urgent() if durable == "urgent" else shaken.checkpoint()
    shaken.crash()
    shaken.resume(["verdicts"])
    shaken.checkpoint()
    assert shaken.rows == calm.rows
    assert shaken.sent("live") == calm.sent("live")
    assert shaken.reasons() == calm.reasons() == ["malformed"]
    assert shaken.partition.markers.complete == FIRST + 1


def test_a_gap_behind_what_is_held_stops_the_worker() -> None:
    accounts = InStep()
    accounts.feed("verdicts", verdict("ann", A, FIRST))
    with pytest.raises(GapInInput):
        list(FOLDS["verdicts"](accounts.partition, Run("verdicts", b"", 5, 6)))


def test_markers_that_make_no_sense_are_dead_letters_in_step_or_free() -> None:
    for accounts in (InStep(), Accounts()):
        accounts.feed("verdicts", marker(FIRST, 0, 2), marker(FIRST))
        accounts.checkpoint()
        assert accounts.reasons() == ["out_of_range"]
        assert accounts.partition.markers.complete == FIRST
