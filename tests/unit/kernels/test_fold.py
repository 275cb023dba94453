"""The fold's own rules: the fence, the clock, the epoch, and what each request is counted as."""

import pytest

from app.kernels import ledger as l
from app.kernels.fold import EARLY_MS
from tests.unit.agents.accounts import (
    DAY,
    HOUR,
    PERIOD_HOURS,
    START,
    Accounts,
    command,
    hourly,
    request,
)


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def ledger(accounts: Accounts) -> dict[str, int]:
    values = accounts.partition.state.ledger
    names = ("IN", "FOLDED", "DUPLICATES", "DEAD", "RESUMED", "LATE_REPEATS")
    return {name.lower(): int(values[getattr(l, name)]) for name in names}


def test_a_request_below_the_rows_fence_changes_nothing(accounts: Accounts) -> None:
    accounts.feed("requests", *(request("ann", str(i), START + i) for i in range(4)))
    accounts.feed("operators", command("ann", "suspend", START))
    accounts.urgent()
    row = accounts.row("ann").copy()
    accounts.crash()
    accounts.resume(["requests"])
    again = accounts.row("ann")
    for name in ("offset", "events", "last_ts", "epoch_requests", "recent_next"):
        assert again[name] == row[name], name
    assert accounts.partition.store.dirty == 0
    assert ledger(accounts)["resumed"] == ledger(accounts)["folded"] == 4


def test_a_repeat_counts_once_and_later_again(accounts: Accounts) -> None:
    one = START + 1_000
    accounts.feed("requests", request("ann", "x", START), request("ann", "x", one))
    assert accounts.row("ann")["events"] == 1
    accounts.feed("requests", request("bob", "x", one))
    assert accounts.row("bob")["events"] == 1
    accounts.feed("requests", request("ann", "x", START + 700_000))
    assert accounts.row("ann")["events"] == 2
    counted = ledger(accounts)
    assert (counted["folded"], counted["duplicates"]) == (3, 1)
    assert counted["late_repeats"] >= 1


@pytest.mark.parametrize(("behind", "fate"), [(DAY, "folded"), (DAY + 1, "dead")])
def test_late_is_behind_the_partitions_clock(accounts: Accounts, behind: int, fate: str) -> None:
    accounts.feed("requests", request("ann", "1", START))
    before = ledger(accounts)[fate]
    accounts.feed("requests", request("bob", "1", START - behind))
    assert ledger(accounts)[fate] == before + 1
    assert accounts.partition.state.ledger[l.WATERMARK] == START


@pytest.mark.parametrize(("ahead", "fate"), [(EARLY_MS, "folded"), (EARLY_MS + 1, "dead")])
def test_early_is_ahead_of_the_record(accounts: Accounts, ahead: int, fate: str) -> None:
    accounts.recorded_ms = START
    accounts.feed("requests", request("ann", "1", START + ahead))
    assert ledger(accounts)[fate] == 1
    assert (accounts.partition.header().watermark is None) == (fate == "dead")


def test_recorded_traffic_has_no_timestamp_to_be_ahead_of(accounts: Accounts) -> None:
    accounts.feed("requests", request("ann", "1", START + 900 * DAY))
    assert ledger(accounts)["folded"] == 1


def test_without_room_strangers_are_refused_and_move_the_clock_all_the_same() -> None:
    accounts = Accounts(limit=1)
    accounts.feed("requests", request("ann", "1", START), request("bob", "1", START + 5))
    accounts.feed("requests", request("ann", "2", START + 3))
    assert ledger(accounts) == {
        "in": 3,
        "folded": 2,
        "duplicates": 0,
        "dead": 1,
        "resumed": 0,
        "late_repeats": 0,
    }
    assert accounts.partition.state.ledger[l.WATERMARK] == START + 5


def test_the_fold_stops_before_the_request_that_begins_an_epoch(accounts: Accounts) -> None:
    accounts.feed("requests", request("ann", "1", START + HOUR - 1))
    assert accounts.partition.header().epoch == START // HOUR
    accounts.feed("requests", request("ann", "2", START + HOUR), request("ann", "3", START))
    assert accounts.partition.header().epoch == START // HOUR + 1
    assert accounts.row("ann")["events"] == 3
    assert accounts.row("ann")["last_ts"] == START + HOUR


def test_a_late_request_belongs_to_the_period_it_arrives_in(accounts: Accounts) -> None:
    accounts.feed("requests", *hourly(["ann"], PERIOD_HOURS + 1))
    row = accounts.row("ann")
    assert row["epoch_requests"] == 2
    accounts.feed("requests", request("ann", "late", START))
    assert (row["epoch_requests"], row["epoch_tokens"]) == (3, 1_200)


def test_who_was_idle_beyond_retention_begins_anew(accounts: Accounts) -> None:
    days = accounts.book.current.policies[0].clock.retention_days
    accounts.feed("requests", *hourly(["ann"], 1), request("bob", "1", START + 2 * HOUR))
    row = accounts.row("ann")
    row["hold_until"] = 2**60  # or the sweep would forget the row
    later = START + int(days * DAY) + HOUR
    accounts.feed("requests", request("ann", "again", later))
    assert (row["events"], row["first_ts"]) == (1, later)
