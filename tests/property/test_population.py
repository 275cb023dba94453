"""Sketches count the accounts they should, merge in any order, and give the quantiles back."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.detection.features import FEATURES
from app.detection.population import SnapshotAssembler, make_part, merge_parts, quantiles_of
from app.events.population import PopulationPart
from app.kernels.population import BINS, HIGH, LOW, bin_of, sketch_population
from app.kernels.regimes import LEVELS
from app.state.layout import ACCOUNT, ACTIONS, FLAG_STUB, TASKS
from tests.reference.population import sketch_of
from tests.reference.portraits import DISTILLER, HOUR, ORDINARY, paint
from tests.reference.requests import START

NOW = START + 100 * HOUR
HOURLY = 3_600_000


@st.composite
def rows(draw: st.DrawFn) -> np.ndarray:
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    made = np.zeros(draw(st.integers(0, 25)), ACCOUNT)
    for row in made:
        mixed = rng.random(len(DISTILLER))
        look = {
            name: float(ORDINARY[name] + part * (value - ORDINARY[name]))
            for part, (name, value) in zip(mixed, DISTILLER.items(), strict=True)
        }
        look["requests"] = float(rng.choice([0.5, 5.0, 7.99, 8.01, 400.0, 1e5]))
        paint(row, NOW - int(rng.choice([0, HOUR, 23 * HOUR, 24 * HOUR, 30 * HOUR, -HOUR])), **look)
        row["id_length"] = rng.integers(0, 5)
        row["flags"] = FLAG_STUB if rng.random() < 0.1 else 0
        row["events"] *= rng.random() < 0.9
        if rng.random() < 0.2:
            row["live"]["action"] = rng.integers(0, len(ACTIONS))
            row["live"]["expires_at"] = rng.choice([0, NOW, NOW + 1])
    return made


def sketched(made: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    histogram = np.full((len(FEATURES), BINS), 7, np.int64)
    shares = np.full(len(TASKS), 7, np.int64)
    active = sketch_population(made, len(made), NOW, histogram, shares)
    return int(active), histogram, shares


def part_of(made: np.ndarray, number: int, partition: int, partitions: int) -> PopulationPart:
    active, histogram, shares = sketched(made)
    return make_part(
        number=number,
        partition=partition,
        partitions=partitions,
        epoch_ms=HOURLY,
        accounts=active,
        histogram=histogram,
        shares=shares,
    )


@settings(max_examples=60, deadline=None)
@given(rows())
def test_a_sketch_counts_the_accounts_it_should(made: np.ndarray) -> None:
    active, histogram, shares = sketched(made)
    expected_active, values, expected_shares = sketch_of(made, NOW)
    assert active == expected_active
    assert shares.tolist() == expected_shares
    for f, feature in enumerate(FEATURES):
        expected = np.zeros(BINS, np.int64)
        for value in values[feature.name]:
            place = (value - LOW[f]) / (HIGH[f] - LOW[f]) * BINS
            expected[min(max(int(place), 0), BINS - 1)] += 1
        assert histogram[f].tolist() == expected.tolist()


@settings(max_examples=40, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_parts_merge_to_the_same_snapshot_in_any_order(made: list[np.ndarray], random) -> None:
    parts = [part_of(one, 5, number, len(made)) for number, one in enumerate(made)]
    order = list(range(len(parts)))
    random.shuffle(order)
    # Through JSON, as they travel.
    travelled = {i: PopulationPart.from_json(parts[i].to_json()) for i in order}
    one, other = merge_parts(dict(enumerate(parts))), merge_parts(travelled)
    np.testing.assert_array_equal(one.quantiles, other.quantiles)
    np.testing.assert_array_equal(one.mix, other.mix)
    assert one.accounts == other.accounts == sum(part.accounts for part in parts)
    total = sum(sketched(one)[1] for one in made)
    np.testing.assert_array_equal(one.quantiles, quantiles_of(total))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(FEATURES) - 1), st.integers(0, 2**32 - 1), st.integers(1, 3_000))
def test_quantiles_come_back_to_within_a_bin(f: int, seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    width = (HIGH[f] - LOW[f]) / BINS
    values = np.clip(
        rng.normal(LOW[f] + rng.uniform(0, BINS) * width, 20 * width, count), LOW[f], HIGH[f]
    )
    histogram = np.zeros((len(FEATURES), BINS), np.int64)
    for value in values:
        histogram[f, bin_of(f, value)] += 1
    quantiles = quantiles_of(histogram)
    exact = np.quantile(values, LEVELS, method="inverted_cdf")
    assert (np.abs(quantiles[f] - exact) <= width * (1 + 1e-9)).all()
    assert (np.diff(quantiles[f]) >= 0).all()
    assert np.isnan(np.delete(quantiles, f, axis=0)).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2)), max_size=40), st.integers(0, 40))
def test_every_reader_of_one_topic_closes_the_same_snapshots(
    topic: list[tuple[int, int]], seen: int
) -> None:
    empty = np.zeros(0, ACCOUNT)
    parts = [part_of(empty, number, partition, 3) for number, partition in topic]
    assembler = SnapshotAssembler()
    closed = [snapshot.number for part in parts for snapshot in assembler.add(part)]
    assert closed == sorted(set(closed))
    # Whoever starts later reads the same beginning, and so comes to the same.
    late = SnapshotAssembler()
    before = [snapshot.number for part in parts[:seen] for snapshot in late.add(part)]
    after = [snapshot.number for part in parts[seen:] for snapshot in late.add(part)]
    assert before + after == closed


def test_bins_hold_what_lies_outside_of_them() -> None:
    for f in range(len(FEATURES)):
        assert bin_of(f, -math.inf) == bin_of(f, LOW[f]) == 0
        assert bin_of(f, math.inf) == bin_of(f, HIGH[f]) == BINS - 1
