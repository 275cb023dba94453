import numpy as np
import pytest

from app.kernels.regimes import COLD, regime_at
from app.policy import regimes as module
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from tests.reference.populations import snapshot

HOUR = 3_600_000
FIRST = 1_000 * HOUR


def policy(name: str, **times: int) -> PolicyDocument:
    return PolicyDocument(version=name, **times)


def judged_by(policies: list[PolicyDocument], ts: int) -> str:
    regimes = build_regimes(policies, [])
    return policies[regimes.policy[regime_at(regimes, ts)]].version


def test_a_policy_judges_from_its_time_on() -> None:
    policies = [policy("1"), policy("3", effective_from=300), policy("2", effective_from=200)]
    for ts, expected in ((-5, "1"), (0, "1"), (199, "1"), (200, "2"), (299, "2"), (300, "3")):
        assert judged_by(policies, ts) == expected


def test_of_two_that_start_together_the_later_published_holds() -> None:
    policies = [policy("1"), policy("2", effective_from=9), policy("3", effective_from=9)]
    assert judged_by(policies, 9) == "3"


def test_the_first_policy_also_judges_what_came_before_it() -> None:
    assert judged_by([policy("1", effective_from=100)], 5) == "1"


def test_there_must_be_a_policy() -> None:
    with pytest.raises(ValueError, match="no policy"):
        build_regimes([], [])


def test_a_snapshot_judges_from_its_start_until_a_newer_one_or_its_end() -> None:
    snapshots = [snapshot(5, FIRST), snapshot(6, FIRST + HOUR)]
    regimes = build_regimes([PolicyDocument()], snapshots)

    def number(ts: int) -> int:
        return int(regimes.snapshot[regime_at(regimes, ts)])

    assert number(0) == COLD
    assert number(FIRST - 1) == COLD
    assert number(FIRST) == 5
    assert number(FIRST + HOUR - 1) == 5
    assert number(FIRST + HOUR) == 6
    week = 168 * HOUR
    assert number(FIRST + HOUR + week - 1) == 6
    assert number(FIRST + HOUR + week) == COLD


def test_a_snapshot_of_too_few_accounts_is_passed_over() -> None:
    snapshots = [snapshot(5, FIRST), snapshot(6, FIRST + HOUR, accounts=99)]
    regimes = build_regimes([PolicyDocument()], snapshots)
    assert regimes.snapshot[regime_at(regimes, FIRST + 2 * HOUR)] == 5


def test_the_policy_in_force_decides_which_snapshots_are_large_enough() -> None:
    bold = PolicyDocument.model_validate(
        {"effective_from": FIRST + HOUR, "population": {"minimum_accounts": 50}}
    )
    regimes = build_regimes([PolicyDocument(), bold], [snapshot(5, FIRST, accounts=60)])
    assert regimes.snapshot[regime_at(regimes, FIRST)] == COLD
    assert regimes.snapshot[regime_at(regimes, FIRST + HOUR)] == 5


def test_order_of_arrival_does_not_matter() -> None:
    snapshots = [snapshot(number, FIRST + number * HOUR) for number in range(6)]
    policies = [policy("1"), policy("2", effective_from=FIRST + 2 * HOUR)]
    there = build_regimes(policies, snapshots)
    back = build_regimes(policies, snapshots[::-1])
    for one, other in zip(there[:-1], back[:-1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_the_newest_regimes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REGIMES", 3)
    snapshots = [snapshot(number, FIRST + number * HOUR) for number in range(10)]
    regimes = build_regimes([PolicyDocument()], snapshots)
    assert regimes.snapshot.tolist() == [8, 9, COLD]
    assert regime_at(regimes, 0) == 0  # older events get the oldest known


def test_regime_at_is_a_search_in_the_starts() -> None:
    snapshots = [snapshot(number, FIRST + number * HOUR) for number in range(40)]
    regimes = build_regimes([PolicyDocument()], snapshots)
    for ts in (*range(FIRST - HOUR, FIRST + 45 * HOUR, HOUR // 3), int(regimes.starts[0])):
        expected = int(np.searchsorted(regimes.starts, ts, side="right")) - 1
        assert regime_at(regimes, ts) == expected
