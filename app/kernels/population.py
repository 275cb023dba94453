"""Sketches of the live population: how each feature is spread over a partition's active accounts.

A sketch is one histogram of fixed bins per feature. Counts are integers and bins never move, so
sketches of partitions merge by addition, in any order, to the same result everywhere.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from app.kernels.compile import kernel, lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.features import (
    CONDUCT_NETWORKS,
    CONDUCT_OPENINGS,
    CONDUCT_PROXY,
    CONTENT_CAPABILITIES,
    ELICITATION_SCORE,
    FAMILY_OF,
    FEATURES,
    RHYTHM_HOURS,
    RHYTHM_STEADINESS,
    RHYTHM_SURGE,
    TEMPLATES_FRESH,
    VOLUME,
    VOLUME_OUTPUT,
    VOLUME_REQUESTS,
    extract_features,
    weight_at,
)
from app.kernels.standing import action_in_force
from app.state.layout import ACTION_THROTTLE, FLAG_STUB, TASKS

BINS = 128

ACTIVE_MS = 86_400_000
"""An account belongs to the population for a day after its last request.

An hour's active accounts are machines at night and people at noon; a day's are always the same.
"""

LEAST_SAMPLE = 8.0
"""Decayed requests from which an account's shares count.

One request alone has shares of 0 or 1 only, and there are many such accounts: they would pull every
distribution to its ends. Volume counts from the first request.
"""

SHARE_UNIT = 1000
"""Task shares are summed in thousandths, so that sums are integers."""

_RANGES = {
    VOLUME_REQUESTS: (0.0, 16.0),
    VOLUME_OUTPUT: (0.0, 24.0),
    CONTENT_CAPABILITIES: (-1.0, 5.4),
    ELICITATION_SCORE: (0.0, 1.0),
    TEMPLATES_FRESH: (0.0, 1.0),
    RHYTHM_HOURS: (-0.1, 25.5),  # 0.2 wide, so that whole hours fall in the middle of a bin
    RHYTHM_STEADINESS: (-12.0, 0.8),
    RHYTHM_SURGE: (-3.2, 3.2),
    CONDUCT_OPENINGS: (0.0, 1.0),
    CONDUCT_NETWORKS: (0.0, 1.0),
    CONDUCT_PROXY: (0.0, 1.0),
}
LOW = np.array([_RANGES[f][0] for f in range(FEATURES)])
HIGH = np.array([_RANGES[f][1] for f in range(FEATURES)])


@lean_kernel
def bin_of(f: Int, value: float) -> Int:
    """The bin of ``value`` for feature ``f``; values beyond the range go to the outermost bins."""
    place = (value - LOW[f]) / (HIGH[f] - LOW[f]) * BINS
    return np.int64(min(max(place, 0.0), BINS - 1.0))


@lean_kernel
def in_population(row: Record, now: Int) -> bool:
    """Whether ``row`` speaks for the population as of ``now`` (ms).

    Limited accounts do not: whoever is believed to abuse would teach that abuse is common. It is
    what makes a flood of abuse stand out the more, the more of it has been found.
    """
    return (
        row["id_length"] > 0
        and not row["flags"] & FLAG_STUB
        and row["events"] > 0
        and now - row["last_ts"] < ACTIVE_MS
        and action_in_force(row["live"], now) < ACTION_THROTTLE
    )


@kernel
def sketch_population(
    rows: Any,
    used: Int,
    now: Int,
    histogram: npt.NDArray[np.int64],
    shares: npt.NDArray[np.int64],
) -> Int:
    """Sketch the accounts among ``rows[:used]`` that are active as of ``now`` (ms).

    ``rows`` structured array of ``ACCOUNT``, free rows included. Writes ``histogram``
    int64[FEATURES, BINS], the accounts in each bin, and ``shares`` int64[len(TASKS)], the sum of
    the accounts' task shares in thousandths. Returns the number of active accounts. The content
    feature is measured against the partition's own mean task shares, so that the sketch is a
    function of the rows alone.
    """
    histogram[:] = 0
    shares[:] = 0
    for i in range(used):
        row = rows[i]
        if in_population(row, now) and weight_at(row, now) >= LEAST_SAMPLE:
            _add_shares(row["tasks"], shares)
    mix = np.empty(len(TASKS), np.float64)
    mean_shares(shares, mix)
    features = np.empty(FEATURES, np.float64)
    active = np.int64(0)
    for i in range(used):
        row = rows[i]
        if not in_population(row, now):
            continue
        active += 1
        extract_features(row, now, mix, features)
        settled = weight_at(row, now) >= LEAST_SAMPLE
        for f in range(FEATURES):
            if not math.isnan(features[f]) and (settled or FAMILY_OF[f] == VOLUME):
                histogram[f, bin_of(f, features[f])] += 1
    return active


@lean_kernel
def mean_shares(shares: npt.NDArray[np.int64], out: npt.NDArray[np.float64]) -> None:
    """The task mix ``out`` float64[len(TASKS)], summing to one, from summed ``shares``.

    A population without any tasks mixes them evenly.
    """
    total = np.int64(0)
    for k in range(shares.size):
        total += shares[k]
    for k in range(shares.size):
        out[k] = shares[k] / total if total > 0 else 1.0 / shares.size


@lean_kernel
def _add_shares(tasks: npt.NDArray[np.float32], shares: npt.NDArray[np.int64]) -> None:
    total = 0.0
    for k in range(tasks.size):
        total += np.float64(tasks[k])
    if total > 0.0:
        for k in range(tasks.size):
            shares[k] += np.int64(np.float64(tasks[k]) / total * SHARE_UNIT + 0.5)
