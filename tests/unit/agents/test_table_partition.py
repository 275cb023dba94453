"""What any partition of a table keeps for its checkpoints."""

import orjson
import pytest

from app.agents import table_partition
from app.agents.table_partition import Place
from app.state.header import Header, InputPosition
from tests.unit.agents.accounts import START, Accounts, command, hourly, request

NAMES = [f"acct-{i}" for i in range(5)]


@pytest.fixture
def accounts() -> Accounts:
    accounts = Accounts()
    accounts.feed("requests", *hourly(NAMES, 1))
    return accounts


def test_the_first_run_says_where_an_input_begins() -> None:
    accounts = Accounts()
    accounts.place = accounts.partition.place = Place(0, 1, {"requests": "id-1"}, "dead-letters")
    accounts.logs["requests"] = hourly(NAMES, 1)
    accounts.take("requests", 4, 10)
    expected = {"requests": InputPosition("id-1", 0, 10)}
    assert accounts.partition.header().inputs == expected
    assert accounts.partition.durable == {}
    accounts.checkpoint()
    assert accounts.partition.durable == {"requests": 10}


def test_a_slice_holds_no_more_rows_than_asked_and_the_last_the_header(accounts: Accounts) -> None:
    partition = accounts.partition
    partition.freeze()
    slices = [partition.collect(2) for _ in range(3)]
    assert [len(part.rows) for part in slices] == [2, 2, 1]
    assert [part.full for part in slices] == [False, False, True]
    assert {key for part in slices for key, _ in part.rows} == {name.encode() for name in NAMES}
    assert partition.durable == {}
    partition.written()
    assert partition.durable == {"requests": 10}
    assert not partition.changed


def test_the_header_is_of_the_freeze_though_folding_goes_on(accounts: Accounts) -> None:
    partition = accounts.partition
    partition.freeze()
    partition.collect(2)
    accounts.feed("requests", request("acct-0", "more", START + 1), (b"x", b"{"))
    last = partition.collect(100)
    assert last.header is not None
    assert Header.decode(last.header).inputs["requests"].next_offset == 10
    assert last.outputs == []
    partition.written()
    assert partition.durable == {"requests": 10}
    assert partition.changed
    accounts.checkpoint()
    assert accounts.reasons() == ["malformed"]
    assert partition.durable == {"requests": 12}


def test_what_is_urgent_leaves_with_its_row_alone(accounts: Accounts) -> None:
    partition = accounts.partition
    accounts.urgent()  # its first marker
    assert not partition.urgent
    accounts.feed("operators", command("acct-3", "suspend", START))
    accounts.feed("requests", (b"x", b"{"))
    assert partition.urgent
    checkpoint = partition.collect(0)
    assert [output.topic for output in checkpoint.outputs] == ["live", "state"]
    assert checkpoint.actions == 1  # told on two topics
    assert [key for key, _ in checkpoint.rows] == [b"acct-3"]
    assert not checkpoint.full
    assert not partition.urgent
    assert not partition.collect(0)


def test_what_is_urgent_does_not_wait_behind_a_long_checkpoint(accounts: Accounts) -> None:
    partition = accounts.partition
    partition.freeze()
    partition.collect(1)
    accounts.feed("operators", command("acct-3", "suspend", START))
    checkpoint = partition.collect(1)
    assert b"acct-3" in [key for key, _ in checkpoint.rows]
    assert [output.topic for output in checkpoint.outputs] == ["live", "state"]


def test_letters_leave_with_the_header_alone(accounts: Accounts) -> None:
    accounts.feed("requests", (b"x", b"{"))
    accounts.feed("operators", command("acct-3", "suspend", START))
    accounts.urgent()
    assert accounts.reasons() == []
    accounts.checkpoint()
    assert accounts.reasons() == ["malformed"]


def test_a_flood_of_letters_holds_the_inputs_back(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_partition, "BACKLOG_BYTES", 1_000)
    assert not accounts.partition.backlogged
    accounts.feed("requests", *((b"x", b"{" * 100) for _ in range(9)))
    assert accounts.partition.backlogged
    accounts.checkpoint()
    assert not accounts.partition.backlogged


def test_records_taken_are_counted_for_the_metrics(accounts: Accounts) -> None:
    accounts.feed("operators", command("acct-3", "suspend", START))
    assert accounts.partition.taken == {"requests": 10, "operators": 1}


def test_a_recovered_partition_goes_on_where_its_header_says(accounts: Accounts) -> None:
    accounts.checkpoint()
    header = accounts.partition.header().encode()
    accounts.crash()
    assert accounts.partition.header().encode() == header
    assert accounts.partition.durable == {"requests": 10}
    assert not accounts.partition.changed
    assert orjson.loads(header)["counters"]["requests.folded"] == 10
