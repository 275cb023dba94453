"""The campaign that the detector is built to stop."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from app.simulation import rhythm
from app.simulation.archetypes.shared import teams
from app.simulation.campaigns.campaign import Campaign
from app.simulation.rows import Rows
from app.simulation.world import DAY_MS, TIER, VERIFICATION, World

FAMILIES = 300
PROGRAMS = 40
PROXY_NETWORKS = 400


@dataclass(frozen=True)
class Seed(Campaign):
    """Proxies, a handful of accounts per payment method, a few hundred families, balanced evenly.

    At full scale 25,000 accounts send 25.6 requests a day each: none is conspicuous by itself.
    """

    name: ClassVar[str] = "seed"

    accounts: int = 25_000
    requests_per_day: float = 25.6

    def disguise(
        self, accounts: Rows, attack: Rows, world: World, rng: np.random.Generator, start: int
    ) -> None:
        # Signed up in lots of some dozens, over the month before.
        lot = teams(rng, self.accounts, 40.0, 0.5)
        opened = start - (rng.uniform(0, 30, int(lot[-1]) + 1) * DAY_MS).astype(np.int64)
        accounts["created_at"] = opened[lot] - rng.integers(0, 3_600_000, self.accounts)
        accounts["tier"] = TIER["individual"]
        accounts["verification"] = VERIFICATION["card"]
        card = rng.permutation(teams(rng, self.accounts, 5.0, 0.3))
        accounts["payment"] = world.new("payment", int(card.max()) + 1) + card
        accounts["device"] = world.new("device", self.accounts // 3 + 1) + rng.integers(
            0, self.accounts // 3 + 1, self.accounts
        )
        # The pool of a proxy seller, in proportion to a campaign smaller than the full one.
        pool = max(12, PROXY_NETWORKS * self.accounts // 25_000)
        likelihood = rng.beta(5.0, 2.0, pool)
        proxies = world.add_networks(rng, pool, hosts=200, rotating=True, proxy=likelihood)
        attack["network"] = proxies + rng.integers(0, pool, (self.accounts, 3))
        attack["network_share"] = [0.34, 0.67]
        programs = world.add_programs(PROGRAMS, temperature=1.0)
        attack["program"] = programs + rng.integers(0, PROGRAMS, (self.accounts, 2))
        attack["program_share"] = 0.5
        attack["family"] = world.new("family", FAMILIES)
        attack["families"], attack["flips"] = FAMILIES, 3
        attack["rhythm"] = rhythm.FLAT
