"""The rung that waits until it is trusted."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from app.simulation.campaigns.campaign import Campaign
from app.simulation.campaigns.cover import PLACES, personas
from app.simulation.campaigns.seed import Seed
from app.simulation.campaigns.wave import Wave
from app.simulation.rows import Rows
from app.simulation.world import DAY_MS

SLEEP_MS = 30 * DAY_MS


@dataclass(frozen=True)
class Sleeper(Seed):
    """Accounts behave like ordinary users for 30 days first.

    In a campaign that is shorter than 45 days, for two thirds of it.
    """

    name: ClassVar[str] = "sleeper"

    def wakes_at(self, wave: Wave) -> int:
        """When the attack begins, ms."""
        return wave.start_ms + min(SLEEP_MS, (wave.end_ms - wave.start_ms) * 2 // 3)

    def cover(self, wave: Wave) -> Rows:
        """A persona's own life until the accounts wake, and then what cover the attack has."""
        wave.attack["active_from"] = np.maximum(wave.attack["active_from"], self.wakes_at(wave))
        asleep = personas(wave.size, wave.world, wave.rng)
        for name in PLACES:
            asleep[name] = wave.attack[name]
        asleep["active_from"] = np.maximum(wave.accounts["created_at"], wave.start_ms)
        asleep["active_to"] = self.wakes_at(wave)
        return np.concatenate([asleep, Campaign.cover(self, wave)])
