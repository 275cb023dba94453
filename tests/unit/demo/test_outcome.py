from collections import Counter

import numpy as np
import orjson
import pytest

from app.demo.outcome import Actions, Ledger, Outcome
from app.simulation.population import Labels

LABELS = Labels(
    ["a", "b", "c", "d", "e"],
    ["naive", "individuals", "naive", "products", "products"],
    np.array([True, False, True, False, False]),
    np.array([10, 20, 30, 40, 50]),
    np.array([10, 0, 30, 0, 0]),
    np.array([0, 1, 0, 2, 3]),
    refused=np.zeros(5, np.int64),
    abandoned=np.zeros(5, np.int64),
    exists=np.ones(5, np.bool_),
)


def outcome(*actions: tuple[str, int, str]) -> Outcome:
    taken = Actions()
    for account, sequence, action in actions:
        taken.apply(account, sequence, action)
    return Outcome(
        requests=150,
        ledger=Ledger(taken=150, folded=145, duplicates=2, dead=3),
        actions=taken,
        letters=Counter({"malformed": 2, "late": 1}),
        labels=LABELS,
        seconds=1.5,
    )


def test_repeats_and_stragglers_count_once() -> None:
    actions = Actions()
    assert actions.apply("a", 5, "throttle")
    assert not actions.apply("a", 5, "throttle")
    assert not actions.apply("a", 4, "observe")
    assert actions.apply("b", 4, "observe")
    assert actions.apply("a", 6, "suspend")
    assert actions.counts == {"throttle": 1, "observe": 1, "suspend": 1}


def test_the_summary_tells_campaign_from_benign() -> None:
    summary = outcome(
        ("a", 1, "throttle"),
        ("a", 2, "suspend"),
        ("c", 1, "suspend"),
        ("d", 1, "throttle"),
        ("d", 2, "release"),
        ("b", 1, "observe"),
    ).summary()
    assert summary == {
        "requests": 150,
        "folded": 145,
        "duplicates": 2,
        "dead_letters": 3,
        "accounts": 5,
        "fraudulent_accounts": 2,
        "fraudulent_throttled": 1,
        "fraudulent_suspended": 2,
        "benign_accounts": 3,
        "benign_throttled": 1,
        "benign_suspended": 0,
        "actions": {"observe": 1, "throttle": 2, "suspend": 2, "release": 1},
        "seconds": 1.5,
        "events_per_second": 100.0,
    }
    assert orjson.loads(orjson.dumps(summary)) == summary


def test_an_account_released_later_was_suspended_all_the_same() -> None:
    summary = outcome(("b", 1, "suspend"), ("b", 2, "release")).summary()
    assert summary["benign_suspended"] == 1


def test_without_actions_every_kind_is_there_with_nothing() -> None:
    assert outcome().summary()["actions"] == dict.fromkeys(
        ("observe", "throttle", "suspend", "release"), 0
    )


@pytest.mark.parametrize(
    ("name", "value", "remark"),
    [
        ("requests", "150", "= 145 folded + 2 duplicates + 3 dead letters"),
        ("dead letters", "3", "2 malformed, 1 late"),
        ("campaign suspended", "1 / 2", "0 throttled"),
        ("benign suspended", "0 / 3", "2 throttled (2 products)"),
    ],
)
def test_the_table_for_people(name: str, value: str, remark: str) -> None:
    lines = outcome(("a", 1, "suspend"), ("d", 1, "throttle"), ("e", 1, "throttle")).lines()
    assert (name, value, remark) in lines
