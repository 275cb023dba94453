"""The rung whose accounts sleep."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from app.simulation import rhythm
from app.simulation.campaigns.seed import Seed
from app.simulation.campaigns.wave import Wave


@dataclass(frozen=True)
class Diurnal(Seed):
    """Activity follows a plausible time zone per account, with bursts and idle days."""

    name: ClassVar[str] = "diurnal"

    def keep_hours(self, wave: Wave) -> None:
        """The hours of the country the account claims, in the spread that people's days have."""
        super().keep_hours(wave)
        attack, rng = wave.attack, wave.rng
        attack["rhythm"] = np.where(rng.random(wave.size) < 0.5, rhythm.EVENING, rhythm.OFFICE)
        attack["volatility"] = rng.uniform(0.9, 1.6, wave.size)
        attack["session_size"] = np.exp(rng.uniform(np.log(3), np.log(12), wave.size))
