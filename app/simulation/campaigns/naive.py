"""The rung that hides nothing."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from app.simulation import rhythm
from app.simulation.campaigns.campaign import Campaign
from app.simulation.rows import Rows
from app.simulation.world import DAY_MS, TIER, VERIFICATION, World

FAMILIES = 12


@dataclass(frozen=True)
class Naive(Campaign):
    """A few hundred accounts, one network, one payment method, fixed templates, round the clock."""

    name: ClassVar[str] = "naive"

    accounts: int = 300
    requests_per_day: float = 400.0

    def disguise(
        self, accounts: Rows, attack: Rows, world: World, rng: np.random.Generator, start: int
    ) -> None:
        accounts["created_at"] = start - rng.integers(0, 2 * DAY_MS, self.accounts)
        accounts["tier"] = TIER["individual"]
        accounts["verification"] = VERIFICATION["email"]
        accounts["payment"] = world.new("payment", 1)
        accounts["device"] = world.new("device", 3) + rng.integers(0, 3, self.accounts)
        accounts["email_domain"] = world.new("email_domain", 1)
        network = world.add_networks(rng, 1, hosts=30, rotating=True, proxy=0.7, hosting=True)
        attack["network"] = network
        attack["client"] = world.new("client", 1)
        attack["program"] = world.add_programs(1, temperature=0.7)
        attack["family"] = world.new("family", FAMILIES)
        attack["families"], attack["flips"] = FAMILIES, 3
        attack["gap_cv"], attack["rhythm"] = 1.0, rhythm.FLAT
        # The templates say so in as many words: "think step by step", "grade by this rubric".
        attack["elicitation"] = 2.6 + 0.3 * rng.standard_normal(self.accounts)
