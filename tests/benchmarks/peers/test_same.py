"""All contestants compute the same rows, and act for the same request."""

import copy

import orjson
import pytest

from tests.benchmarks.peers import load, same
from tests.benchmarks.windows import LEAST_REQUESTS, empty, fold, tips

RECORDS = same.requests()
EXPECTED = same.plain(RECORDS)
MARKED = [load.marked_key(n).decode() for n in range(2)]


def test_what_quix_streams_runs() -> None:
    assert same.differences(EXPECTED, same.quix(RECORDS), same.EXACT) == []


def test_what_reflux_runs() -> None:
    assert same.differences(EXPECTED, same.reflux(RECORDS), same.TICKS) == []


@pytest.mark.kafka
def test_what_kafka_streams_runs() -> None:
    """Where Apache Kafka can be started, Java and Maven are there."""
    assert same.differences(EXPECTED, same.streams(RECORDS), same.EXACT) == []


def test_only_marked_accounts_are_acted_on() -> None:
    assert [account for account, row in EXPECTED.items() if row["acted"]] == MARKED
    ordinary = [row for account, row in EXPECTED.items() if account not in MARKED]
    assert min(row["requests"][2] for row in ordinary) > LEAST_REQUESTS


def test_the_last_request_of_a_marked_account_is_the_one_that_tips() -> None:
    row, tipped = empty(), []
    for value in RECORDS.values:
        request = orjson.loads(value)
        if request["account_id"] == MARKED[0]:
            fold(row, request)
            tipped.append(tips(row))
    assert tipped == [False] * load.LEAST + [True]
    assert not tips(row)  # once


def test_a_difference_is_told() -> None:
    other = copy.deepcopy(EXPECTED)
    other[MARKED[0]]["elicitation"][1] *= 1.01
    other[MARKED[1]]["tasks"]["chat"] = 1.0
    wrong = same.differences(EXPECTED, other, same.TICKS)
    assert [text.split(":")[0] for text in wrong] == [
        f"{MARKED[0]} elicitation",
        f"{MARKED[1]} tasks",
    ]
    del other[MARKED[0]]
    assert same.differences(EXPECTED, other, same.TICKS) == [f"other accounts: {MARKED[:1]}"]
