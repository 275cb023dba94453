"""How many accounts belong together."""

import numpy as np

from app.simulation.rows import FloatArray, IntArray


def teams(
    rng: np.random.Generator,
    count: int,
    median: float,
    sigma: float,
    least: int = 2,
    most: int = 1 << 31,
) -> IntArray:
    """Which team each of ``count`` accounts is in, ascending from 0; team sizes are log-normal.

    Sizes lie in ``least`` to ``most``; the last team takes what is left.
    """
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


def rates(team: IntArray, sigma: float, rng: np.random.Generator) -> FloatArray:
    """A factor for each account, the same within a team: log-normal around 1."""
    return np.exp(sigma * rng.standard_normal(int(team[-1]) + 1))[team]
