"""Sums that stop instead of wrapping, and a logarithm that is the same everywhere."""

import math

import numpy as np
import pytest

from app.kernels import sighting_columns as s
from app.kernels.link_sums import (
    CEILING,
    HOURS_CEILING,
    SUMS_CEILING,
    Clock,
    add_sighting,
    advance,
    capped_sum,
    log2_fixed,
    merge_sums,
)
from app.state.link_layout import LINK, TOTALS

CLOCK = Clock(day=4, window=28)
FULL_DAY = (1 << 24) - 1


def sighting(epoch: int = 1000) -> np.ndarray:
    values = np.zeros(s.SIG_WIDTH, np.int64)
    values[s.SIG_EPOCH] = epoch
    values[s.SIG_REQUESTS] = s.INT_MAX
    values[s.SIG_TOKENS] = s.LONG_MAX
    values[s.SIG_HOURS] = FULL_DAY
    values[s.SIG_TASKS : s.SIG_MODEL] = s.WHOLE
    values[s.SIG_MODEL_SHARE] = s.WHOLE
    values[s.SIG_CAMPAIGN] = -1
    return values


def new_row(dtype=LINK) -> np.ndarray:
    rows = np.zeros(1, dtype)
    rows["first_epoch"] = rows["last_epoch"] = -1
    return rows


@pytest.mark.parametrize(
    ("old", "amount", "ceiling", "expected"),
    [
        (0, 0, 10, 0),
        (3, 4, 10, 7),
        (6, 4, 10, 10),
        (7, 4, 10, 10),
        (10, 1, 10, 10),
        (CEILING, CEILING, CEILING, CEILING),
        (1, CEILING, CEILING, CEILING),
    ],
)
def test_a_sum_stops_at_its_ceiling(old, amount, ceiling, expected):
    assert capped_sum(old, amount, ceiling) == expected


def test_a_link_that_is_full_stays_full_in_every_field():
    rows = new_row()
    advance(rows[0], 1000, CLOCK)
    w, d = 1000 // 28 & 1, 1000 // 4 & 1
    rows["counts"][0, w] = rows["scores"][0, w, :] = SUMS_CEILING - 1
    rows["tasks"][0, w] = SUMS_CEILING - 999
    rows["models"][0, d] = SUMS_CEILING
    rows["hours"][0, d] = HOURS_CEILING
    rows["voters"][0, w] = SUMS_CEILING - 2
    rows["requests"][0, w] = CEILING - 5
    for _ in range(3):
        assert add_sighting(rows[0], sighting(), CLOCK, HOURS_CEILING, SUMS_CEILING)
    assert rows["counts"][0, w, 0] == SUMS_CEILING
    assert (rows["scores"][0, w] == SUMS_CEILING).all()
    assert (rows["tasks"][0, w] == SUMS_CEILING).all()
    assert rows["models"][0, d, 0] == SUMS_CEILING
    assert (rows["hours"][0, d] == HOURS_CEILING).all()
    assert rows["requests"][0, w] == rows["tokens"][0, w] == CEILING
    assert rows["requests_squared"][0, w] == CEILING
    assert rows["voters"][0, w] == SUMS_CEILING
    other = rows.copy()
    merge_sums(rows[0], other[0], CLOCK, HOURS_CEILING, SUMS_CEILING)
    for name in set(TOTALS.names) - {"first_epoch", "last_epoch", "log_load", "log_load_squared"}:
        assert np.array_equal(rows[name], np.maximum(rows[name], other[name])), name


def test_totals_count_beyond_what_a_link_can():
    totals = new_row(TOTALS)
    advance(totals[0], 1000, CLOCK)
    totals["hours"] = HOURS_CEILING
    totals["tasks"] = SUMS_CEILING
    assert add_sighting(totals[0], sighting(), CLOCK, CEILING, CEILING)
    assert totals["hours"].max() == HOURS_CEILING + 1
    assert totals["tasks"].max() == SUMS_CEILING + s.WHOLE


@pytest.mark.parametrize(("ahead", "kept"), [(0, 2), (1, 1), (2, 0), (3, 0), (1000, 0)])
def test_a_new_window_forgets_the_one_before_the_last(ahead, kept):
    rows = new_row()
    for epoch in (27, 28):
        advance(rows[0], epoch, CLOCK)
        add_sighting(rows[0], sighting(epoch), CLOCK, HOURS_CEILING, SUMS_CEILING)
    advance(rows[0], 28 + 28 * ahead, CLOCK)
    assert rows["counts"][0, :, 0].sum() == kept


def test_a_sighting_too_late_for_its_window_says_so():
    rows = new_row()
    advance(rows[0], 1000, CLOCK)
    before = rows.copy()
    assert not add_sighting(rows[0], sighting(1000 - 56), CLOCK, HOURS_CEILING, SUMS_CEILING)
    assert rows == before


def test_the_logarithm_is_as_near_as_its_paper_says():
    values = [*range(1, 3000), *(2**k + 2**k // 3 for k in range(12, 31)), 2**31 - 1]
    errors = [math.log2(value) - log2_fixed(value) / 256 for value in values]
    assert min(errors) >= 0
    assert max(errors) < 0.086 + 1 / 256
    assert [log2_fixed(1 << k) for k in range(31)] == [256 * k for k in range(31)]
    assert log2_fixed(0) == log2_fixed(-3) == 0
