"""An event seen among the last 32 or in the last ten minutes, whichever is less, is a repeat."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from app.kernels.repeats import CLOCK_MASK, REPEAT_SECONDS, fingerprint_of, is_repeat, remember
from app.state.layout import ACCOUNT, RECENT

NOW = 1_700_000_000_000
WINDOW = REPEAT_SECONDS * 1000


@pytest.fixture
def rows() -> Any:
    return np.zeros(1, ACCOUNT)


def see(row: Any, fingerprint: int, ts: int) -> bool:
    """What the fold does with an event; whether it was a repeat."""
    clock = max(int(row["last_ts"]), ts)
    if is_repeat(row, np.uint64(fingerprint), np.int64(clock)):
        return True
    remember(row, np.uint64(fingerprint), np.int64(clock))
    row["last_ts"] = clock
    return False


def test_an_event_counts_once_within_ten_minutes(rows: Any) -> None:
    row = rows[0]
    assert not see(row, 7, NOW)
    assert see(row, 7, NOW)
    assert see(row, 7, NOW + WINDOW)
    assert not see(row, 7, NOW + WINDOW + 1_000)


def test_a_late_copy_is_judged_by_the_rows_clock(rows: Any) -> None:
    row = rows[0]
    see(row, 7, NOW)
    see(row, 8, NOW + WINDOW + 2_000)
    assert not see(row, 7, NOW)


def test_only_so_many_are_kept(rows: Any) -> None:
    row = rows[0]
    for event in range(1, RECENT + 1):
        assert not see(row, event, NOW)
    assert see(row, 1, NOW)
    assert not see(row, RECENT + 1, NOW)
    assert not see(row, 1, NOW)
    assert see(row, 3, NOW)


@pytest.mark.parametrize("extra", [0, 1, WINDOW])
def test_the_clocks_lap_hides_no_gap(rows: Any, extra: int) -> None:
    """The ring keeps sixteen bits of the clock: 18.2 hours later an entry must not look fresh."""
    row = rows[0]
    see(row, 7, NOW)
    assert not see(row, 7, NOW + (CLOCK_MASK + 1) * 1_000 + extra)


def test_no_event_has_the_mark_of_an_empty_place(rows: Any) -> None:
    assert fingerprint_of(np.int64(0)) != 0
    assert fingerprint_of(np.int64(-1)) == np.uint64(2**64 - 1)
    assert not see(rows[0], int(fingerprint_of(np.int64(0))), 0)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 6),
            st.sampled_from((0, 1_000, 30_000, 299_000, 600_000, 601_000, 65_536_000, 70_000_000)),
        ),
        max_size=60,
    )
)
def test_it_is_a_list_of_the_last_events(steps: list[tuple[int, int]]) -> None:
    row = np.zeros(1, ACCOUNT)[0]
    kept: list[tuple[int, int]] = []
    now = NOW
    for event, step in steps:
        now += step
        repeat = any(e == event and (now - at) // 1_000 <= REPEAT_SECONDS for e, at in kept)
        assert see(row, event, now) == repeat
        if not repeat:
            kept = [*kept, (event, now)][-RECENT:]
