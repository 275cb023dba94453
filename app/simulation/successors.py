"""Who takes the place of a suspended account."""

import numpy as np

from app.simulation.crowd import Group
from app.simulation.names import mix
from app.simulation.rows import IntArray

# Buying an account, or opening one, takes an operator's script this long: "within an hour".
LEAST_MS = 5 * 60_000
MOST_MS = 55 * 60_000


class Successors:
    """The reserves of a campaign, and whose places they have taken.

    ``replaced`` (``bool[n]``) says it of every account, by index; ``index`` maps the order of
    ``groups``' accounts to indices.
    """

    def __init__(self, groups: list[Group], index: IntArray, seed: int) -> None:
        self.replaced = np.zeros(len(index), np.bool_)
        self._fraudulent = np.zeros(len(index), np.bool_)
        self._seed = np.uint64(seed)
        campaign = groups[-1] if groups[-1].fraudulent else None
        if campaign is not None:
            self._fraudulent[index[len(index) - len(campaign.accounts) :]] = True
        self._left = campaign.reserves if campaign is not None else 0
        self._count = len(index)

    def of(self, accounts: IntArray, from_ms: int) -> tuple[IntArray, IntArray]:
        """Replacements for those of ``accounts`` (indices) that need one, suspended at ``from_ms``.

        Where they stand in the order of the groups' accounts, and when they come to be, ms. When
        the reserves are used up the rest gets none.
        """
        needy = accounts[self._fraudulent[accounts] & ~self.replaced[accounts]][: self._left]
        self.replaced[needy] = True
        chosen = np.arange(needy.size) + self._count - self._left
        self._left -= needy.size
        share = (mix(mix(needy) ^ self._seed) >> np.uint64(11)) / 2.0**53
        born = from_ms + LEAST_MS + (share * (MOST_MS - LEAST_MS)).astype(np.int64)
        return chosen, born
