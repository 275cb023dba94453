"""Programs that are a campaign's, as partitions of accounts look out for them.

A link is found to be a campaign's when a sighting period is closed, and its members would hear of
it with the next period's sightings. An account that shows up with a campaign's program need not
wait for that: every partition of accounts knows these programs, with what their members are like,
and holds whoever uses one against it at once. So an account that takes the place of a suspended one
is recognised after a few requests.

Lists are in force by event time, from the end of the period that made them to the next one's.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int
from app.state.link_layout import NORMAL_SCORES

_ALWAYS = int(np.iinfo(np.int64).min)


class Watches(NamedTuple):
    """W lists of N entries in all; list ``w`` is the entries ``first[w]`` to ``first[w + 1] - 1``.

    ``starts`` int64[W] event times in ms, ascending, the first before every request; ``first``
    int64[W + 1]; ``epoch`` int64[W] the sighting period that made it; ``log_odds`` and ``share``
    float64[W], as ``membership_log_odds`` and ``first_share`` of ``VerdictRules``. ``program``
    uint64[N], ascending within a list; ``campaign`` uint64[N]; ``since`` int64[N] event time in ms
    at which the program was found to be the campaign's; ``probability`` float64[N] that it is;
    ``profile`` uint8[N, normal scores] and ``nats`` uint8[N, families] as in ``LINK``.
    """

    starts: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    epoch: npt.NDArray[np.int64]
    log_odds: npt.NDArray[np.float64]
    share: npt.NDArray[np.float64]
    program: npt.NDArray[np.uint64]
    campaign: npt.NDArray[np.uint64]
    since: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    profile: npt.NDArray[np.uint8]
    nats: npt.NDArray[np.uint8]


def no_watches(lists: int = 1, entries: int = 0) -> Watches:
    """Room for ``lists`` lists (at least one) of ``entries`` entries in all, the first of them in
    force always, and nothing in them."""
    watches = Watches(
        starts=np.zeros(lists, np.int64),
        first=np.zeros(lists + 1, np.int64),
        epoch=np.full(lists, -1, np.int64),
        log_odds=np.zeros(lists, np.float64),
        share=np.zeros(lists, np.float64),
        program=np.zeros(entries, np.uint64),
        campaign=np.zeros(entries, np.uint64),
        since=np.zeros(entries, np.int64),
        probability=np.zeros(entries, np.float64),
        profile=np.zeros((entries, len(NORMAL_SCORES)), np.uint8),
        nats=np.zeros((entries, 8), np.uint8),
    )
    watches.starts[0] = _ALWAYS
    return watches


NO_WATCHES = no_watches()


@lean_kernel
def list_at(watches: Watches, ts: Int) -> Int:
    """The list in force at event time ``ts`` (ms)."""
    w = watches.starts.size - 1
    while w > 0 and watches.starts[w] > ts:
        w -= 1
    return np.int64(w)


@lean_kernel
def entry_of(watches: Watches, w: Int, program: np.uint64) -> Int:
    """The entry of ``program`` in list ``w``; -1: it is not there."""
    low, high = watches.first[w], watches.first[w + 1]
    end = high
    while low < high:
        middle = (low + high) // 2
        if watches.program[middle] < program:
            low = middle + 1
        else:
            high = middle
    if low < end and watches.program[low] == program:
        return low
    return np.int64(-1)
