"""A population for benchmarks to judge by: without one the evidence would have nothing to do."""

import numpy as np

from app.detection.features import FEATURES
from app.detection.population import Snapshot
from app.kernels.population import HIGH, LOW
from app.kernels.regimes import LEVELS
from app.state.layout import TASKS
from tests.benchmarks.traffic import START_MS


def some() -> tuple[Snapshot, ...]:
    """One snapshot, in force when the traffic begins: features spread evenly over their ranges."""
    low, high = np.array(LOW), np.array(HIGH)
    quantiles = low[:, None] + (high - low)[:, None] * np.array(LEVELS)[None, :]
    assert len(quantiles) == len(FEATURES)
    return (
        Snapshot(
            number=1,
            starts=START_MS - 2 * 3_600_000,
            accounts=100_000,
            quantiles=quantiles,
            mix=np.full(len(TASKS), 1.0 / len(TASKS)),
        ),
    )
