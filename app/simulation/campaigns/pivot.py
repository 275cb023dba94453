"""The rung that follows a model launch."""

from dataclasses import dataclass
from typing import ClassVar

from app.simulation.campaigns.seed import Seed
from app.simulation.campaigns.wave import Wave
from app.simulation.world import DAY_MS


@dataclass(frozen=True)
class Pivot(Seed):
    """Half of all traffic moves to a newly released model within 24 hours.

    The launch is the world's own: half of the honest accounts move in the same day.
    """

    name: ClassVar[str] = "pivot"

    def ask(self, wave: Wave) -> None:
        """See ``Campaign``."""
        super().ask(wave)
        wave.attack["moves"] = 0.5
        delay = wave.rng.integers(0, DAY_MS, wave.size)
        wave.attack["moves_at"] = wave.world.launch_ms + delay
