"""The second population's world, of wide streams."""

import numpy as np

from tests.evaluation.second import world
from tests.evaluation.second.rows import Rows
from tests.evaluation.second.world import Ints
from tests.evaluation.third.rows import wide


class World(world.World):
    """Takes streams of either width."""

    def behave(self, accounts: Ints, rows: Rows) -> None:
        super().behave(accounts, wide(rows))

    def sizes(self, *counts: int) -> list[int]:
        """Sizes of groups at this scale."""
        return [self.size(count) for count in counts]

    def some(self, groups: int, least: int, most: int) -> list[int]:
        """Sizes of small groups: fewer groups at a smaller scale, not smaller ones."""
        return [int(n) for n in np.sort(self.rng.integers(least, most + 1, self.groups(groups)))]
