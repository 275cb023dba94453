"""Addresses: pools that many draw from, as an access provider, a cloud or an office has them."""

from typing import NamedTuple

import numpy as np

from tests.evaluation.second.rows import Rows

HOSTING_ASN = 14_000
HOME_ASN = 7_000


class Pool(NamedTuple):
    """So many addresses, so many of them in a network, and how likely they look like a proxy: a
    Beta distribution, most of which stays with the pool."""

    addresses: int
    per_network: int
    asn: int
    alpha: float
    beta: float


POOL = np.dtype(
    [
        ("addresses", np.int64),
        ("per_network", np.int64),
        ("asn", np.int64),
        ("alpha", np.float64),
        ("beta", np.float64),
    ]
)


class Pools:
    """All pools. A pool is known by its number, which is part of the hash of its addresses."""

    def __init__(self) -> None:
        self._pools: list[Pool] = []
        self.homes = [self.add(120_000, 250, HOME_ASN + i, 1.2, 14) for i in range(40)]
        # Behind a carrier's translation thousands share an address.
        self.carriers = [self.add(60, 20, 7_100 + i, 2, 10) for i in range(12)]
        self.clouds = [self.add(30_000, 100, HOSTING_ASN + i, 6, 5) for i in range(6)]
        # Where functions and build jobs of strangers leave a cloud.
        self.serverless = self.add(400, 20, HOSTING_ASN, 6, 5)
        self.vpns = [self.add(150, 25, 9_000 + i, 12, 2) for i in range(8)]
        self.campuses = [self.add(6, 6, 680 + i, 1.5, 12) for i in range(6)]

    def add(self, addresses: int, per_network: int, asn: int, alpha: float, beta: float) -> int:
        self._pools.append(Pool(addresses, per_network, asn, alpha, beta))
        return len(self._pools) - 1

    def copy(self) -> "Pools":
        """The same pools, to which others can be added: two campaigns get the same numbers."""
        copied = Pools()
        copied._pools = list(self._pools)
        return copied

    def table(self) -> Rows:
        """One ``POOL`` row for each."""
        return np.array(self._pools, POOL)
