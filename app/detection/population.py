"""Population snapshots: what every worker compares accounts with.

At the end of an epoch each partition publishes one part, the sketch of the older half of its active
accounts. A snapshot is the sum of the parts of one epoch. It judges from one epoch after the newest
end that any partition had published when it was whole, so that nobody has judged without it what it
judges.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from app.detection.features import DETECTOR_VERSION, FEATURES
from app.events.population import PopulationPart
from app.kernels.population import BINS, HIGH, LOW, mean_shares
from app.kernels.regimes import LEVELS
from app.state.layout import TASKS

TASKS_SKETCH = "tasks"
"""Name, among the sketches of a part, of the summed task shares."""

EPOCH_MS = 3_600_000
"""Length of an epoch, at whose end a snapshot is cut: a launch or an outage is in the population
within two hours, and six epochs make a sighting period.

No policy changes it. Parts on their topic, headers and what has been published are numbered by it:
with another length every number would mean another time, and parts of the two would be taken for
each other's.
"""

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

    ``number`` of its epoch; ``starts`` event time (ms) from which it judges; ``accounts`` in
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
    return PopulationPart.model_construct(
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


PATIENCE = 6
"""Epochs that a partition may be behind the furthest one and still be waited for.

Partitions drift apart while a backlog is read; workers fetch theirs in turn, so an outage of half a
day leaves them an hour or two apart. One that is further behind is idle or stuck, and nobody knows
which: the others go on without it. Until then the last whole snapshot judges, six epochs older than
it would have to be.
"""


@dataclass
class SnapshotAssembler:
    """Puts snapshots together from the parts, read in the order of their one-partition topic.

    *Whole* is a snapshot for which every partition is settled: it has published a part of that
    epoch or of a later one (each publishes in the order of its epochs, and none for an epoch in
    which it had no traffic), or it is more than ``PATIENCE`` epochs behind the furthest. A whole
    snapshot is closed; parts of it that come later, and a second part of a partition, are passed
    over.

    *From when it judges* is decided by the order of the topic, too. Had slow partitions' parts
    arrived in time, a snapshot would judge from one epoch after its end. If the furthest partition
    has closed a later epoch meanwhile, requests from there on may have been judged already: so it
    judges from one epoch after that later end. What is in force before one epoch after the newest
    end on the topic never changes again, whoever reads it, and when: live and replay agree.

    Retention takes the oldest parts. A reader that begins after that waits ``PATIENCE`` epochs for
    partitions it has not heard of, and agrees with all others from there on.
    """

    _open: dict[int, dict[int, PopulationPart]] = field(default_factory=dict)
    _reached: dict[int, int] = field(default_factory=dict)  # by partition, its newest epoch
    _before: int = -1  # the epoch before the first one heard of
    _closed_to: int = -1
    _starts: int = 0  # of the newest epoch heard of

    def add(self, part: PopulationPart) -> list[Snapshot]:
        """Take in the next part of the topic; the snapshots that it closes, oldest first.

        Parts of another detector version measure something else and are passed over.
        """
        if part.detector_version != DETECTOR_VERSION or part.partition >= part.partitions:
            return []
        if not self._reached:
            self._before = part.snapshot - 1
        known = self._reached.get(part.partition, self._before)
        self._reached[part.partition] = max(known, part.snapshot)
        self._starts = max(self._starts, part.starts)
        if part.snapshot > self._closed_to:
            self._open.setdefault(part.snapshot, {}).setdefault(part.partition, part)
        self._closed_to = max(self._closed_to, self._settled(part.partitions))
        whole = sorted(number for number in self._open if number <= self._closed_to)
        return [
            replace(merge_parts(self._open.pop(number)), starts=self._starts) for number in whole
        ]

    def _settled(self, partitions: int) -> int:
        """The newest epoch that every partition which is waited for has reached."""
        reached = [self._reached.get(number, self._before) for number in range(partitions)]
        furthest = max(reached)
        return min(epoch for epoch in reached if furthest - epoch <= PATIENCE)


def _trim(counts: npt.NDArray[np.int64]) -> list[int]:
    """``counts`` as a list without the zeros at its end."""
    used = np.flatnonzero(counts)
    return [int(count) for count in counts[: used[-1] + 1]] if used.size else []
