"""The rung whose prompts are never twice the same."""

from dataclasses import dataclass
from typing import ClassVar

from app.simulation.campaigns.seed import Seed
from app.simulation.campaigns.wave import Arsenal, Wave
from app.simulation.rows import MAX_FLIPS
from app.simulation.world import DAY_MS

WEEK_MS = 7 * DAY_MS
LEAST_FLIPS = 5


@dataclass(frozen=True)
class Paraphrase(Seed):
    """Prompts paraphrased: near-duplicates are up to 20 bits apart, template hash rotated weekly.

    Each prompt is 5 to 10 bits from its family's, so that two of a family are up to 20 apart.
    """

    name: ClassVar[str] = "paraphrase"

    @property
    def rotations(self) -> int:
        """See ``Seed``."""
        return -(-self.length_ms // WEEK_MS)

    def equip(self, wave: Wave, arsenal: Arsenal) -> None:
        """See ``Campaign``."""
        super().equip(wave, arsenal)
        attack = wave.attack
        attack["flips_least"], attack["flips"] = LEAST_FLIPS, MAX_FLIPS
        attack["rotate_from"], attack["rotate_ms"] = wave.start_ms, WEEK_MS
        attack["rotate_by"] = arsenal.programs
