"""What every campaign has in common."""

import dataclasses
from typing import ClassVar

import numpy as np

from app.simulation.archetypes.people import at_leisure
from app.simulation.arrivals import Conversations
from app.simulation.crowd import Group, Habit
from app.simulation.rows import Rows
from app.simulation.world import SURFACES, World

EXTRACTION_TASKS = {
    "agentic_reasoning": 1.0,
    "software_engineering": 1.0,
    "long_horizon_planning": 1.0,
}


@dataclasses.dataclass(frozen=True)
class Campaign:
    """Accounts that extract a model's answers together.

    ``requests_per_day`` is an account's total; ``attack_share`` of it attacks, the rest is cover:
    ordinary traffic under the same links. The campaign starts ``start_after_ms`` into the
    simulation and goes on to its end.
    """

    name: ClassVar[str]

    accounts: int
    requests_per_day: float
    attack_share: float = 1.0
    start_after_ms: int = 0

    def __post_init__(self) -> None:
        if self.accounts < 1:
            raise ValueError("a campaign needs at least one account")
        if not 0.0 < self.attack_share <= 1.0:
            raise ValueError("attack_share must be above 0 and at most 1")
        if self.requests_per_day <= 0.0 or self.start_after_ms < 0:
            raise ValueError("requests_per_day must be above 0, start_after_ms not below it")

    def settle(self, world: World, rng: np.random.Generator) -> Group:
        """The campaign's accounts and what they do."""
        start = world.start_ms + self.start_after_ms
        accounts = world.residents(self.accounts, rng)
        attack = at_leisure(accounts, world, rng)
        attack["requests_per_day"] = self.requests_per_day * self.attack_share
        attack["volatility"] = 0.1
        attack["surface"] = SURFACES.index("api")
        # Single questions, each a session of its own: an answer is all they want.
        attack["session_size"], attack["multi_turn"] = 1.0, False
        attack["fresh"], attack["long_context"] = 0.0, 0.3
        attack["output_scale"], attack["reasoning"] = 3.0, 1.5
        attack["model"], attack["model_share"] = 0, 1.0
        attack["elicitation"] = 1.6 + 0.3 * rng.standard_normal(self.accounts)
        world.choose_tasks(attack, rng, EXTRACTION_TASKS, 0.4)
        self.disguise(accounts, attack, world, rng, start)
        attack["active_from"] = np.maximum(accounts["created_at"], start)
        habits = [Habit(Conversations(), attack, attack=True)]
        if self.attack_share < 1.0:
            habits.append(Habit(Conversations(), self._cover(accounts, attack, world, rng)))
        return Group(self.name, accounts, habits, fraudulent=True)

    def disguise(
        self, accounts: Rows, attack: Rows, world: World, rng: np.random.Generator, start: int
    ) -> None:
        """Give ``accounts`` and their habit ``attack`` the links and templates of this rung.

        ``start``: when the campaign starts, ms.
        """
        raise NotImplementedError

    def _cover(self, accounts: Rows, attack: Rows, world: World, rng: np.random.Generator) -> Rows:
        cover = at_leisure(accounts, world, rng)
        cover["requests_per_day"] = self.requests_per_day * (1.0 - self.attack_share)
        for name in ("active_from", "network", "network_share", "client", "client_share"):
            cover[name] = attack[name]
        return cover
