"""Which list of watched programs is in force, and what it holds, by plain Python."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.kernels.watches import NO_WATCHES, Watches, entry_of, list_at, no_watches

LISTS = st.lists(st.sets(st.integers(0, 40), max_size=12), max_size=4)
STARTS = st.lists(st.integers(0, 30), min_size=4, max_size=4, unique=True).map(sorted)


def built(lists: list[set[int]], starts: list[int]) -> Watches:
    watches = no_watches(1 + len(lists), sum(map(len, lists)))
    at = 0
    for w, programs in enumerate(lists, 1):
        watches.starts[w], watches.first[w] = starts[w - 1], at
        for program in sorted(programs):
            watches.program[at] = program
            at += 1
    watches.first[-1] = at
    return watches


@given(LISTS, STARTS, st.integers(-5, 40), st.integers(0, 41))
def test_a_program_is_found_in_the_list_of_its_time_and_nowhere_else(
    lists: list[set[int]], starts: list[int], ts: int, program: int
) -> None:
    watches = built(lists, starts)
    begun = [w for w in range(len(lists)) if starts[w] <= ts]
    w = list_at(watches, ts)
    assert w == (begun[-1] + 1 if begun else 0)
    entry = entry_of(watches, w, np.uint64(program))
    if begun and program in lists[begun[-1]]:
        assert watches.first[w] <= entry < watches.first[w + 1]
        assert watches.program[entry] == program
    else:
        assert entry == -1


def test_without_lists_nothing_is_watched() -> None:
    assert list_at(NO_WATCHES, 0) == 0
    assert entry_of(NO_WATCHES, 0, np.uint64(0)) == -1
