"""How many accounts belong together."""

import numpy as np

from app.simulation.rows import IntArray

LARGEST_SHARE = 0.15
"""No team has more of the accounts: a small population, too, has several of each kind."""


def teams(
    rng: np.random.Generator,
    count: int,
    median: float,
    sigma: float,
    least: int = 2,
    most: int = 1 << 31,
) -> IntArray:
    """Which team each of ``count`` accounts is in, ascending from 0; team sizes are log-normal.

    Sizes lie in ``least`` to ``most`` (see also ``LARGEST_SHARE``); the last team takes what is
    left.
    """
    most = max(least, min(most, int(LARGEST_SHARE * count)))
    team = np.empty(count, np.int64)
    placed = number = 0
    while placed < count:
        drawn = int(median * np.exp(sigma * rng.standard_normal()))
        size = min(max(least, drawn), most)
        team[placed : placed + size] = number
        placed, number = placed + size, number + 1
    return team


def of_each(team: IntArray, values: IntArray) -> IntArray:
    """``values`` with each account's replaced by that of the first account of its team."""
    return values[np.searchsorted(team, team)]
