"""Sums over the sightings of a link, or of all links of a kind.

The functions take one element of ``LINK`` or of ``TOTALS``: both have the same fields, in types of
different width. Sums are of integers that are never negative, and stop at a ceiling: addition that
stops is still commutative and associative, so the order of sightings leaves no trace.

What belongs to a window (or a day) stands at ``window & 1``. The newest one is that of
``last_epoch``; a sighting of the one before it still counts, an older one has come too late.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import sighting_columns as s
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Int, Record
from app.kernels.hyperloglog import merge, observe, scrambled
from app.state import link_layout as layout
from app.state.layout import TASKS, TIERS, VERIFICATIONS
from app.state.link_layout import MODEL_BUCKETS, SCORES, THINGS

HOURS_CEILING = 2**16 - 1  # of a link's narrow fields
SUMS_CEILING = 2**32 - 1  # of a link's other sums
CEILING = 2**63 - 1  # of whatever is 64 bits wide

HOUR_MS = 3_600_000
DAY_HOURS = 24
LOG_UNIT = 256  # ``log_load`` counts in 1/256
_DOCUMENT = VERIFICATIONS.index("document")
_CONTRACT = VERIFICATIONS.index("contract")
_ENTERPRISE = TIERS.index("enterprise")
_RESELLER = TIERS.index("reseller")


class Clock(NamedTuple):
    """How epochs make up days and windows.

    ``day`` epochs (sighting periods) to a day, at least 1; ``window`` epochs to a window, 1 to
    ``MAX_WINDOW_EPOCHS``.
    """

    day: int
    window: int


@lean_kernel
def capped_sum(old: Int, amount: Int, ceiling: Int) -> Int:
    """``old + amount``, at most ``ceiling``: neither is negative, their sum may exceed 64 bits."""
    wide = np.int64(old)
    if amount > ceiling - wide:
        return np.int64(ceiling)
    return wide + amount


@lean_kernel
def advance(target: Record, epoch: Int, clock: Clock) -> None:
    """Make room for ``epoch``: forget the windows and days that it makes too old.

    A target that has seen nothing yet has ``first_epoch`` and ``last_epoch`` -1.
    """
    last = np.int64(target["last_epoch"])
    if last < 0 or epoch < target["first_epoch"]:
        target["first_epoch"] = epoch
    if epoch <= last:
        return
    windows = epoch // clock.window - last // clock.window
    for ahead in range(1, min(windows, 2) + 1):
        _clear_window(target, (epoch // clock.window + 1 - ahead) & 1)
    days = epoch // clock.day - last // clock.day
    for ahead in range(1, min(days, 2) + 1):
        _clear_day(target, (epoch // clock.day + 1 - ahead) & 1)
    target["last_epoch"] = epoch


@lean_kernel
def _clear_window(target: Record, w: Int) -> None:
    target["requests"][w] = 0
    target["requests_squared"][w] = 0
    target["tokens"][w] = 0
    target["log_load"][w] = 0
    target["log_load_squared"][w] = 0
    for k in range(layout.COUNTS):
        target["counts"][w, k] = 0
    for k in range(len(SCORES)):
        target["scores"][w, k] = 0
    for k in range(len(TASKS)):
        target["tasks"][w, k] = 0
    target["voters"][w] = 0
    for k in range(target["registers"].shape[1]):
        target["registers"][w, k] = 0
    for thing in range(len(THINGS)):
        for k in range(target["things"].shape[2]):
            target["things"][w, thing, k] = 0


@lean_kernel
def _clear_day(target: Record, d: Int) -> None:
    target["day_sightings"][d] = 0
    target["day_voters"][d] = 0
    for k in range(MODEL_BUCKETS):
        target["models"][d, k] = 0
    for k in range(DAY_HOURS):
        target["hours"][d, k] = 0


@lean_kernel
def in_window(target: Record, epoch: Int, clock: Clock) -> Bool:
    """Whether ``epoch``, which ``advance`` was called for, is in one of the two windows kept."""
    return np.int64(target["last_epoch"]) // clock.window - epoch // clock.window < 2


@lean_kernel
def add_sighting(
    target: Record, values: npt.NDArray[np.int64], clock: Clock, narrow: Int, wide: Int
) -> Bool:
    """Add the sighting ``values`` (int64[SIG_WIDTH]), for whose epoch ``advance`` was called.

    ``narrow`` and ``wide`` are the ceilings of the hours and of the other sums. Returns False when
    the sighting has come too late for its window and for its day.
    """
    epoch = values[s.SIG_EPOCH]
    counts = in_window(target, epoch, clock)
    if counts:
        _add_to_window(target, epoch // clock.window & 1, values, clock, wide)
    if np.int64(target["last_epoch"]) // clock.day - epoch // clock.day < 2:
        _add_to_day(target, epoch // clock.day & 1, values, narrow, wide)
        counts = True
    return counts


@lean_kernel
def _add_to_window(
    target: Record, w: Int, values: npt.NDArray[np.int64], clock: Clock, wide: Int
) -> None:
    requests = values[s.SIG_REQUESTS]
    target["requests"][w] = capped_sum(target["requests"][w], requests, CEILING)
    # Requests of a sighting fit in 31 bits, so their square fits in 62.
    squares = target["requests_squared"]
    squares[w] = capped_sum(squares[w], requests * requests, CEILING)
    target["tokens"][w] = capped_sum(target["tokens"][w], values[s.SIG_TOKENS], CEILING)
    load = log2_fixed(requests)
    target["log_load"][w] = capped_sum(target["log_load"][w], load, CEILING)
    target["log_load_squared"][w] = capped_sum(target["log_load_squared"][w], load * load, CEILING)
    counts = target["counts"]
    counts[w, layout.SIGHTINGS] = capped_sum(counts[w, layout.SIGHTINGS], 1, wide)
    if _arrives(values, clock):
        counts[w, layout.ARRIVALS] = capped_sum(counts[w, layout.ARRIVALS], 1, wide)
    if values[s.SIG_EXEMPT]:
        counts[w, layout.EXEMPT] = capped_sum(counts[w, layout.EXEMPT], 1, wide)
    if _known(values):
        counts[w, layout.TRUSTED] = capped_sum(counts[w, layout.TRUSTED], 1, wide)
    for k in range(len(SCORES)):
        old = target["scores"][w, k]
        target["scores"][w, k] = capped_sum(old, values[s.SIG_SCORES + k], wide)
    for k in range(len(TASKS)):
        target["tasks"][w, k] = capped_sum(target["tasks"][w, k], values[s.SIG_TASKS + k], wide)
    if values[s.SIG_CAMPAIGN] != 0:
        target["voters"][w] = capped_sum(target["voters"][w], 1, wide)
    observe(target["registers"][w], np.uint64(values[s.SIG_ACCOUNT]))
    for thing in range(len(THINGS)):
        has = np.uint64(values[s.SIG_PAYMENT + thing])
        if has != np.uint64(0):
            count = layout.PAYING + thing
            counts[w, count] = capped_sum(counts[w, count], 1, wide)
            observe(target["things"][w, thing], scrambled(has))


@lean_kernel
def _add_to_day(
    target: Record, d: Int, values: npt.NDArray[np.int64], narrow: Int, wide: Int
) -> None:
    target["day_sightings"][d] = capped_sum(target["day_sightings"][d], 1, wide)
    if values[s.SIG_CAMPAIGN]:
        target["day_voters"][d] = capped_sum(target["day_voters"][d], 1, wide)
    models = target["models"]
    for column in (s.SIG_MODEL, s.SIG_SECOND_MODEL):
        share = values[column + 1]
        if share > 0:
            k = model_bucket(np.uint64(values[column]))
            models[d, k] = capped_sum(models[d, k], share, wide)
    hours = target["hours"]
    mask = values[s.SIG_HOURS]
    for k in range(DAY_HOURS):
        if mask >> k & 1:
            hours[d, k] = capped_sum(hours[d, k], 1, narrow)


@lean_kernel
def _known(values: npt.NDArray[np.int64]) -> Bool:
    """Whether somebody has looked at who the customer is, or has sold to them in person."""
    verification = values[s.SIG_VERIFICATION]
    tier = values[s.SIG_TIER]
    if verification in (_DOCUMENT, _CONTRACT):
        return True
    return bool(tier in (_ENTERPRISE, _RESELLER))


@lean_kernel
def _arrives(values: npt.NDArray[np.int64], clock: Clock) -> Bool:
    """Whether the account was first seen in the sighting's own epoch: true once in its life."""
    start = values[s.SIG_TS] - DAY_HOURS // clock.day * HOUR_MS
    return values[s.SIG_FIRST_SEEN] >= start


@lean_kernel
def model_bucket(hashed: np.uint64) -> Int:
    """Where the shares of a model are summed up."""
    return np.int64(hashed % np.uint64(MODEL_BUCKETS))


@lean_kernel
def log2_fixed(value: Int) -> Int:
    """The binary logarithm of ``value`` in units of 1/256; 0 for what is not positive.

    Mitchell, "Computer multiplication and division using binary logarithms", 1962: linear between
    the powers of two, at most 0.086 too low, and the same integer on every machine.
    """
    exponent = np.int64(0)
    while value >> exponent > 1:
        exponent += 1
    if value <= 0:
        return np.int64(0)
    fraction = (value << 8 >> exponent) - LOG_UNIT
    return exponent * LOG_UNIT + fraction


@lean_kernel
def merge_sums(target: Record, other: Record, clock: Clock, narrow: Int, wide: Int) -> None:
    """Add the sums of ``other`` to ``target``, which has been advanced to the newest epoch of both.

    No sighting may have been added to both.
    """
    last = np.int64(target["last_epoch"])
    other_last = np.int64(other["last_epoch"])
    for back in range(2):
        window = other_last // clock.window - back
        if window >= 0 and last // clock.window - window < 2:
            _merge_window(target, other, window & 1, wide)
        day = other_last // clock.day - back
        if day >= 0 and last // clock.day - day < 2:
            d = day & 1
            target["day_sightings"][d] = capped_sum(
                target["day_sightings"][d], np.int64(other["day_sightings"][d]), wide
            )
            target["day_voters"][d] = capped_sum(
                target["day_voters"][d], np.int64(other["day_voters"][d]), wide
            )
            for k in range(MODEL_BUCKETS):
                target["models"][d, k] = capped_sum(
                    target["models"][d, k], np.int64(other["models"][d, k]), wide
                )
            for k in range(DAY_HOURS):
                target["hours"][d, k] = capped_sum(
                    target["hours"][d, k], np.int64(other["hours"][d, k]), narrow
                )


@lean_kernel
def _merge_window(target: Record, other: Record, w: Int, wide: Int) -> None:
    target["requests"][w] = capped_sum(target["requests"][w], other["requests"][w], CEILING)
    target["requests_squared"][w] = capped_sum(
        target["requests_squared"][w], other["requests_squared"][w], CEILING
    )
    target["tokens"][w] = capped_sum(target["tokens"][w], other["tokens"][w], CEILING)
    target["log_load"][w] = capped_sum(target["log_load"][w], other["log_load"][w], CEILING)
    target["log_load_squared"][w] = capped_sum(
        target["log_load_squared"][w], other["log_load_squared"][w], CEILING
    )
    for k in range(layout.COUNTS):
        target["counts"][w, k] = capped_sum(
            target["counts"][w, k], np.int64(other["counts"][w, k]), wide
        )
    for k in range(len(SCORES)):
        target["scores"][w, k] = capped_sum(
            target["scores"][w, k], np.int64(other["scores"][w, k]), wide
        )
    for k in range(len(TASKS)):
        target["tasks"][w, k] = capped_sum(
            target["tasks"][w, k], np.int64(other["tasks"][w, k]), wide
        )
    target["voters"][w] = capped_sum(target["voters"][w], np.int64(other["voters"][w]), wide)
    merge(target["registers"][w], other["registers"][w])
    for thing in range(len(THINGS)):
        merge(target["things"][w, thing], other["things"][w, thing])
