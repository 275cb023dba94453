"""Requests of one partition: all accounted for, however they are cut, whatever a restart loses."""

from itertools import pairwise
from typing import Any

import google_crc32c
import hypothesis.strategies as st
import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings

from app.agents import table_partition
from app.agents.table_partition import GapInInput, Run
from app.events.framing import to_avro
from app.events.requests import Request
from app.events.watches import WatchedProgram, WatchList
from app.kernels.batches import Framed, frame
from app.kernels.murmur2 import partition_of
from tests.benchmarks.traffic import batch
from tests.unit.agents.accounts import (
    DAY,
    FOLDS,
    HOUR,
    PERIOD_HOURS,
    START,
    Accounts,
    Record,
    command,
    document,
    hourly,
    profile,
    request,
    verdict,
)

QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = ("ann", "bob", "cyd")
CAMPAIGN = "00000000000000f1"


def assert_sum(accounts: Accounts) -> None:
    counted = accounts.counters()
    became = sum(counted[f"requests.{what}"] for what in ("folded", "duplicates", "dead"))
    assert counted["requests.in"] == became


def test_hostile_records_are_dead_letters_and_all_are_accounted_for() -> None:
    accounts = Accounts()
    accounts.recorded_ms = START + DAY
    good = document("ann", "e", START + DAY)
    accounts.feed(
        "requests",
        request("ann", "1", START + DAY),
        request("ann", "1", START + DAY),
        (b"ann", b"{"),
        (b"ann", b"nonsense"),
        (b"ann", b""),
        (b"ann", None),
        (None, orjson.dumps(good)),
        (b"bob", orjson.dumps(good)),
        (b"", orjson.dumps(good)),
        (b"ann", orjson.dumps({**good, "ts": "now"})),
        (b"ann", orjson.dumps({**good, "proxy": 2})),
        (b"ann", orjson.dumps({k: v for k, v in good.items() if k != "turn"})),
        (b"ann", orjson.dumps({**good, "surface": "x" * 70_000})),
        (b"ann", b"\0\0\0"),
        request("ann", "late", START - 1),
        request("ann", "early", START + DAY + 600_001),
        request("ann", "ahead", START + DAY + 600_000),
        (b"k" * 70_000, orjson.dumps(good)),
    )
    accounts.checkpoint()
    assert accounts.reasons() == [
        "malformed",
        "unknown_framing",
        "unknown_framing",
        "null_value",
        "key_mismatch",
        "key_mismatch",
        "key_mismatch",
        "wrong_type",
        "out_of_range",
        "missing_field",
        "oversize",
        "malformed",
        "late",
        "early",
        "key_mismatch",
    ]
    counted = accounts.counters()
    assert counted["requests.in"] == 18
    assert (counted["requests.folded"], counted["requests.duplicates"]) == (2, 1)
    assert counted["requests.dead"] == 15
    letters = accounts.sent("dead-letters")
    assert [letter["source"]["offset"] for letter in letters] == [*range(2, 16), 17]
    assert len(accounts.partition.store) == 1


def test_an_account_of_another_partition_is_refused() -> None:
    accounts = Accounts(partitions=4, number=1)
    keys = [f"acct-{i}" for i in range(40)]
    belongs = [
        int(partition_of(np.frombuffer(k.encode(), np.uint8), 0, len(k), 4)) == 1 for k in keys
    ]
    accounts.feed("requests", *(request(k, k, START) for k in keys))
    accounts.checkpoint()
    assert accounts.reasons() == ["wrong_partition"] * belongs.count(False)
    assert set(accounts.rows) == {k.encode() for k, b in zip(keys, belongs, strict=True) if b}
    assert_sum(accounts)


def test_records_that_could_not_be_told_apart_are_counted_each() -> None:
    accounts = Accounts()
    whole = bytearray(batch([request("ann", str(i), START) for i in range(4)], 0, -1))
    whole[61] = 0x01  # the first record has a length of -1; the checksum vouches for it
    whole[17:21] = google_crc32c.value(bytes(whole[21:])).to_bytes(4, "big")
    for topic, fold in FOLDS.items():
        assert list(fold(accounts.partition, Run(topic, bytes(whole), 0, 4))) == []
    accounts.checkpoint()
    counted = accounts.counters()
    for topic in FOLDS:
        assert (counted[f"{topic}.in"], counted[f"{topic}.dead"]) == (4, 4), topic
    assert [letter["count"] for letter in accounts.sent("dead-letters")] == [4] * 4


def test_both_framings_fold_alike() -> None:
    plain, avro = Accounts(), Accounts()
    fields = document("ann", "1", START)
    plain.feed("requests", (b"ann", orjson.dumps(fields)))
    avro.feed("requests", (b"ann", to_avro(Request.from_fields(fields), 0)))
    assert plain.durable_rows() == avro.durable_rows()


def test_no_room_for_new_accounts_leaves_the_known_ones_working() -> None:
    accounts = Accounts(limit=2)
    accounts.feed(
        "requests", *(request(f"a{i % 130}", f"e{i}", START + i) for i in range(260)), cut=50
    )
    accounts.checkpoint()
    counted = accounts.counters()
    assert (counted["requests.folded"], counted["requests.dead"]) == (4, 256)
    letters = accounts.sent("dead-letters")
    assert len(letters) == 101
    assert sum(letter["count"] for letter in letters) == 256
    assert letters[-1]["last_offset"] == 259


def test_a_gap_in_the_input_stops_the_worker() -> None:
    accounts = Accounts()
    accounts.feed("requests", request("ann", "1", START))
    run = Run("requests", batch([request("ann", "2", START)], 2, -1), 2, 3)  # type: ignore[list-item]
    with pytest.raises(GapInInput, match="from 2 on"):
        list(accounts.partition.requests(run))


def test_a_run_that_was_taken_before_changes_nothing() -> None:
    accounts = Accounts()
    accounts.feed("requests", *hourly(NAMES, 3))
    before = accounts.partition.header().encode()
    for first, stop in ((0, 18), (0, 3), (5, 18)):
        accounts.take("requests", first, stop)
    assert accounts.partition.header().encode() == before


def test_overlapping_runs_are_joined() -> None:
    accounts, whole = Accounts(), Accounts()
    records = hourly(NAMES, 3)
    whole.feed("requests", *records)
    accounts.logs["requests"] = records
    for first, stop in ((0, 5), (3, 11), (10, 18)):
        accounts.take("requests", first, stop)
    assert accounts.durable_rows() == whole.durable_rows()


@pytest.mark.parametrize("runs", [((0, 5), (5, 11), (11, 20)), ((0, 5), (3, 11), (10, 20))])
def test_what_was_read_ahead_folds_as_what_is_read_in_its_turn(
    runs: tuple[tuple[int, int], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    records = hourly(NAMES, 3)
    records[7:7] = [(b"ann", b"{"), (b"bob", records[0][1])]
    ahead, whole = Accounts(), Accounts()
    for accounts in (ahead, whole):
        accounts.logs["requests"] = records
    whole.take("requests", 0, len(records))
    read = [ahead.run("requests", first, stop) for first, stop in runs]
    read = [
        run._replace(ahead=ahead.partition.read_ahead(run.data, run.first_offset)) for run in read
    ]
    framed: list[int] = []

    def again(data: bytes, first_offset: int, **options: Any) -> Framed:
        framed.append(first_offset)
        return frame(data, first_offset, **options)

    monkeypatch.setattr(table_partition, "frame", again)
    for run in read:
        for _ in FOLDS["requests"](ahead.partition, run):
            ahead.checkpoint()
    assert framed == [after for (_, after), (first, _) in pairwise(runs) if first < after]
    assert ahead.durable_rows() == whole.durable_rows()
    assert ahead.counters() == whole.counters()
    assert ahead.counters()["requests.dead"] == 2


def test_a_gap_before_what_was_read_ahead_stops_the_worker() -> None:
    accounts = Accounts()
    accounts.feed("requests", *hourly(NAMES, 1))
    data = batch([request("ann", "2", START)], 50, -1)  # type: ignore[list-item]
    run = Run("requests", data, 50, 51, accounts.partition.read_ahead(data, 50))
    with pytest.raises(GapInInput, match="from 50 on"):
        list(accounts.partition.requests(run))


def test_room_is_made_anew_after_a_pause() -> None:
    """While a sweep's report leaves, another input may bring so many accounts that the index has
    no room left for those of the requests."""
    accounts = Accounts(limit=5_000)
    accounts.feed("requests", request("ann", "1", START))
    later = START + PERIOD_HOURS * HOUR
    accounts.logs["requests"] += [request(f"r{i}", f"r{i}", later) for i in range(600)]
    paused = accounts.partition.requests(accounts.run("requests", 1, 601))
    next(paused)
    accounts.feed("profiles", *(profile(f"p{i}") for i in range(500)))
    accounts.checkpoint()
    assert list(paused) == []
    assert accounts.counters()["requests.folded"] == 601
    assert accounts.reasons() == []


# However the log is cut, and wherever a restart falls.

_request = st.builds(
    lambda name, event, minutes, elicitation: (name, event, minutes, elicitation),
    st.sampled_from(NAMES),
    st.integers(0, 12),
    st.sampled_from((0, 0, 1, 7, 40, 200, -3, -30, 60 * 25, -60 * 30)),
    st.sampled_from((0.0, 1.0)),
)


def stream(steps: list[tuple[str, int, int, float]]) -> list[Record]:
    """Requests whose clock moves by the steps' minutes; a negative one is late, and moves none."""
    records: list[Record] = []
    clock = START + 5 * HOUR
    for name, event, minutes, elicitation in steps:
        clock += max(minutes, 0) * 60_000
        ts = clock + min(minutes, 0) * 60_000
        records.append(request(name, f"event-{event}", ts, elicitation=elicitation))
    return records


@QUICK
@given(st.lists(_request, max_size=40), st.integers(1, 11))
def test_cuts_decide_nothing(steps: list[tuple[str, int, int, float]], cut: int) -> None:
    whole, parts = Accounts(), Accounts()
    records = stream(steps)
    if records:
        whole.feed("requests", *records)
        parts.feed("requests", *records, cut=cut)
    assert parts.durable_rows() == whole.durable_rows()
    assert parts.partition.header().encode() == whole.partition.header().encode()
    assert told(parts) == told(whole)
    assert_sum(parts)


def told(accounts: Accounts) -> list[Any]:
    """What was told the world, without the order between topics and within a transaction."""
    return sorted((o.topic, o.key, o.value or b"") for o in accounts.outputs)


_mishap = st.tuples(st.integers(1, 9), st.sampled_from(("none", "urgent", "slices", "full")))


@QUICK
@given(
    st.lists(_request, min_size=1, max_size=40),
    st.lists(_mishap, max_size=6),
    st.integers(1, 2),
)
@example([("ann", 0, 0, 0.0), ("bob", 0, 0, 0.0), ("bob", 0, 0, 0.0)], [(3, "slices")], 1)
@example(
    [(n, 0, 0, 0.0) for n in ["ann", "bob", "bob", "bob", "ann"]], [(3, "slices"), (1, "full")], 1
)
@example([("ann", 0, 0, 0.0), ("bob", 0, 0, 0.0)] * 3, [(2, "full"), (2, "slices")], 1)
def test_a_restart_anywhere_decides_nothing(
    steps: list[tuple[str, int, int, float]], mishaps: list[tuple[int, str]], slices: int
) -> None:
    """Committed work is never done twice: the union of transactions is that of a run without
    crashes, and so are the rows and the counters. Between the slices of a checkpoint requests are
    folded, as the event loop does."""
    records = stream(steps)
    calm, shaken = Accounts(), Accounts()
    calm.feed("requests", *records)
    calm.checkpoint()
    shaken.logs["requests"] = records
    for count, written in mishaps:
        first = shaken.partition.durable.get("requests", 0)
        at = min(first + count, len(records))
        shaken.take("requests", first, at)
        if written == "urgent":
            shaken.urgent()
        elif written == "slices":
            shaken.partition.freeze()
            for _ in range(slices):
                if shaken.slice(1):
                    break
                at = shaken.fold("requests", at, at + 1)
        elif written == "full":
            shaken.checkpoint()
        shaken.crash()
    shaken.resume()
    shaken.checkpoint()
    assert shaken.rows == calm.rows
    assert told(shaken) == told(calm)
    counted, expected = shaken.counters(), calm.counters()
    for free in ("requests.resumed", "requests.late_repeats"):
        counted.pop(free)
        expected.pop(free)
    assert counted == expected
    assert shaken.partition.header().watermark == calm.partition.header().watermark


def test_actions_leave_once_with_the_rows_that_led_to_them() -> None:
    """A crash after an urgent write and before the header repeats no action of a verdict, an
    operator or an exemption."""
    calm, shaken = Accounts(), Accounts()
    for accounts in (calm, shaken):
        accounts.feed("requests", *hourly(NAMES, 1))
        accounts.feed("verdicts", verdict("ann", CAMPAIGN, 3, ts=START + 3 * HOUR))
        accounts.feed("operators", command("bob", "suspend", START + 3 * HOUR))
        if accounts is shaken:
            accounts.urgent()
            accounts.crash()
            assert accounts.header is not None
            assert accounts.header.inputs == {}
            accounts.resume()
        accounts.feed("profiles", profile("ann", exempt_until=START + 90 * DAY))
        if accounts is shaken:
            accounts.urgent()
            accounts.crash()
            accounts.resume()
        accounts.checkpoint()
    assert told(shaken) == told(calm)
    assert [(a["account_id"], a["action"]) for a in calm.sent("live")] == [
        ("ann", "suspend"),
        ("bob", "suspend"),
        ("ann", "release"),
    ]
    assert shaken.rows == calm.rows


def test_repeats_are_counted_once_over_two_restarts() -> None:
    """The row may be ahead of the header for longer than one tenure."""
    accounts = Accounts()
    accounts.feed("operators", command("ann", "suspend", START))
    accounts.feed("requests", *(request("ann", str(i % 2), START + i) for i in range(8)))
    accounts.urgent()  # the row leaves with what the operator decided, ahead of any header
    accounts.crash()
    accounts.take("requests", 0, 3)
    accounts.checkpoint()
    accounts.crash()
    accounts.resume()
    accounts.checkpoint()
    counted = accounts.counters()
    assert (counted["requests.folded"], counted["requests.duplicates"]) == (2, 6)


# What the links of campaigns are watched for.


def watch(accounts: Accounts, *, profile: list[int], epoch: int) -> None:
    """Let ``accounts`` hear that the program of all requests is a campaign's."""
    heard = WatchList(
        epoch=epoch,
        partition=0,
        partitions=1,
        starts=(epoch + 1) * PERIOD_HOURS * HOUR,
        membership_log_odds=5.0,
        first_share=1.0,
        programs=[
            WatchedProgram(
                hash=document("ann", "1", START)["template_hash"],
                campaign_id=CAMPAIGN,
                since=START,
                probability=1.0,
                profile=profile,
                nats=[40] * 8,
            )
        ],
    )
    accounts.book.watch_record(heard.to_json())


def test_who_uses_a_program_of_a_campaign_is_acted_on_at_the_third_request() -> None:
    accounts = Accounts()
    period = START // (PERIOD_HOURS * HOUR)
    watch(accounts, profile=[125] * 9, epoch=period)
    starts = (period + 1) * PERIOD_HOURS * HOUR
    early = [request("bob", f"b{i}", START + i) for i in range(5)]
    accounts.feed("requests", *early)
    late = [request("ann", f"a{i}", starts + i) for i in range(4)]
    accounts.feed("requests", *late)
    accounts.urgent()
    (action,) = accounts.sent("live")
    assert (action["account_id"], action["action"]) == ("ann", "suspend")
    assert action["campaign_id"] == CAMPAIGN
    assert action["issued_at"] == starts + 2
    assert action["source"]["topic"] == "requests"
    assert any("client program" in reason["text"] for reason in action["reasons"])
    row = accounts.row("ann")
    assert (row["campaign"], row["campaign_epoch"]) == (int(CAMPAIGN, 16), period)


def test_a_watch_that_cannot_be_read_changes_nothing() -> None:
    accounts = Accounts()
    accounts.book.watch_record(None)
    accounts.book.watch_record(b"{}")
    watch(accounts, profile=[125], epoch=0)
    assert accounts.book.watches_reached(1) == -1
    accounts.feed("requests", *hourly(NAMES, 8))
    assert accounts.sent("live") == []
