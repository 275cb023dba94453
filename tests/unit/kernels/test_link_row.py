"""One link with very many members: as large as before, counted as well as theory says."""

import math

import numba
import numpy as np

from app.kernels import sighting_columns as s
from app.kernels.compile import kernel
from app.kernels.hyperloglog import estimate
from app.kernels.link_row import ADDED, KNOWN, begin_link, fold_sighting
from app.kernels.link_sums import Clock
from app.state.link_layout import LINK, SAMPLE

CLOCK = Clock(day=4, window=28)
MEMBERS = 20_000 if numba.config.DISABLE_JIT else 1_000_000


@kernel
def fold_all(rows, accounts, values):
    added = 0
    for i in range(accounts.size):
        values[s.SIG_ACCOUNT] = accounts[i]
        if fold_sighting(rows[0], values, CLOCK) == ADDED:
            added += 1
    return added


def new_row() -> np.ndarray:
    rows = np.zeros(1, LINK)
    begin_link(rows[0])
    return rows


def sighting(epoch: int = 1000) -> np.ndarray:
    values = np.zeros(s.SIG_WIDTH, np.int64)
    values[s.SIG_EPOCH] = epoch
    values[s.SIG_REQUESTS] = 6
    values[s.SIG_TASKS] = s.WHOLE
    return values


def test_a_million_members_are_counted_in_one_row():
    accounts = np.random.default_rng(1).integers(-(2**63), 2**63, MEMBERS)
    rows = new_row()
    assert fold_all(rows, accounts, sighting()) == MEMBERS
    w = 1000 // 28 & 1
    error = 1.04 / math.sqrt(128)
    assert abs(estimate(rows["registers"][0, w]) / MEMBERS - 1) < 3 * error
    assert rows["requests"][0, w] == 6 * MEMBERS
    smallest = np.sort(accounts.view(np.uint64))[:SAMPLE]
    assert (rows["member"][0] == smallest).all()


def test_members_of_the_newest_window_come_before_smaller_hashes():
    rows = new_row()
    fold_all(rows, np.arange(SAMPLE), sighting(28 * 40))
    fold_all(rows, np.arange(1000, 1004), sighting(28 * 41))
    assert rows["member"][0].tolist() == [*range(SAMPLE - 4), 1000, 1001, 1002, 1003]
    # One from the older window no longer gets in, however small its hash.
    fold_all(rows, np.array([SAMPLE - 1]), sighting(28 * 40 + 1))
    assert SAMPLE - 1 not in rows["member"][0].tolist()


def test_a_member_seen_twice_in_an_epoch_is_known_and_in_two_epochs_is_not():
    rows = new_row()
    values = sighting(1000)
    assert fold_sighting(rows[0], values, CLOCK) == ADDED
    assert fold_sighting(rows[0], values, CLOCK) == KNOWN
    assert fold_sighting(rows[0], sighting(1001), CLOCK) == ADDED
    assert fold_sighting(rows[0], values, CLOCK) == KNOWN
    assert rows["member_requests"][0, 0] == 12
