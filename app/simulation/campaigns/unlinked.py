"""The rung whose accounts have nothing in common but what they ask."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from app.simulation.campaigns.seed import Seed
from app.simulation.campaigns.wave import Wave
from app.simulation.world import DAY_MS, VERIFICATION


@dataclass(frozen=True)
class Unlinked(Seed):
    """Every account with its own payment method, mail domain, device, and a daily home address."""

    name: ClassVar[str] = "unlinked"

    def pay(self, wave: Wave) -> None:
        """See ``Seed``."""
        accounts, world = wave.accounts, wave.world
        for kind in ("payment", "email_domain", "device"):
            accounts[kind] = world.new(kind, wave.size) + np.arange(wave.size)
        accounts["verification"] = VERIFICATION["card"]
        accounts["billing"] = accounts["access"]

    def move_in(self, wave: Wave) -> None:
        """Homes all over, one a day for each account; in a third of them honest customers live.

        Two accounts meet in a home network by chance, about as often as two honest strangers do.
        """
        attack, rng, world = wave.attack, wave.rng, wave.world
        homes = 2 * wave.size
        attack["network"][:, 0] = world.exits
        attack["network"][:, 1] = attack["network"][:, 2] = world.add_residential(rng, homes)
        attack["roam"], attack["roam_ms"] = [world.exit_count, homes, homes], DAY_MS
        attack["client_share"] = np.where(rng.random(wave.size) < 0.7, 1.0, attack["client_share"])
        known = min(1 / 3, world.exit_count / homes)
        attack["network_share"] = [known, 1.0]
