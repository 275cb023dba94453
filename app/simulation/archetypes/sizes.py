"""How many accounts belong together."""

import numpy as np

from app.simulation.rows import NULL, IntArray, Rows

LARGEST_SHARE = 0.15
"""What the largest team may have: a small population, too, shall have several of each kind."""


def teams(
    rng: np.random.Generator,
    count: int,
    median: float,
    sigma: float,
    least: int = 2,
    most: int = 1 << 31,
    share: float = LARGEST_SHARE,
) -> IntArray:
    """Which team each of ``count`` accounts is in, ascending from 0; team sizes are log-normal.

    Sizes lie in ``least`` to ``most``, and no team has more than ``share`` of all accounts, where
    that is not below ``least``; the last team takes what is left.
    """
    most = max(least, min(most, int(share * count)))
    team = np.empty(count, np.int64)
    placed = number = 0
    while placed < count:
        drawn = int(median * np.exp(sigma * rng.standard_normal()))
        size = min(max(least, drawn), most)
        team[placed : placed + size] = number
        placed, number = placed + size, number + 1
    return team


def in_one_place(accounts: Rows, team: IntArray) -> None:
    """Let the accounts of a team live, and pay, where its first one lives."""
    for place in ("access", "zone"):
        accounts[place] = of_each(team, accounts[place])
    accounts["billing"] = np.where(accounts["payment"] == NULL, NULL, accounts["access"])


def of_each(team: IntArray, values: IntArray) -> IntArray:
    """``values`` with each account's replaced by that of the first account of its team."""
    return values[np.searchsorted(team, team)]
