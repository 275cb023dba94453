"""What goes wrong: failures, an outage, and records that arrive late, twice or in batches."""

from typing import NamedTuple

import numpy as np

from tests.evaluation.second.calendar import OUTAGE_DAY, OUTAGE_HOURS
from tests.evaluation.second.rows import Fields
from tests.evaluation.second.world import Floats, Ints

OK = 200
OVERLOADED = 529
FLUSH_MS = 600_000


class Outcome(NamedTuple):
    """HTTP status, and the second of the day at which it was asked for in the end."""

    status: Ints
    seconds: Floats


def outcomes(day: int, seconds: Floats, rng: np.random.Generator) -> Outcome:
    """Statuses. After the outage half of those who were cut off try again, all at once."""
    count = len(seconds)
    failures = rng.choice([429, 400, 500, OVERLOADED], count)
    status = np.where(rng.random(count) < 0.985, OK, failures)
    if day != OUTAGE_DAY:
        return Outcome(status, seconds)
    begin, end = (hour * 3_600 for hour in OUTAGE_HOURS)
    hit = (seconds > begin) & (seconds < end)
    status = np.where(hit, np.where(rng.random(count) < 0.8, OVERLOADED, 500), status)
    again = hit & (rng.random(count) < 0.5)
    later = end + rng.exponential(120, count)
    return Outcome(np.where(again, OK, status), np.where(again, later, seconds))


def arrivals(accepted: Ints, flushed: Ints, rng: np.random.Generator) -> Ints:
    """When each record reaches the topic, given when its request was accepted."""
    count = len(accepted)
    arrived = accepted + rng.exponential(1_500, count).astype(np.int64)
    arrived = np.where(flushed, (accepted // FLUSH_MS + 1) * FLUSH_MS, arrived)
    stray = rng.random(count) < 0.001
    return np.asarray(arrived + np.where(stray, rng.integers(0, 3 * 3_600_000, count), 0))


def with_repeats(events: Fields, rng: np.random.Generator) -> Fields:
    """Some records are sent twice, the second within a minute."""
    count = len(events["arrived"])
    again = np.flatnonzero(rng.random(count) < 0.002)
    repeated = {name: np.concatenate([values, values[again]]) for name, values in events.items()}
    repeated["arrived"][count:] += rng.integers(500, 60_000, len(again))
    return repeated
