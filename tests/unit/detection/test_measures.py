"""Measures of groups, against figures worked out by hand."""

import math

import numpy as np
import pytest

from app.detection import measures as m


def a(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float64)


def test_relative_entropy_is_what_the_formula_says():
    assert m.relative_entropy(a(0.5, 0.5), a(0.5, 0.5)) == 0
    assert m.relative_entropy(a(1, 0), a(0.25, 0.75)) == pytest.approx(math.log(4))
    assert m.relative_entropy(a(0.5, 0.5), a(1, 0)) == math.inf
    assert m.relative_entropy(a(0, 1), a(0, 1)) == 0


def test_smoothing_makes_nothing_impossible_and_stays_a_distribution():
    spread = m.smoothed(a(0, 30), 10)
    assert spread.tolist() == pytest.approx([5 / 40, 35 / 40])
    assert m.smoothed(a(0, 0), 1).tolist() == [0.5, 0.5]


def test_gini_of_equal_and_of_one_sided_loads():
    assert m.gini(a(3, 3, 3, 3)) == pytest.approx(0)
    assert m.gini(a(0, 0, 0, 8)) == pytest.approx(3 / 4)
    assert m.gini(a(1, 3)) == pytest.approx(1 / 4)
    assert m.gini(a(3, 1)) == pytest.approx(1 / 4)
    assert m.gini(a(5)) is None
    assert m.gini(a(0, 0)) is None
    assert m.gini(a()) is None


def test_evenness_of_equal_and_of_one_sided_loads():
    assert m.pielou_evenness(a(2, 2, 2)) == pytest.approx(1)
    assert m.pielou_evenness(a(9, 0, 0)) == 0
    expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(2)
    assert m.pielou_evenness(a(3, 1)) == pytest.approx(expected)
    assert m.pielou_evenness(a(7)) is None
    assert m.pielou_evenness(a(0, 0)) is None


def test_dispersion_is_one_for_chance_and_more_for_crowding():
    rng = np.random.default_rng(1)
    rhythm = a(*range(1, 41)) * 10
    draws = [m.dispersion(rng.poisson(rhythm / 10).astype(float), rhythm) for _ in range(200)]
    assert np.mean(draws) == pytest.approx(1, abs=0.05)
    assert m.dispersion(a(10, 0), a(1, 1)) == pytest.approx(10)
    assert m.dispersion(a(0, 0), a(1, 1)) is None
    assert m.dispersion(a(1, 1), a(0, 0)) is None
    assert m.dispersion(a(1, 1), a(5, 0)) is None
    assert m.dispersion(a(0, 0, 3), a(1, 1, 0)) is None


def test_the_densest_span_counts_both_ends():
    assert m.densest_share(a(0, 24, 100, 300), 24) == 0.5
    assert m.densest_share(a(100, 0, 25), 24) == pytest.approx(1 / 3)
    assert m.densest_share(a(7, 7, 7), 0) == 1
    assert m.densest_share(a(7), 24) is None


def test_total_variation_is_the_share_that_moved():
    assert m.total_variation(a(10, 0), a(5, 5)) == pytest.approx(0.5)
    assert m.total_variation(a(1, 1), a(200, 200)) == 0
    assert m.total_variation(a(0, 0), a(1, 0)) is None
    assert m.total_variation(a(1, 0), a(0, 0)) is None
