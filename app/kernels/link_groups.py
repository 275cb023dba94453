"""Which links are groups to be judged when an epoch is closed, and what they are called."""

import numpy as np
import numpy.typing as npt

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.link_rings import link_name
from app.kernels.link_sample import members_kept
from app.kernels.text import hex_word, word_at
from app.kernels.views import ROWS_USED, StoreViews
from app.state.link_layout import CAMPAIGN, DEVICE, PAYMENT, PROGRAM

LEAST_MEMBERS = 3
"""Two accounts that share something are a couple, or one person's two accounts."""
HEX16 = 16


@lean_kernel
def list_groups(
    views: StoreViews, slots: npt.NDArray[np.int64], names: npt.NDArray[np.uint64]
) -> Int:
    """List the links to be judged: those with ``LEAST_MEMBERS``, and those that have a campaign.

    A campaign's own link is no group. ``slots`` int64[n], and ``names`` uint64[n], which name the
    links alike in every process, are as long as the store has rows. Returns how many there are.
    """
    count = np.int64(0)
    for slot in range(views.counts[ROWS_USED]):
        row = views.rows[slot]
        length = np.int64(row["id_length"])
        if length < HEX16 or row["kind"] == CAMPAIGN:
            continue
        if row["campaign"] == np.uint64(0) and members_kept(row) < LEAST_MEMBERS:
            continue
        slots[count] = slot
        names[count] = _name(views, row)
        count += 1
    return count


@lean_kernel
def list_joints(
    views: StoreViews, slots: npt.NDArray[np.int64], names: npt.NDArray[np.uint64]
) -> Int:
    """List the payment methods, devices and programs that may join accounts to a ring or a web:
    those of two members or more, and those that have joined some. ``slots``, ``names`` and the
    result likewise."""
    count = np.int64(0)
    for slot in range(views.counts[ROWS_USED]):
        row = views.rows[slot]
        if row["id_length"] < HEX16 or row["kind"] not in (PAYMENT, DEVICE, PROGRAM):
            continue
        if row["ring"] != 0 or members_kept(row) >= 2:
            slots[count] = slot
            names[count] = _name(views, row)
            count += 1
    return count


@lean_kernel
def _name(views: StoreViews, row: Record) -> np.uint64:
    at = np.int64(row["id_at"]) + np.int64(row["id_length"]) - HEX16
    upper, _ = hex_word(word_at(views.arena, at))
    lower, _ = hex_word(word_at(views.arena, at + 8))
    return link_name(np.uint64(upper << np.uint64(32) | lower), np.int64(row["kind"]))
