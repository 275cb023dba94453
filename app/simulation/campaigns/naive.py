"""The rung that hides nothing."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from app.simulation import rhythm
from app.simulation.campaigns.campaign import Campaign
from app.simulation.campaigns.traits import Traits
from app.simulation.campaigns.wave import Arsenal, Wave
from app.simulation.world import DAY_MS, SURFACES, TIER, VERIFICATION, World

FAMILIES = 12


@dataclass(frozen=True)
class Naive(Campaign):
    """A few hundred accounts, one network, one payment method, fixed templates, round the clock."""

    name: ClassVar[str] = "naive"

    accounts: int = 300
    requests_per_day: float = 400.0

    @classmethod
    def at_scale(cls, scale: float, **changes: Any) -> Self:
        """As it is: a few hundred accounts are small enough, and fewer would be another attack."""
        del scale
        return cls(**changes)

    def arm(self, traits: Traits, world: World, rng: np.random.Generator) -> Arsenal:
        """See ``Campaign``."""
        del traits, rng
        return Arsenal(world.new("family", FAMILIES), world.add_programs(1, temperature=0.7), 1, 1)

    def enrol(self, wave: Wave) -> None:
        """See ``Campaign``."""
        accounts, rng, world = wave.accounts, wave.rng, wave.world
        accounts["created_at"] = wave.start_ms - rng.integers(0, 2 * DAY_MS, wave.size)
        accounts["tier"] = TIER["individual"]
        accounts["verification"] = VERIFICATION["email"]
        accounts["payment"] = world.new("payment", 1)
        accounts["device"] = world.new("device", 3) + rng.integers(0, 3, wave.size)
        accounts["email_domain"] = world.new("email_domain", 1)

    def move_in(self, wave: Wave) -> None:
        """See ``Campaign``."""
        wave.attack["network"] = wave.world.add_networks(
            wave.rng, 1, hosts=30, rotating=True, proxy=0.7, hosting=True
        )
        wave.attack["client"] = wave.world.new("client", 1)

    def ask(self, wave: Wave) -> None:
        """The templates say so in as many words: "think step by step", "grade by this rubric"."""
        super().ask(wave)
        attack = wave.attack
        attack["surface"] = SURFACES.index("api")
        attack["model"], attack["model_share"] = 0, 1.0
        attack["output_scale"], attack["reasoning"], attack["long_context"] = 3.0, 1.5, 0.3
        attack["elicitation"] = 2.6 + 0.3 * wave.rng.standard_normal(wave.size)

    def equip(self, wave: Wave, arsenal: Arsenal) -> None:
        """See ``Campaign``."""
        wave.attack["program"] = arsenal.program
        wave.attack["family"], wave.attack["families"] = arsenal.family, FAMILIES
        wave.attack["flips"] = 3

    def keep_hours(self, wave: Wave) -> None:
        """Single questions, each a session of its own: an answer is all they want."""
        attack = wave.attack
        attack["session_size"], attack["multi_turn"] = 1.0, False
        attack["gap_cv"], attack["rhythm"], attack["volatility"] = 1.0, rhythm.FLAT, 0.1
