"""What judges now: policies as they are published, and never one that is invalid."""

import orjson
import pytest

from app.agents.judgement import MAX_POLICIES, JudgementBook
from app.kernels import parameters as p
from app.kernels.regimes import COLD, regime_at
from app.policy.load import default_policy

NOW = 1_700_000_000_000


def letter(version: str, **sections: object) -> bytes:
    return orjson.dumps(
        {
            "name": "default",
            "version": version,
            "author": "somebody",
            "reason": "a test",
            "published_at": NOW,
            **sections,
        }
    )


@pytest.fixture
def book() -> JudgementBook:
    return JudgementBook(default_policy())


def version_at(book: JudgementBook, ts: int) -> str:
    regimes = book.current.regimes
    return book.current.policies[int(regimes.policy[regime_at(regimes, ts)])].version


def test_without_a_population_nothing_but_the_shipped_policy_judges(book: JudgementBook):
    assert version_at(book, NOW) == default_policy().version
    assert book.current.regimes.snapshot.tolist() == [COLD]


def test_a_policy_judges_from_its_event_time(book: JudgementBook):
    before = book.current
    book.policy_record(b"default", letter("7", effective_from=NOW + 50, shadow=True), NOW)
    assert version_at(book, NOW + 49) == default_policy().version
    assert version_at(book, NOW + 50) == "7"
    regimes = book.current.regimes
    assert regimes.parameters[regime_at(regimes, NOW + 50), p.SHADOW] == 1.0
    assert before.policies == (default_policy(),)


def test_a_policy_without_a_time_judges_from_its_publication(book: JudgementBook):
    book.policy_record(b"default", letter("7"), NOW + 5)
    assert version_at(book, NOW - 1) == default_policy().version
    assert version_at(book, NOW) == "7"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        letter("8", ladder={"throttle": {"risk": 7}}),
        letter("8", ladder="steep"),
        letter("8", no_such_section={}),
        letter(
            "8", exemptions=[{"kind": "payment", "value": "zz", "expires_at": 1, "reason": "x"}]
        ),
        letter("8", published_at="yesterday"),
        letter("8", clock={"retention_days": 1, "allowed_lateness_hours": 48}),
        b"{" + b'"a":' * 100_000,
    ],
)
def test_an_invalid_policy_leaves_the_one_in_force(book: JudgementBook, value: bytes):
    book.policy_record(b"default", letter("7"), NOW)
    in_force = book.current
    book.policy_record(b"default", value, NOW + 1)
    assert book.current is in_force
    book.policy_record(b"default", letter("9"), NOW)
    assert version_at(book, NOW) == "9"


def test_a_tombstone_brings_the_shipped_policy_back(book: JudgementBook):
    book.policy_record(b"default", letter("7"), NOW)
    book.policy_record(b"default", None, NOW + 100)
    assert version_at(book, NOW + 99) == "7"
    assert version_at(book, NOW + 100) == default_policy().version


def test_a_policy_of_another_name_is_none_of_ours(book: JudgementBook):
    in_force = book.current
    book.policy_record(b"canary", letter("7"), NOW)
    book.policy_record(b"\xff", None, NOW)
    assert book.current is in_force


def test_old_policies_are_let_go(book: JudgementBook):
    for number in range(MAX_POLICIES + 3):
        book.policy_record(b"default", letter(str(number), effective_from=NOW + number), NOW)
    assert len(book.current.policies) == MAX_POLICIES + 1
    assert version_at(book, NOW + 10**6) == str(MAX_POLICIES + 2)


@pytest.mark.parametrize("value", [None, b"", b"{}", b"[1]", b'{"snapshot": 1}'])
def test_a_part_that_is_none_is_refused(book: JudgementBook, value: bytes | None):
    in_force = book.current
    book.population_record(b"1:0", value)
    assert book.current is in_force
