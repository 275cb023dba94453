"""The lists of watched programs that a worker has heard of, as kernels read them."""

import numpy as np
import pytest

from app.agents.watch_book import WatchBook
from app.events.watches import KEPT, WatchedProgram, WatchList
from app.kernels.watches import entry_of, list_at

PERIOD = 21_600_000


def program(number: int, campaign: int = 5, **changes: object) -> WatchedProgram:
    fields: dict[str, object] = {
        "hash": f"{number:016x}",
        "campaign_id": f"{campaign:016x}",
        "since": PERIOD,
        "probability": 0.99,
        "profile": [125] * 9,
        "nats": [10] * 8,
    }
    return WatchedProgram.model_validate(fields | changes)


def told(epoch: int, partition: int, *programs: WatchedProgram) -> WatchList:
    return WatchList(
        epoch=epoch,
        partition=partition,
        partitions=2,
        starts=(epoch + 1) * PERIOD,
        membership_log_odds=3.0,
        first_share=0.5,
        programs=list(programs),
    )


def watched(book: WatchBook, ts: int) -> set[int]:
    watches = book.watches
    w = list_at(watches, ts)
    return set(watches.program[watches.first[w] : watches.first[w + 1]].tolist())


def test_the_lists_of_all_partitions_are_one() -> None:
    book = WatchBook()
    book.add(told(3, 1, program(9), program(4)))
    book.add(told(3, 0, program(7, 6, probability=0.9, profile=[1] * 9)))
    assert watched(book, 4 * PERIOD) == {4, 7, 9}
    assert watched(book, 4 * PERIOD - 1) == set()
    assert book.newest == 3
    entry = entry_of(book.watches, 1, np.uint64(7))
    assert book.watches.campaign[entry] == 6
    assert book.watches.probability[entry] == 0.9
    assert book.watches.profile[entry].tolist() == [1] * 9
    assert (book.watches.epoch[1], book.watches.log_odds[1], book.watches.share[1]) == (3, 3.0, 0.5)


def test_a_partition_that_has_not_told_yet_is_taken_at_its_last_word() -> None:
    book = WatchBook()
    book.add(told(3, 0, program(1)))
    book.add(told(3, 1, program(2)))
    book.add(told(4, 1, program(3)))
    assert watched(book, 5 * PERIOD) == {1, 3}
    assert (book.reached(2), book.reached(3)) == (3, -1)
    book.add(told(4, 0))
    assert watched(book, 5 * PERIOD) == {3}
    assert watched(book, 4 * PERIOD) == {1, 2}
    assert book.reached(2) == 4


def test_a_list_heard_again_replaces_itself_in_whatever_order_they_come() -> None:
    there, back = WatchBook(), WatchBook()
    lists = [told(3, 0, program(1)), told(4, 0, program(2)), told(4, 1, program(3))]
    for one in [*lists, lists[1]]:
        there.add(one)
    for one in reversed(lists):
        back.add(one)
    for mine, other in zip(there.watches, back.watches, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_as_many_lists_are_kept_as_the_topic_keeps() -> None:
    book = WatchBook()
    for epoch in range(3 * KEPT):
        book.add(told(epoch, 0, program(epoch + 1)))
    assert book.watches.starts.size == 1 + KEPT
    assert len({told(epoch, 0).record_key() for epoch in range(3 * KEPT)}) == KEPT


@pytest.mark.parametrize("changes", [{"profile": [1] * 3}, {"nats": []}, {"profile": [999] * 9}])
def test_programs_of_another_release_are_refused(changes: dict[str, object]) -> None:
    book = WatchBook()
    with pytest.raises(ValueError, match="watched program"):
        book.add(told(3, 0, program(1, **changes)))
    assert book.newest == 0
