"""A world: accounts, their profiles and streams, and a generator that makes them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tests.evaluation.second.hashes import Hashes, mix
from tests.evaluation.second.pools import Pools
from tests.evaluation.second.rows import SHARES, Fields, Rows

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class World:
    """Filled by the kinds, then read day by day (``engine.Days``).

    ``scale`` multiplies how many accounts a kind has; 1 is the size that the kinds are written for.
    Honest customers and a campaign are two worlds over the same pools, so that the honest events
    are the same whatever the campaign is.
    """

    def __init__(self, seed: int, scale: float = 1.0, pools: Pools | None = None) -> None:
        self.seed = seed
        self.scale = scale
        self.rng = np.random.default_rng(seed)
        self.pools = Pools() if pools is None else pools
        self.kinds: list[str] = []
        self._profiles: list[Rows] = []
        self._streams: list[Rows] = []
        self._named = 0

    def size(self, count: int, least: int = 2) -> int:
        """How many accounts stand for ``count`` at this scale."""
        return max(least, round(count * self.scale))

    def groups(self, count: int) -> int:
        """How many groups (families, laboratories) stand for ``count`` at this scale."""
        return max(1, round(count * self.scale))

    def fresh(self, count: int) -> Hashes:
        """Hashes that nothing else has: cards, devices, templates, organisations."""
        first, self._named = self._named, self._named + count
        return mix(np.arange(first, self._named), self.seed, 1)

    def join(self, kind: str, profiles: Rows, *behaviour: Rows) -> Ints:
        """Add accounts of a ``kind``, with a row of each of ``behaviour`` for each of them."""
        accounts = np.arange(len(self.kinds), len(self.kinds) + len(profiles))
        self.kinds += [kind] * len(profiles)
        self._profiles.append(profiles)
        for rows in behaviour:
            self.behave(accounts, rows)
        return accounts

    def behave(self, accounts: Ints, rows: Rows) -> None:
        """Add a stream for each of ``accounts``."""
        rows["account"] = accounts
        self._streams.append(rows)

    def some_of(self, count: int, *kinds: str) -> Ints:
        """Accounts of these kinds that stand for ``count`` at this scale, half of them at most."""
        there = np.flatnonzero(np.isin(self.kinds, kinds))
        return self.rng.choice(there, min(self.size(count), len(there) // 2), replace=False)

    def befall(self, kind: str, accounts: Ints, rows: Rows) -> None:
        """Add a stream for each of ``accounts``, and count them as of this ``kind`` from now on."""
        self.behave(accounts, rows)
        for account in accounts:
            self.kinds[account] = kind

    def profiles(self) -> Rows:
        return np.concatenate(self._profiles)

    def account_hashes(self) -> Hashes:
        return mix(np.arange(len(self.kinds)), self.seed, 2)

    def account_ids(self) -> list[str]:
        return [f"acct_{name:016x}" for name in self.account_hashes().tolist()]

    def fields(self) -> Fields:
        """All streams field by field, with weights summed up to one."""
        rows = np.concatenate(self._streams)
        fields = {name: np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()}
        for name in SHARES:
            total = np.cumsum(fields[name], axis=1)
            fields[name] = total / total[:, -1:]
        return fields

    def volumes(self, count: int, median: float, sigma: float, most: float = 8_000.0) -> Floats:
        """Requests a day, which are log-normal."""
        drawn = self.rng.lognormal(np.log(median), sigma, count)
        return np.asarray(np.minimum(drawn, most))

    def one_of(self, choices: Sequence[int]) -> int:
        return int(self.rng.choice(np.asarray(choices)))
