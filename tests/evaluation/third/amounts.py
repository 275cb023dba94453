"""How much wide streams send: some grow, take turns, or have good days in common."""

import numpy as np

from tests.evaluation.second import sessions
from tests.evaluation.second.hashes import mix
from tests.evaluation.second.rows import Fields, Rows
from tests.evaluation.second.world import Floats

LEAST_GROWN = 0.08
"""A stream that grows begins with this part of what it comes to."""


def expected(fields: Fields | Rows, day: int) -> Floats:
    """Requests to expect of each stream on ``day``, if it is active at all."""
    rate = sessions.expected(fields, day)
    grown = (day + 0.5 - fields["start"]) / np.maximum(fields["ramp"], 0.1)
    rate = rate * np.where(fields["ramp"] > 0, np.clip(grown, LEAST_GROWN, 1), 1)
    rate = rate * np.where(fields["peak_weekday"] == day % 7, fields["peak"], 1)
    turn = (day + fields["cycle_phase"]) % np.maximum(fields["cycle"], 1)
    rate = rate * np.where((fields["cycle"] > 0) & (turn >= fields["on_days"]), 0, 1)
    # Even between 0 and 1, the same for a crowd; 3.46 makes its deviation `crowd_sigma`.
    together = (mix(fields["crowd"], day, 41) >> np.uint64(11)).astype(np.float64) / 2**53
    return np.asarray(rate * np.exp(fields["crowd_sigma"] * 3.46 * (together - 0.5)))
