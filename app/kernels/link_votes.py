"""Which campaigns a link's sightings hold already, so that links of one campaign find each other.

Of each window the ``VOTES`` smallest campaign ids are kept, each with the number of sightings that
hold it. Ids begin with the epoch in which a campaign was found, so these are the oldest ones, and
links that adopt the oldest id that enough of their members hold come to agree on one. Several are
kept because a single stray member of an older campaign must not hide what all others hold.

This is a bottom-k sketch whose counts are exact: an id that has given way to smaller ones can never
be among the smallest again, so the counts of those that are there at the end have missed nothing.
Order and merging leave no trace.
"""

from typing import Any

import numpy as np

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.link_sums import SUMS_CEILING, Clock, capped_sum, in_window
from app.state.link_layout import VOTES


@lean_kernel
def forget_votes(row: Record, epoch: Int, clock: Clock) -> None:
    """Clear the windows that ``epoch`` makes too old; before ``advance`` is called for it."""
    windows = epoch // clock.window - np.int64(row["last_epoch"]) // clock.window
    for ahead in range(1, min(windows, 2) + 1):
        w = (epoch // clock.window + 1 - ahead) & 1
        for k in range(VOTES):
            row["vote"][w, k] = 0
            row["votes"][w, k] = 0


@lean_kernel
def add_vote(row: Record, epoch: Int, campaign: np.uint64, clock: Clock) -> None:
    """Count a sighting of ``epoch`` that holds ``campaign`` (0: none, which is no vote).

    ``advance`` was called for the epoch; one whose window is forgotten changes nothing.
    """
    if campaign != np.uint64(0) and in_window(row, epoch, clock):
        _count(row, epoch // clock.window & 1, campaign, np.int64(1))


@lean_kernel
def merge_votes(row: Record, other: Record, clock: Clock) -> None:
    """Add the votes in ``other`` to ``row``, which has been advanced to the newest epoch of both.

    No sighting may have been folded into both.
    """
    newest = np.int64(other["last_epoch"]) // clock.window
    for back in range(2):
        window = newest - back
        if window < 0 or np.int64(row["last_epoch"]) // clock.window - window > 1:
            continue
        w = window & 1
        for k in range(VOTES):
            if other["vote"][w, k] != np.uint64(0):
                _count(row, w, other["vote"][w, k], np.int64(other["votes"][w, k]))


@lean_kernel
def _count(row: Record, w: Int, campaign: np.uint64, votes: Int) -> None:
    place = 0
    while place < VOTES and row["vote"][w, place] != 0 and row["vote"][w, place] < campaign:
        place += 1
    if place == VOTES:
        return
    if row["vote"][w, place] != campaign:
        for k in range(VOTES - 1, place, -1):
            row["vote"][w, k] = row["vote"][w, k - 1]
            row["votes"][w, k] = row["votes"][w, k - 1]
        row["vote"][w, place] = campaign
        row["votes"][w, place] = 0
    row["votes"][w, place] = capped_sum(row["votes"][w, place], votes, SUMS_CEILING)


def poll(row: Any) -> tuple[list[tuple[int, int]], int]:
    """The votes of both windows of ``row``, one element of ``LINK``.

    Returns (campaign id, sightings that hold it), the smallest id first, and the sightings that
    hold any campaign at all. A count is too low only for a campaign that in one of the windows was
    not among the ``VOTES`` smallest.
    """
    found: dict[int, int] = {}
    ids, counts = row["vote"].ravel().tolist(), row["votes"].ravel().tolist()
    for campaign, votes in zip(ids, counts, strict=True):
        if campaign:
            found[campaign] = found.get(campaign, 0) + votes
    return sorted(found.items()), int(row["voters"].sum(dtype=np.int64))
