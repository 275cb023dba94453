"""Sketches count the accounts they should, merge in any order, and give the quantiles back."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.detection.features import FEATURES
from app.detection.population import (
    PATIENCE,
    SnapshotAssembler,
    make_part,
    merge_parts,
    quantiles_of,
)
from app.events.population import PopulationPart
from app.kernels.population import BINS, HIGH, LOW, bin_of, sketch_population
from app.kernels.regimes import LEVELS, regime_at
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from app.state.layout import ACCOUNT, ACTIONS, FLAG_PROFILE, FLAG_STUB, TASKS
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
        row["first_ts"] = NOW - int(rng.integers(1, 40)) * 24 * HOUR
        row["created_at"] = rng.choice([0, NOW - int(rng.integers(1, 80)) * 24 * HOUR])
        row["flags"] |= FLAG_PROFILE if rng.random() < 0.6 else 0
        row["campaign_probability"] = rng.choice([0.0, 0.0, 0.0, 0.49, 0.5, 0.97])
        if rng.random() < 0.2:
            row["live"]["action"] = rng.integers(0, len(ACTIONS))
            row["live"]["expires_at"] = rng.choice([0, NOW, NOW + 1])
    return made


def sketched(made: np.ndarray) -> tuple[tuple[int, int], np.ndarray, np.ndarray]:
    histogram = np.full((len(FEATURES), BINS), 7, np.int64)
    shares = np.full(len(TASKS), 7, np.int64)
    active, spoke = sketch_population(made, len(made), NOW, histogram, shares)
    return (int(active), int(spoke)), histogram, shares


def part_of(made: np.ndarray, number: int, partition: int, partitions: int) -> PopulationPart:
    (_, spoke), histogram, shares = sketched(made)
    return make_part(
        number=number,
        partition=partition,
        partitions=partitions,
        epoch_ms=HOURLY,
        accounts=spoke,
        histogram=histogram,
        shares=shares,
    )


@settings(max_examples=60, deadline=None)
@given(rows())
def test_a_sketch_counts_the_accounts_it_should(made: np.ndarray) -> None:
    counted, histogram, shares = sketched(made)
    expected, values, expected_shares = sketch_of(made, NOW)
    assert counted == expected
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


@st.composite
def topics(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Parts in the order of their topic: (epoch, partition), each partition's in order."""
    partitions = [
        sorted(draw(st.sets(st.integers(1, 25), max_size=20)), reverse=True) for _ in range(3)
    ]
    topic = []
    while any(partitions):
        number = draw(st.sampled_from([n for n, rest in enumerate(partitions) if rest]))
        topic.append((partitions[number].pop(), number))
    return topic


@settings(max_examples=200, deadline=None)
@given(topics(), st.data())
def test_what_was_judged_live_is_judged_alike_in_a_replay(
    topic: list[tuple[int, int]], data: st.DataObject
) -> None:
    parts = [part_of(np.zeros(0, ACCOUNT), number, partition, 3) for number, partition in topic]
    policy = PolicyDocument.model_validate({"population": {"usable_for_hours": 24}})

    def judges(read: list[PopulationPart], hour: int) -> int:
        assembler = SnapshotAssembler()
        closed = [snapshot for part in read for snapshot in assembler.add(part)]
        counted = [replace(snapshot, accounts=1_000) for snapshot in closed]
        regimes = build_regimes([policy], counted)
        return int(regimes.snapshot[regime_at(regimes, (hour + 1) * HOURLY - 1)])

    seen = data.draw(st.integers(0, len(parts)))
    # No partition has come further than into the epoch after the newest it has published.
    now = max((number for number, _ in topic[:seen]), default=0) + 1
    hour = data.draw(st.integers(0, now))
    assert judges(parts[:seen], hour) == judges(parts, hour)


@settings(max_examples=200, deadline=None)
@given(topics())
def test_no_part_of_a_partition_that_keeps_up_is_lost(topic: list[tuple[int, int]]) -> None:
    assembler = SnapshotAssembler()
    furthest, lost = topic[0][0] if topic else 0, set()
    reached = dict.fromkeys(range(3), furthest - 1)
    sizes: dict[int, int] = {}
    for number, partition in topic:
        one = part_of(np.zeros(0, ACCOUNT), number, partition, 3)
        for snapshot in assembler.add(one.model_copy(update={"accounts": 1})):
            sizes[snapshot.number] = snapshot.accounts
        furthest = max(furthest, number)
        reached[partition] = max(reached[partition], number)
        lost |= {p for p, epoch in reached.items() if furthest - epoch > PATIENCE}
    published = Counter(number for number, partition in topic if partition not in lost)
    for number, size in sizes.items():
        assert size >= published[number]


def test_bins_hold_what_lies_outside_of_them() -> None:
    for f in range(len(FEATURES)):
        assert bin_of(f, -math.inf) == bin_of(f, LOW[f]) == 0
        assert bin_of(f, math.inf) == bin_of(f, HIGH[f]) == BINS - 1
