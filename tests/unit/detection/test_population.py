from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pytest

from app.detection.features import DETECTOR_VERSION, FEATURES
from app.detection.population import (
    PATIENCE,
    SnapshotAssembler,
    merge_parts,
    quantiles_of,
)
from app.events.population import PopulationPart
from app.kernels.population import BINS, bin_of
from tests.reference.populations import snapshot

HOUR = 3_600_000
ELICITATION = [feature.name for feature in FEATURES].index("elicitation.score")


def part(number: int, partition: int, accounts: int = 10, **fields: object) -> PopulationPart:
    said = {
        "snapshot": number,
        "partition": partition,
        "partitions": 3,
        "starts": (number + 2) * HOUR,
        "accounts": accounts,
        "sketches": {},
        "detector_version": DETECTOR_VERSION,
    }
    return PopulationPart.model_validate(said | fields)


def closings(
    parts: Sequence[PopulationPart], assembler: SnapshotAssembler | None = None
) -> list[tuple[int, int, int]]:
    """Number, accounts, and the hour from which it judges, of each snapshot in turn."""
    assembler = assembler or SnapshotAssembler()
    closed = [snapshot for one in parts for snapshot in assembler.add(one)]
    return [(one.number, one.accounts, one.starts // HOUR) for one in closed]


def test_a_snapshot_is_closed_by_the_part_that_completes_it() -> None:
    assembler = SnapshotAssembler()
    assert not assembler.add(part(7, 0))
    assert not assembler.add(part(7, 2))
    (closed,) = assembler.add(part(7, 1))
    assert (closed.number, closed.accounts) == (7, 30)
    assert closed.starts == 9 * HOUR


def test_slower_partitions_lose_no_part() -> None:
    # Partition 0 is three epochs ahead of 1, and that one two of 2.
    topic = [part(n - lag, p, 10**p) for n in range(7, 40) for p, lag in enumerate((0, 3, 5))]
    topic = [one for one in topic if one.snapshot >= 7]
    made = closings(topic)
    assert [number for number, _, _ in made] == list(range(7, 35))
    assert {accounts for _, accounts, _ in made} == {111}
    # Epoch 7 was whole when epoch 12 had ended somewhere: it judges from the end of epoch 13.
    assert made[0] == (7, 111, 14)


def test_until_it_is_whole_the_one_before_it_judges() -> None:
    first = [part(7, p) for p in range(3)]
    ahead = [part(8, 0), part(8, 1), part(9, 0), part(9, 1)]
    assembler = SnapshotAssembler()
    assert closings([*first, *ahead], assembler) == [(7, 30, 9)]
    # Requests of hour 10 have been judged by snapshot 7, so it judges them for good.
    assert closings([part(8, 2), part(9, 2)], assembler) == [(8, 30, 11), (9, 30, 11)]


def test_an_idle_partition_is_waited_for_once() -> None:
    busy = [part(n, p) for n in range(8, 30) for p in (0, 1)]
    made = closings([part(7, 0), part(7, 1), part(7, 2), *busy])
    assert made[0] == (7, 30, 9)
    late = 7 + PATIENCE + 1  # the first epoch that is too far ahead of what partition 2 had
    # When partition 0 has ended it, 1 has not: all that both have reached is whole.
    assert made[1 : PATIENCE + 1] == [(n, 20, late + 2) for n in range(8, late)]
    assert made[PATIENCE + 1 :] == [(n, 20, n + 2) for n in range(late, 30)]


def test_a_partition_never_heard_of_is_waited_for_once_too() -> None:
    made = closings([part(n, p) for n in range(7, 30) for p in (0, 1)])
    assert [number for number, _, _ in made] == list(range(7, 30))
    assert made[-1] == (29, 20, 31)
    assert made[0] == (7, 20, 7 + PATIENCE + 2)


def test_a_partition_that_comes_back_is_waited_for_again() -> None:
    assembler = SnapshotAssembler()
    closings([part(n, p) for n in range(7, 30) for p in (0, 1)], assembler)
    # What it publishes first is the last epoch it had traffic in, of long ago.
    assert closings([part(3, 2)], assembler) == []
    assert closings([part(30, 0), part(30, 1)], assembler) == [(30, 20, 32)]
    assert closings([part(30, 2)], assembler) == []  # late by a whisker
    assert closings([part(31, 0), part(31, 1)], assembler) == []
    assert closings([part(31, 2)], assembler) == [(31, 30, 33)]


def test_an_epoch_without_traffic_is_settled_by_a_later_part() -> None:
    topic = [part(7, 0), part(7, 1), part(8, 0), part(9, 0), part(7, 2), part(9, 1), part(9, 2)]
    assert closings(topic) == [(7, 30, 11), (8, 10, 11), (9, 30, 11)]


def test_late_parts_repeats_and_other_versions_are_passed_over() -> None:
    topic = [
        part(7, 0),
        part(7, 0, accounts=1_000),
        part(7, 1, accounts=1_000, detector_version="another"),
        part(7, 3, accounts=1_000),  # of three partitions
        part(8, 1),
        part(8, 2),
        part(7, 1, accounts=1_000),
        part(7, 2, accounts=1_000),
    ]
    assert closings(topic) == [(7, 10, 10)]


def test_unknown_sketches_and_longer_ones_do_no_harm() -> None:
    odd = part(7, 0, sketches={"other": [1], "elicitation.score": [1] * (BINS + 50)})
    closed = merge_parts({0: odd})
    assert np.isfinite(closed.quantiles[ELICITATION]).all()


def contaminated(share: float) -> tuple[float, float]:
    """Location and scale when ``share`` of all accounts are extreme, the others standard normal
    around 0.4 with deviation 0.1."""
    histogram = np.zeros((len(FEATURES), BINS), np.int64)
    honest = 10_000
    levels = (np.arange(honest) + 0.5) / honest
    for value in NormalDist(0.4, 0.1).inv_cdf(0.5) + 0.1 * np.array(
        [NormalDist().inv_cdf(level) for level in levels]
    ):
        histogram[ELICITATION, bin_of(ELICITATION, value)] += 1
    histogram[ELICITATION, bin_of(ELICITATION, 0.95)] += round(honest * share / (1 - share))
    made = snapshot()
    object.__setattr__(made, "quantiles", quantiles_of(histogram))
    return float(made.location[ELICITATION]), float(made.scale[ELICITATION])


def test_the_yardstick_of_an_honest_population_is_its_own() -> None:
    location, scale = contaminated(0.0)
    assert location == pytest.approx(0.4, abs=0.01)
    assert scale == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("share", "least"), [(0.05, 5.0), (0.1, 4.0), (0.25, 2.0), (0.4, 1.5)])
def test_fraud_cannot_hide_among_itself(share: float, least: float) -> None:
    location, scale = contaminated(share)
    assert (0.95 - location) / scale > least


def test_where_all_are_alike_a_small_difference_is_none() -> None:
    histogram = np.zeros((len(FEATURES), BINS), np.int64)
    histogram[:, 3] = 1_000
    made = snapshot()
    object.__setattr__(made, "quantiles", quantiles_of(histogram))
    for feature, scale in zip(FEATURES, made.scale, strict=True):
        assert scale >= feature.resolution
