"""Which offsets may be committed."""

import random

import pytest
from faust.types import TP

from app.transport.ledger import AckLedger

TP0, TP1 = TP("t", 0), TP("t", 1)


def test_nothing_may_be_committed_before_the_first_chunk_is_done() -> None:
    ledger = AckLedger()
    assert ledger.committable(TP0) is None
    ledger.enter(TP0, 10)
    assert ledger.committable(TP0) is None


def test_the_settled_front_may_be_committed() -> None:
    ledger = AckLedger()
    first, second, third = (ledger.enter(TP0, end) for end in (10, 20, 30))
    third.settle()
    second.settle()
    assert ledger.committable(TP0) is None
    first.settle()
    assert ledger.committable(TP0) == 30
    assert ledger.outstanding(TP0) == 0


def test_partitions_do_not_wait_for_each_other() -> None:
    ledger = AckLedger()
    ledger.enter(TP0, 10)
    ledger.enter(TP1, 99).settle()
    assert ledger.committable(TP0) is None
    assert ledger.committable(TP1) == 99


def test_what_was_delivered_before_a_seek_no_longer_counts() -> None:
    ledger = AckLedger()
    before = ledger.enter(TP0, 1000)
    ledger.forget([TP0])
    after = ledger.enter(TP0, 10)
    before.settle()
    assert ledger.committable(TP0) is None
    after.settle()
    assert ledger.committable(TP0) == 10


def test_settling_twice_is_settling_once() -> None:
    ledger = AckLedger()
    first = ledger.enter(TP0, 10)
    ledger.enter(TP0, 20)
    first.settle()
    first.settle()
    assert ledger.committable(TP0) == 10
    assert ledger.outstanding(TP0) == 1


@pytest.mark.parametrize("seed", range(10))
def test_any_order_of_acknowledgements_commits_only_the_prefix(seed: int) -> None:
    rng = random.Random(seed)
    ends = sorted(rng.sample(range(1, 10_000), 50))
    ledger = AckLedger()
    deliveries = {end: ledger.enter(TP0, end) for end in ends}
    waiting = list(ends)
    for end in rng.sample(ends, len(ends)):
        deliveries[end].settle()
        waiting.remove(end)
        done = [one for one in ends if not waiting or one < waiting[0]]
        assert ledger.committable(TP0) == (done[-1] if done else None)
