"""What a partition does between two requests, where an epoch ends."""

import pytest

from app.agents import sweep
from app.agents.sweep import REMEMBERED_MS
from app.events.markers import MARKER_KEY, SweepMarker
from app.events.population import PopulationPart
from app.kernels import sightings as s
from tests.unit.agents.accounts import (
    DAY,
    HOUR,
    PERIOD_HOURS,
    START,
    Accounts,
    command,
    hourly,
    profile,
    request,
)

PERIOD = PERIOD_HOURS * HOUR
NAMES = [f"acct-{i}" for i in range(9)]


def sightings(accounts: Accounts) -> list[tuple[bytes, bytes]]:
    told = [(o.key, o.value or b"") for o in accounts.outputs if o.topic == "sightings"]
    return [(key, value) for key, value in told if key != MARKER_KEY]


def marked(accounts: Accounts) -> list[tuple[int, int]]:
    """The sighting periods that markers say are complete, and where the markers went."""
    return [
        (SweepMarker.read(o.value).epoch, o.partition)
        for o in accounts.outputs
        if o.key == MARKER_KEY
    ]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sightings leave an account at a time."""
    monkeypatch.setattr(sweep, "RECORDS", s.MAX_LINKS)


def test_an_epoch_that_ends_gives_one_part_of_the_population() -> None:
    accounts = Accounts()
    accounts.feed("requests", *hourly(NAMES, 3))
    accounts.checkpoint()
    parts = [PopulationPart.from_fields(part) for part in accounts.sent("population")]
    assert [part.snapshot for part in parts] == [START // HOUR, START // HOUR + 1]
    assert [part.accounts for part in parts] == [len(NAMES)] * 2
    assert sightings(accounts) == []


def test_a_leap_over_epochs_closes_the_one_that_was_open() -> None:
    accounts = Accounts()
    accounts.feed("requests", request("a", "1", START), request("a", "2", START + 5 * HOUR))
    accounts.checkpoint()
    assert [part["snapshot"] for part in accounts.sent("population")] == [START // HOUR]


def test_a_period_that_ends_reports_every_active_account_once() -> None:
    accounts = Accounts()
    accounts.feed("profiles", profile("silent"))
    accounts.feed("requests", *hourly(NAMES, 2 * PERIOD_HOURS + 1))
    told = sightings(accounts)
    assert len(told) == len(set(told)) > 0
    by_client = [value for key, value in told if key.startswith(b"client:")]
    assert len(by_client) == 2 * len(NAMES)


def test_who_was_silent_in_a_period_is_not_reported_for_it() -> None:
    accounts = Accounts()
    accounts.feed("requests", request("a", "1", START), request("b", "1", START + PERIOD))
    first = len(sightings(accounts))
    accounts.feed("requests", request("b", "2", START + 2 * PERIOD))
    assert all(b"b" in value for _, value in sightings(accounts)[first:])


def test_requests_wait_until_the_report_has_left(small: None) -> None:
    accounts = Accounts()
    accounts.feed("requests", *hourly(NAMES, 1))
    accounts.logs["requests"].append(request("acct-0", "next", START + PERIOD))
    paused = accounts.partition.requests(accounts.run("requests", 18, 19))
    next(paused)
    assert accounts.partition.backlogged
    assert accounts.partition.changed
    assert accounts.row("acct-0")["events"] == 2
    assert accounts.partition.header().inputs["requests"].next_offset == 18
    accounts.checkpoint()
    assert list(paused) == []
    assert accounts.row("acct-0")["events"] == 3


@pytest.mark.parametrize("slices", range(11))
def test_a_crash_between_slices_repeats_and_loses_no_sighting(small: None, slices: int) -> None:
    records = [*hourly(NAMES, 1), request("acct-0", "next", START + PERIOD)]
    calm, shaken = Accounts(), Accounts()
    calm.feed("requests", *records)
    calm.checkpoint()
    shaken.logs["requests"] = records
    shaken.take("requests", 0, 18)
    shaken.checkpoint()
    paused = shaken.partition.requests(shaken.run("requests", 18, 19))
    next(paused)
    shaken.partition.freeze()
    for _ in range(slices):
        if shaken.slice(100):
            break
    shaken.crash()
    shaken.resume()
    shaken.checkpoint()
    assert sorted(sightings(shaken)) == sorted(sightings(calm))
    assert shaken.sent("population") == calm.sent("population")
    assert shaken.rows == calm.rows


@pytest.mark.parametrize("slices", range(9))
def test_a_checkpoint_begun_before_the_sweep_takes_its_report_along(
    small: None, slices: int
) -> None:
    """Its header is from before the crossing, which then is crossed again without a report."""
    records = [*hourly(NAMES, 1), request("acct-0", "next", START + PERIOD)]
    calm, shaken = Accounts(), Accounts()
    calm.feed("requests", *records)
    calm.checkpoint()
    shaken.logs["requests"] = records
    shaken.take("requests", 0, 18)
    shaken.partition.freeze()
    paused = shaken.partition.requests(shaken.run("requests", 18, 19))
    next(paused)
    for _ in range(slices):
        assert not shaken.slice(100)
    if slices == 8:
        assert shaken.slice(100)
        assert list(paused) == []
    shaken.crash()
    shaken.resume()
    shaken.checkpoint()
    assert sorted(sightings(shaken)) == sorted(sightings(calm))
    assert shaken.sent("population") == calm.sent("population")
    assert shaken.rows == calm.rows


@pytest.mark.parametrize("slices", range(12))
def test_a_period_that_was_reported_whole_is_not_reported_again(small: None, slices: int) -> None:
    """Not even of accounts that a leap of event time has removed since: read again, they are new,
    and nothing in their rows says that they were reported."""
    start = hourly(NAMES, 1)
    report = request("acct-0", "next", START + PERIOD)
    calm, shaken = Accounts(), Accounts()
    leap = request("late", "1", START + 2 * PERIOD + retention(calm))
    calm.feed("requests", *start, report, leap)
    calm.checkpoint()
    shaken.logs["requests"] = [*start, report, leap]
    shaken.take("requests", 0, 1)
    shaken.partition.freeze()  # whose header will be from before the period ends
    paused = shaken.partition.requests(shaken.run("requests", 1, 19))
    next(paused)
    while not shaken.slice(1):
        pass
    assert list(paused) == []
    again = shaken.partition.requests(shaken.run("requests", 19, 20))
    next(again)
    shaken.partition.freeze()
    for _ in range(slices):
        if shaken.slice(1):
            break
    shaken.crash()
    shaken.resume()
    assert sorted(sightings(shaken)) == sorted(sightings(calm))
    assert shaken.durable_rows() == calm.rows


# Letting go.


def retention(accounts: Accounts) -> int:
    return int(accounts.book.current.policies[0].clock.retention_days * DAY)


def test_idle_accounts_are_forgotten_in_memory_and_in_the_changelog() -> None:
    accounts = Accounts()
    accounts.feed("requests", *hourly(NAMES, 1))
    accounts.checkpoint()
    assert set(accounts.rows) == {name.encode() for name in NAMES}
    accounts.feed("requests", request("new", "1", START + retention(accounts) + 2 * HOUR))
    assert accounts.durable_rows().keys() == {b"new"}


def test_no_header_moves_on_while_tombstones_wait() -> None:
    accounts = Accounts()
    accounts.feed("requests", *hourly(NAMES, 1))
    accounts.checkpoint()
    accounts.feed("requests", request("new", "1", START + retention(accounts) + 2 * HOUR))
    accounts.partition.freeze()
    done = False
    while not done:
        done = accounts.slice(2)
    assert accounts.rows.keys() == {b"new"}


def test_tombstones_alone_are_worth_a_checkpoint() -> None:
    accounts = Accounts()
    accounts.feed("requests", *hourly(NAMES, 1))
    accounts.checkpoint()
    assert not accounts.partition.changed
    accounts.partition.store.expire([0, 1])
    assert accounts.partition.changed
    accounts.checkpoint()
    assert not accounts.partition.changed
    assert len(accounts.rows) == len(NAMES) - 2


@pytest.mark.parametrize("slice_rows", [1, 3, 100])
def test_who_comes_back_is_not_forgotten_and_takes_nothing_along(slice_rows: int) -> None:
    """However the tombstones fall into slices, the changelog ends with the new row; and a header
    past the expiry never stands beside the row from before it."""
    accounts = Accounts()
    accounts.feed("profiles", *(profile(name, tier="team") for name in NAMES))
    accounts.feed("requests", *hourly(NAMES, 1))
    accounts.checkpoint()
    back = START + retention(accounts) + 2 * HOUR
    accounts.logs["requests"] += [request(name, "back", back) for name in NAMES]
    accounts.take("requests", 18, 19)
    accounts.partition.freeze()
    accounts.take("requests", 19, 27)
    while not accounts.slice(slice_rows):
        pass
    accounts.crash()
    accounts.resume(["requests"])
    for name in NAMES:
        row = accounts.row(name)
        assert (row["events"], row["tier"]) == (1, 0), name
    assert len(accounts.durable_rows()) == len(NAMES)


def test_a_stub_goes_when_its_standing_matters_no_more() -> None:
    accounts = Accounts()
    accounts.feed("requests", *hourly(["ann"], 1))
    later = START + retention(accounts) + 2 * HOUR
    accounts.feed("operators", command("ann", "suspend", START, expires_at=later + DAY))
    accounts.feed("requests", request("new", "1", later))
    assert accounts.row("ann")["events"] == 0
    assert accounts.row("ann")["live"]["action"] == 3
    accounts.feed("requests", request("new", "2", later + 2 * DAY))
    assert accounts.row("ann") is None
    assert accounts.durable_rows().keys() == {b"new"}


def test_a_forgotten_profile_leaves_no_row_behind() -> None:
    accounts = Accounts()
    accounts.feed("profiles", profile("ann"), (b"ann", None), profile("bob"))
    accounts.feed("requests", request("new", "1", START), request("new", "2", START + PERIOD))
    assert accounts.durable_rows().keys() == {b"bob", b"new"}


def test_markers_go_to_every_partition_behind_the_sightings_of_a_period(small: None) -> None:
    accounts = Accounts(partitions=1)
    accounts.feed("requests", *hourly(NAMES, PERIOD_HOURS + 1))
    accounts.checkpoint()
    first = START // PERIOD
    assert marked(accounts) == [(first - 1, 0), (first, 0)]
    keys = [o.key for o in accounts.outputs if o.topic == "sightings"]
    assert keys[0] == keys[-1] == MARKER_KEY
    assert len(sightings(accounts)) == len(keys) - 2


def test_a_marker_covers_the_periods_that_were_leapt_over() -> None:
    accounts = Accounts()
    accounts.feed("requests", request("a", "1", START), request("a", "2", START + 5 * PERIOD))
    accounts.checkpoint()
    assert [epoch - START // PERIOD for epoch, _ in marked(accounts)] == [-1, 4]


def test_a_marker_counts_the_accounts_of_two_weeks(small: None) -> None:
    accounts = Accounts()
    accounts.feed("profiles", profile("nobody"))
    accounts.feed("requests", request("gone", "1", START), request("ann", "1", START + 3 * PERIOD))
    later = START + REMEMBERED_MS + PERIOD
    accounts.feed("requests", request("bob", "1", later), request("bob", "2", later + PERIOD))
    accounts.checkpoint()
    told = [SweepMarker.read(o.value) for o in accounts.outputs if o.key == MARKER_KEY]
    assert [(x.epoch - START // PERIOD, x.accounts) for x in told] == [
        (-1, 0),
        (2, 1),
        (REMEMBERED_MS // PERIOD, 2),
        (REMEMBERED_MS // PERIOD + 1, 2),
    ]


def test_every_partition_of_links_is_told() -> None:
    accounts = Accounts(number=1, partitions=3)
    outputs = accounts.partition._sweep.begin(START)
    assert [(o.partition, SweepMarker.read(o.value).partition) for o in outputs] == [
        (0, 1),
        (1, 1),
        (2, 1),
    ]


def test_nothing_comes_before_the_first_period_there_is() -> None:
    accounts = Accounts()
    accounts.feed("requests", request("a", "1", 5))
    accounts.checkpoint()
    assert marked(accounts) == []
