from statistics import NormalDist

import numpy as np
import pytest

from app.detection.features import DETECTOR_VERSION, FEATURES
from app.detection.population import SnapshotAssembler, merge_parts, quantiles_of
from app.events.population import PopulationPart
from app.kernels.population import BINS, bin_of
from tests.reference.populations import snapshot

ELICITATION = [feature.name for feature in FEATURES].index("elicitation.score")


def part(number: int, partition: int, accounts: int = 10, **fields: object) -> PopulationPart:
    said = {
        "snapshot": number,
        "partition": partition,
        "partitions": 3,
        "starts": (number + 2) * 3_600_000,
        "accounts": accounts,
        "sketches": {},
        "detector_version": DETECTOR_VERSION,
    }
    return PopulationPart.model_validate(said | fields)


def test_a_snapshot_is_closed_by_the_part_that_completes_it() -> None:
    assembler = SnapshotAssembler()
    assert not assembler.add(part(7, 0))
    assert not assembler.add(part(7, 2))
    (closed,) = assembler.add(part(7, 1))
    assert (closed.number, closed.accounts) == (7, 30)
    assert closed.starts == 9 * 3_600_000


def test_an_idle_partition_does_not_hold_it_up() -> None:
    assembler = SnapshotAssembler()
    assembler.add(part(7, 0))
    (closed,) = assembler.add(part(8, 0))
    assert (closed.number, closed.accounts) == (7, 10)


def test_late_parts_repeats_and_other_versions_are_passed_over() -> None:
    assembler = SnapshotAssembler()
    assembler.add(part(7, 0))
    assembler.add(part(7, 0, accounts=1_000))
    assembler.add(part(7, 1, accounts=1_000, detector_version="another"))
    (closed,) = assembler.add(part(8, 0))
    assert closed.accounts == 10
    assert not assembler.add(part(7, 2))
    assert not assembler.add(part(7, 1))


def test_an_epoch_may_be_skipped() -> None:
    assembler = SnapshotAssembler()
    assembler.add(part(7, 0))
    assert [closed.number for closed in assembler.add(part(11, 0))] == [7]
    assert not assembler.add(part(9, 0))


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
