"""Population snapshots: what every worker compares accounts with.

At the end of an epoch each partition publishes one part, the sketch of its own active accounts.
A snapshot is the sum of the parts of one epoch. It judges from one epoch after that end, so that
everybody has it by then.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.detection.features import DETECTOR_VERSION, FEATURES
from app.events.population import PopulationPart
from app.kernels.population import BINS, HIGH, LOW, mean_shares
from app.kernels.regimes import LEVELS
from app.state.layout import TASKS

TASKS_SKETCH = "tasks"
"""Name, among the sketches of a part, of the summed task shares."""

_LOWER, _MIDDLE, _UPPER = (LEVELS.tolist().index(level) for level in (0.30, 0.50, 0.70))
_NORMAL_AT_UPPER = 0.5244005127080407  # standard normal quantile at 0.70, and minus that at 0.30

MOST_SKEW = 1.5
"""How much wider than the lower half the upper half of a population is believed to be.

The upper spread alone breaks down when 30 % of all accounts are extreme, as a campaign and its
honest look-alikes together may be; nothing from above reaches the lower half. With a quarter of all
accounts fraudulent a normal population's location comes out 0.4 deviations too high and its scale
1.9 times too large: evidence weakens, and is not silenced.
"""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A population, whole.

    ``number`` of its epoch; ``starts`` event time (ms) from which it judges; ``accounts`` active in
    it; ``quantiles`` float64[FEATURES, len(LEVELS)], NaN for a feature nobody had; ``mix``
    float64[len(TASKS)], mean task shares.
    """

    number: int
    starts: int
    accounts: int
    quantiles: npt.NDArray[np.float64]
    mix: npt.NDArray[np.float64]

    @property
    def location(self) -> npt.NDArray[np.float64]:
        """float64[FEATURES]: the median."""
        return self.quantiles[:, _MIDDLE]

    @property
    def scale(self) -> npt.NDArray[np.float64]:
        """float64[FEATURES]: the spread above the median, in units of a normal's deviation."""
        upper = self.quantiles[:, _UPPER] - self.location
        lower = self.location - self.quantiles[:, _LOWER]
        spread = np.minimum(upper, MOST_SKEW * lower) / _NORMAL_AT_UPPER
        resolution = np.array([feature.resolution for feature in FEATURES])
        scale: npt.NDArray[np.float64] = np.maximum(spread, resolution)
        return scale


def make_part(
    *,
    number: int,
    partition: int,
    partitions: int,
    epoch_ms: int,
    accounts: int,
    histogram: npt.NDArray[np.int64],
    shares: npt.NDArray[np.int64],
) -> PopulationPart:
    """The part that ``partition`` publishes for epoch ``number``, from ``sketch_population``."""
    sketches = {feature.name: _trim(row) for feature, row in zip(FEATURES, histogram, strict=True)}
    sketches[TASKS_SKETCH] = [int(share) for share in shares]
    return PopulationPart(
        snapshot=number,
        partition=partition,
        partitions=partitions,
        starts=(number + 2) * epoch_ms,
        accounts=accounts,
        sketches=sketches,
        detector_version=DETECTOR_VERSION,
    )


def merge_parts(parts: Mapping[int, PopulationPart]) -> Snapshot:
    """The snapshot made of ``parts`` (by partition, at least one, all of one epoch)."""
    histogram = np.zeros((len(FEATURES), BINS), np.int64)
    shares = np.zeros(len(TASKS), np.int64)
    for part in parts.values():
        for row, feature in zip(histogram, FEATURES, strict=True):
            counts = np.array(part.sketches.get(feature.name, [])[:BINS], np.int64)
            row[: counts.size] += counts
        tasks = np.array(part.sketches.get(TASKS_SKETCH, [])[: len(TASKS)], np.int64)
        shares[: tasks.size] += tasks
    mix = np.empty(len(TASKS))
    mean_shares(shares, mix)
    first = next(iter(parts.values()))
    return Snapshot(
        number=first.snapshot,
        starts=max(part.starts for part in parts.values()),
        accounts=sum(part.accounts for part in parts.values()),
        quantiles=quantiles_of(histogram),
        mix=mix,
    )


def quantiles_of(histogram: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """float64[FEATURES, len(LEVELS)] from int64[FEATURES, BINS], linear within a bin."""
    quantiles = np.full((len(FEATURES), len(LEVELS)), math.nan)
    for f, counts in enumerate(histogram):
        total = counts.sum()
        if total == 0:
            continue
        reached = np.concatenate(([0], np.cumsum(counts)))
        bins = np.searchsorted(reached, LEVELS * total, side="left") - 1
        inside = (LEVELS * total - reached[bins]) / counts[bins]
        quantiles[f] = LOW[f] + (bins + inside) * (HIGH[f] - LOW[f]) / BINS
    return quantiles


@dataclass
class SnapshotAssembler:
    """Puts snapshots together from the parts, read in the order of their one-partition topic.

    A snapshot is closed by the part that completes it, or by the first part of a later epoch:
    partitions without traffic publish nothing and must not hold it up. A part of a closed snapshot
    and a second part of a partition are passed over. Since the topic has one order, every reader
    closes every snapshot with the same parts.
    """

    _open: dict[int, dict[int, PopulationPart]] = field(default_factory=dict)
    _closed_to: int = -1

    def add(self, part: PopulationPart) -> list[Snapshot]:
        """Take in the next part of the topic; the snapshots that it closes, oldest first.

        Parts of another detector version measure something else and are passed over.
        """
        if part.detector_version != DETECTOR_VERSION or part.snapshot <= self._closed_to:
            return []
        older = sorted(number for number in self._open if number < part.snapshot)
        closed = [merge_parts(self._open.pop(number)) for number in older]
        parts = self._open.setdefault(part.snapshot, {})
        parts.setdefault(part.partition, part)
        if len(parts) >= part.partitions:
            closed.append(merge_parts(self._open.pop(part.snapshot)))
            self._closed_to = part.snapshot
        else:
            self._closed_to = part.snapshot - 1
        return closed


def _trim(counts: npt.NDArray[np.int64]) -> list[int]:
    """``counts`` as a list without the zeros at its end."""
    used = np.flatnonzero(counts)
    return [int(count) for count in counts[: used[-1] + 1]] if used.size else []
