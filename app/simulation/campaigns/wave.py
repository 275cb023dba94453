"""Accounts that a campaign takes into service together: at its beginning, or as replacements."""

from dataclasses import dataclass

import numpy as np

from app.simulation.campaigns.traits import Traits
from app.simulation.rows import FloatArray, IntArray, Rows
from app.simulation.world import World

BREADTH = 2.0


@dataclass(frozen=True)
class Arsenal:
    """What all accounts of a campaign use, the replaced and those that replace them.

    ``family`` is the first of its prompt families and ``program`` the first of its client programs.
    ``rotations`` counts the sets of programs, each ``programs`` large, that follow one another.
    """

    family: int
    program: int
    programs: int
    rotations: int


@dataclass(frozen=True)
class Wave:
    """One wave while it is being settled: ``ACCOUNT`` rows, and the ``HABIT`` row of each's attack.

    The campaign runs from ``start_ms`` to ``end_ms``. ``fresh``: its links must be new ones.
    """

    world: World
    rng: np.random.Generator
    traits: Traits
    start_ms: int
    end_ms: int
    accounts: Rows
    attack: Rows
    fresh: bool = False

    @property
    def size(self) -> int:
        """How many accounts it has."""
        return len(self.accounts)

    def around(self, share: float) -> FloatArray:
        """A share for each account: beta distributed with this mean, and as wide as people's are.

        Accounts are run by scripts of several hands over weeks. One number for all of them would be
        the generator's fingerprint, not the operator's.
        """
        return self.rng.beta(BREADTH * share + 1e-3, BREADTH * (1.0 - share) + 1e-3, self.size)


def bundles(
    rng: np.random.Generator, count: int, mean: float, least: int = 2, most: int = 9
) -> IntArray:
    """Which bundle, from 0, each of ``count`` accounts is in; sizes of ``least`` to ``most``."""
    share = (min(max(mean, least), most) - least) / (most - least)
    sizes = least + rng.binomial(most - least, share, count // least + 1)
    return np.repeat(np.arange(sizes.size), sizes)[:count]


def lots(rng: np.random.Generator, count: int, median: float, sigma: float) -> IntArray:
    """Which lot, from 0, each of ``count`` accounts is in; sizes are log-normal."""
    lot = np.empty(count, np.int64)
    placed = number = 0
    while placed < count:
        size = max(1, round(median * float(np.exp(sigma * rng.standard_normal()))))
        lot[placed : placed + size] = number
        placed, number = placed + size, number + 1
    return lot
