"""Where a partition is read from, against a client that is a dictionary."""

import logging
from typing import Any

import pytest
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.types import TP

from app.transport.placement import Placement
from app.transport.positions import PositionLost

INPUT, CHANGELOG = TP("requests", 0), TP("rows-changelog", 0)


class FakeThread:
    """A client whose log of every partition is [start, end)."""

    def __init__(self, start: int = 0, end: int = 100) -> None:
        self.start, self.end = start, end
        self.sought: list[tuple[TP, int]] = []
        self.durable: dict[TP, int] = {}
        self.consumer_auto_offset_reset = "earliest"
        self.log = logging.getLogger("placement")
        self.consumer = self.transport = self.app = self.conf = self
        self.meanwhile: Any = None

    def _ensure_consumer(self) -> "FakeThread":
        return self

    def seek(self, tp: TP, offset: int) -> None:
        self.sought.append((TP(*tp), offset))

    def is_changelog(self, tp: TP) -> bool:
        return tp == CHANGELOG

    def durable_position(self, tp: TP) -> int | None:
        return self.durable.get(tp)

    async def beginning_offsets(self, tps: list[Any]) -> dict[Any, int]:
        if self.meanwhile is not None:
            self.meanwhile()
        return dict.fromkeys(tps, self.start)

    async def end_offsets(self, tps: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(tps, self.end)


def placed(thread: FakeThread, tp: TP = INPUT, at: int = 10) -> Placement:
    placement = Placement(thread)  # type: ignore[arg-type]
    placement.place(tp, at)
    thread.sought.clear()
    return placement


def out_of_range(tp: TP, offset: int) -> OffsetOutOfRangeError:
    return OffsetOutOfRangeError({tp: offset})


def test_every_seek_opens_a_tenure() -> None:
    placement = Placement(FakeThread())  # type: ignore[arg-type]
    assert placement.tenure(INPUT) is None
    placement.place(INPUT, 5)
    first = placement.tenure(INPUT)
    placement.place(INPUT, 5)
    assert first is not None
    assert placement.tenure(INPUT) != first
    placement.clear()
    assert placement.tenure(INPUT) is None


def test_no_tenure_comes_twice() -> None:
    """Not even over an assignment: what was fetched before it must not pass for what came after."""
    placement = Placement(FakeThread())  # type: ignore[arg-type]
    seen = set()
    for _ in range(3):
        placement.clear()
        placement.place(INPUT, 5)
        seen.add(placement.tenure(INPUT))
    assert len(seen) == 3


@pytest.mark.parametrize(("policy", "expected"), [("earliest", 20), ("latest", 100)])
async def test_no_position_goes_where_the_policy_says(policy: str, expected: int) -> None:
    thread = FakeThread(start=20)
    thread.consumer_auto_offset_reset = policy
    placement = Placement(thread)  # type: ignore[arg-type]
    assert await placement.place_all({INPUT: None}) == {INPUT: expected}
    assert thread.sought == [(INPUT, expected)]


async def test_an_expired_durable_position_places_nothing() -> None:
    thread = FakeThread(start=20)
    thread.durable = {INPUT: 5}
    other = TP("requests", 1)
    with pytest.raises(PositionLost, match="15 offsets that were never processed"):
        await Placement(thread).place_all({other: 30, INPUT: 5})  # type: ignore[arg-type]
    assert thread.sought == []


async def test_an_expired_committed_position_goes_on_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    thread = FakeThread(start=20)
    placement = Placement(thread)  # type: ignore[arg-type]
    assert await placement.place_all({INPUT: 5}) == {INPUT: 20}
    assert "offset 5 is not in the log" in caplog.text


async def test_out_of_range_with_a_durable_position_ends_the_worker() -> None:
    thread = FakeThread(start=20)
    thread.durable = {INPUT: 10}
    with pytest.raises(PositionLost, match="starts at 20"):
        await placed(thread).recover(out_of_range(INPUT, 10))
    thread.start = 0
    with pytest.raises(PositionLost, match="ends at 100"):
        await placed(thread).recover(out_of_range(INPUT, 500))


async def test_a_changelog_goes_on_from_its_start_but_never_from_its_end() -> None:
    thread = FakeThread(start=20)
    await placed(thread, CHANGELOG).recover(out_of_range(CHANGELOG, 19))
    assert thread.sought == [(CHANGELOG, 20)]
    with pytest.raises(PositionLost, match="ends at 100"):
        await placed(thread, CHANGELOG).recover(out_of_range(CHANGELOG, 101))


async def test_what_was_placed_meanwhile_stays() -> None:
    """The answer about an old position must not undo a newer seek."""
    thread = FakeThread(start=20)
    placement = placed(thread)
    thread.meanwhile = lambda: placement.place(INPUT, 77)
    await placement.recover(out_of_range(INPUT, 10))
    assert thread.sought == [(INPUT, 77)]


async def test_what_is_not_placed_yet_is_left_alone() -> None:
    thread = FakeThread(start=20)
    placement = Placement(thread)  # type: ignore[arg-type]
    await placement.recover(out_of_range(INPUT, 10))
    await placement.recover(NoOffsetForPartitionError(INPUT))
    assert thread.sought == []
