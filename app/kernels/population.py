"""Sketches of the live population: how each feature is spread over a partition's active accounts.

A sketch is one histogram of fixed bins per feature. Counts are integers and bins never move, so
sketches of partitions merge by addition, in any order, to the same result everywhere.

A campaign may be most of what is active on a small platform, and must not become the yardstick that
it is held against. So whom a campaign is believed to hold does not speak for the population, and of
the others only the older half does: accounts that a campaign opens are new, and those that it buys
ready-made cost more.
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
from app.state.layout import ACTION_THROTTLE, FLAG_PROFILE, FLAG_STUB, TASKS

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

WEEK_MS = 7 * 86_400_000
LEAST_OLDER = 0.25
"""Share of the population that is enough to speak for all of it."""

BELIEVED = 0.5
"""Probability of belonging to a campaign from which an account does not speak for the others."""

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
def is_active(row: Record, now: Int) -> bool:
    """Whether ``row`` is an account that has sent a request in the day before ``now`` (ms)."""
    return (
        row["id_length"] > 0
        and not row["flags"] & FLAG_STUB
        and row["events"] > 0
        and now - row["last_ts"] < ACTIVE_MS
    )


@lean_kernel
def in_population(row: Record, now: Int) -> bool:
    """Whether ``row`` belongs to the population as of ``now`` (ms).

    Limited accounts and members of campaigns do not: whoever is believed to abuse would teach that
    abuse is common. It is what makes a flood of abuse stand out the more, the more of it has been
    found. Members leave when they are found, for it may take the guards a day to limit them all.
    """
    return (
        is_active(row, now)
        and action_in_force(row["live"], now) < ACTION_THROTTLE
        and row["campaign_probability"] < BELIEVED
    )


@lean_kernel
def known_since(row: Record) -> Int:
    """The week, since the Unix epoch, from which the account is known: of its creation or, where no
    profile has told of one, of its first request.

    Among accounts that all begin to be watched at once the busiest are seen first, and are no
    older: hence weeks.
    """
    first = np.int64(row["first_ts"])
    if row["flags"] & FLAG_PROFILE and row["created_at"] > 0:
        first = min(np.int64(row["created_at"]), first)
    return first // WEEK_MS


@kernel
def older_half(rows: Any, used: Int, now: Int) -> Int:
    """The latest week of ``known_since`` among the older half of the population in ``rows[:used]``
    as of ``now`` (ms).

    Of those of one week all speak or none: the week in which the half is reached is left out if
    the weeks before it have ``LEAST_OLDER`` of the population. So a campaign whose accounts all
    appear at once does not speak, and where everybody appears at once, everybody does.
    """
    since = np.empty(used, np.int64)
    count = 0
    for i in range(used):
        if in_population(rows[i], now):
            since[count] = known_since(rows[i])
            count += 1
    if count == 0:
        return np.int64(0)
    middle = np.partition(since[:count], (count - 1) // 2)[(count - 1) // 2]
    older = np.count_nonzero(since[:count] < middle)
    return np.int64(middle - 1 if older >= LEAST_OLDER * count else middle)


@lean_kernel
def speaks(row: Record, now: Int, latest: Int) -> bool:
    """Whether ``row`` speaks for the population as of ``now`` (ms): it belongs to it, and is known
    since the week ``latest`` at the latest."""
    return in_population(row, now) and known_since(row) <= latest


@kernel
def sketch_population(
    rows: Any,
    used: Int,
    now: Int,
    histogram: npt.NDArray[np.int64],
    shares: npt.NDArray[np.int64],
) -> tuple[Int, Int]:
    """Sketch the older half of the accounts among ``rows[:used]`` that are active as of ``now``
    (ms).

    ``rows`` structured array of ``ACCOUNT``, free rows included. Writes ``histogram``
    int64[FEATURES, BINS], the accounts in each bin, and ``shares`` int64[len(TASKS)], the sum of
    the accounts' task shares in thousandths. Returns how many accounts are active, and how many of
    them were sketched. The content feature is measured against the partition's own mean task
    shares, so that the sketch is a function of the rows alone.
    """
    histogram[:] = 0
    shares[:] = 0
    latest = older_half(rows, used, now)
    for i in range(used):
        row = rows[i]
        if speaks(row, now, latest) and weight_at(row, now) >= LEAST_SAMPLE:
            _add_shares(row["tasks"], shares)
    mix = np.empty(len(TASKS), np.float64)
    mean_shares(shares, mix)
    features = np.empty(FEATURES, np.float64)
    active = np.int64(0)
    sketched = np.int64(0)
    for i in range(used):
        row = rows[i]
        active += is_active(row, now)
        if not speaks(row, now, latest):
            continue
        sketched += 1
        extract_features(row, now, mix, features)
        settled = weight_at(row, now) >= LEAST_SAMPLE
        for f in range(FEATURES):
            if not math.isnan(features[f]) and (settled or FAMILY_OF[f] == VOLUME):
                histogram[f, bin_of(f, features[f])] += 1
    return active, sketched


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
