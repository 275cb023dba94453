"""One sighting into one link's row: everything that is remembered of it.

What a row ends up with follows from the set of its sightings, in whatever order they come and
however they were split between rows that are merged later.

Sums count a sighting each time it is folded, so each account and epoch must come once, and does:

- The accounts' partition writes an account's sightings in one transaction with the row that says
  they were written, so either both are durable or neither is; this topic is read committed, and a
  transaction that was aborted and written again is seen once.
- A period that was reported whole is noted in that partition's header before the next one can
  begin (``Sweep.reported``), and is not reported again even where rows that said so are gone.
- An account has one partition, a period's number is of that partition's clock, which never goes
  back, and a count of partitions that changes stops the worker.
- A sighting that is read again after a restart is behind the ``offset`` of its link's row.

What is left is a hand on the topics: another writer, whom the access lists keep out, or a changelog
of accounts that was restored from an older copy or begun anew, so that periods are reported again.
For that the sample is a second line. It knows its members' epochs anyway: a repeat of one that it
holds is passed over, for certain while a link has no more members than a sample. Maxima, sketches
and the sample itself do not change in any case, and sums are forgotten after two windows.
"""

import numpy as np
import numpy.typing as npt

from app.kernels import sighting_columns as s
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Int, Record
from app.kernels.link_rings import forget_rings, hear, merge_rings
from app.kernels.link_sample import forget_members, merge_samples, sample_sighting
from app.kernels.link_sums import (
    HOURS_CEILING,
    SUMS_CEILING,
    Clock,
    add_sighting,
    advance,
    in_window,
    merge_sums,
)
from app.kernels.link_votes import add_vote, forget_votes, merge_votes
from app.state.link_layout import NORMAL_SCORES

# What became of a sighting.
ADDED = 0
KNOWN = 1  # it was folded before
TOO_LATE = 2  # its window and day are forgotten: only ``first_epoch`` takes note of it


@lean_kernel
def begin_link(row: Record) -> None:
    """Make a zeroed row one that has seen no sighting."""
    row["first_epoch"] = -1
    row["last_epoch"] = -1


@lean_kernel
def fold_sighting(row: Record, values: npt.NDArray[np.int64], clock: Clock) -> Int:
    """Fold the sighting ``values`` (int64[SIG_WIDTH]) into ``row``, one element of ``LINK``.

    Returns what became of it. Fence and dirty mark are the caller's.
    """
    epoch = values[s.SIG_EPOCH]
    row["kind"] = values[s.SIG_KIND]  # rows of earlier releases do not know it
    _advance_link(row, epoch, clock)
    row["last_ts"] = max(np.int64(row["last_ts"]), values[s.SIG_TS])
    if in_window(row, epoch, clock) and not sample_sighting(row, values, clock):
        return KNOWN
    hear(row, values, clock)
    add_vote(row, epoch, np.uint64(values[s.SIG_CAMPAIGN]), clock)
    if add_sighting(row, values, clock, HOURS_CEILING, SUMS_CEILING):
        return ADDED
    return TOO_LATE


@lean_kernel
def merge_links(row: Record, other: Record, clock: Clock) -> None:
    """Bring what ``other`` knows into ``row``, when no sighting has been folded into both.

    Both have seen a sighting. Identity, kind and offset of ``row`` stay as they are. Of two
    assessments the one of the newer epoch stays, and of the same epoch that of the smaller id.
    """
    first = min(np.int64(row["first_epoch"]), np.int64(other["first_epoch"]))
    _advance_link(row, np.int64(other["last_epoch"]), clock)
    row["first_epoch"] = first
    row["last_ts"] = max(np.int64(row["last_ts"]), np.int64(other["last_ts"]))
    merge_samples(row, other, clock)
    merge_sums(row, other, clock, HOURS_CEILING, SUMS_CEILING)
    merge_votes(row, other, clock)
    merge_rings(row, other, clock)
    if _assessed_before(row, other):
        _copy_assessment(other, row)


@lean_kernel
def _advance_link(row: Record, epoch: Int, clock: Clock) -> None:
    forget_members(row, epoch, clock)
    forget_votes(row, epoch, clock)
    forget_rings(row, epoch, clock)
    advance(row, epoch, clock)


@lean_kernel
def _assessed_before(row: Record, other: Record) -> Bool:
    if row["campaign"] == 0 or other["campaign"] == 0:
        return row["campaign"] == 0
    if row["campaign_epoch"] != other["campaign_epoch"]:
        return row["campaign_epoch"] < other["campaign_epoch"]
    return other["campaign"] < row["campaign"]


@lean_kernel
def _copy_assessment(source: Record, target: Record) -> None:
    target["campaign"] = source["campaign"]
    target["campaign_epoch"] = source["campaign_epoch"]
    target["campaign_probability"] = source["campaign_probability"]
    for f in range(target["campaign_nats"].size):
        target["campaign_nats"][f] = source["campaign_nats"][f]
    for k in range(len(NORMAL_SCORES)):
        target["profile"][k] = source["profile"][k]
