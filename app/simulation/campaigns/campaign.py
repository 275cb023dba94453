"""What every campaign has in common."""

import dataclasses
from enum import StrEnum
from typing import Any, ClassVar, Self

import numpy as np

from app.simulation.archetypes.people import at_leisure
from app.simulation.arrivals import Conversations
from app.simulation.campaigns.cover import behind
from app.simulation.campaigns.traits import Traits
from app.simulation.campaigns.wave import Arsenal, Wave
from app.simulation.crowd import Group, Habit
from app.simulation.rows import HABIT, NEVER, FloatArray, Rows
from app.simulation.world import DAY_MS, LAUNCHED, World

EXTRACTION_TASKS = {
    "agentic_reasoning": 1.0,
    "software_engineering": 1.0,
    "long_horizon_planning": 1.0,
}
FULL_LENGTH_MS = 45 * DAY_MS


class ShareMode(StrEnum):
    """What stays the same when an account attacks with a part of its traffic only."""

    FIXED_TOTAL = "fixed_total"
    FIXED_EXTRACTION = "fixed_extraction"


@dataclasses.dataclass(frozen=True)
class Campaign:
    """Accounts that extract a model's answers together.

    ``attack_share`` of an account's traffic attacks, the rest is cover: ordinary traffic from the
    same places. ``requests_per_day`` is an account's total, or, with ``FIXED_EXTRACTION``, what of
    it attacks. The campaign starts ``start_after_ms`` into the simulation and goes on for
    ``length_ms``, or to the end of the simulation.

    A rung is a subclass. It overrides the steps of ``settle`` in which it differs; each step sets
    columns of its own, so that rungs can be combined by inheriting from several.
    """

    name: ClassVar[str]

    accounts: int
    requests_per_day: float
    attack_share: float = 1.0
    share_mode: ShareMode = ShareMode.FIXED_TOTAL
    start_after_ms: int = 0
    length_ms: int = FULL_LENGTH_MS

    def __post_init__(self) -> None:
        if self.accounts < 1:
            raise ValueError("a campaign needs at least one account")
        ShareMode(self.share_mode)
        if not 0.0 < self.attack_share <= 1.0:
            raise ValueError("attack_share must be above 0 and at most 1")
        if self.requests_per_day <= 0.0 or self.start_after_ms < 0 or self.length_ms <= 0:
            raise ValueError(
                "requests_per_day and length_ms must be above 0, start_after_ms not below it"
            )

    @classmethod
    def at_scale(cls, scale: float, **changes: Any) -> Self:
        """The campaign with ``scale`` times its accounts, at least two, and the same structure."""
        full = cls(**changes)
        return dataclasses.replace(full, accounts=max(2, round(full.accounts * scale)))

    @property
    def attacks_per_day(self) -> float:
        """Attack requests of an account and day."""
        if self.share_mode == ShareMode.FIXED_EXTRACTION:
            return self.requests_per_day
        return self.requests_per_day * self.attack_share

    @property
    def cover_per_day(self) -> float:
        """Other requests of an account and day."""
        return self.attacks_per_day * (1.0 / self.attack_share - 1.0)

    @property
    def replacements(self) -> int:
        """How many accounts at most take the place of suspended ones."""
        return 0

    def settle(self, world: World, rng: np.random.Generator, *, closed_loop: bool = False) -> Group:
        """The campaign's accounts and what they do.

        With ``closed_loop`` the group ends with ``replacements`` accounts that do not exist until
        they are needed.
        """
        traits = Traits.draw(rng)
        arsenal = self.arm(traits, world, rng)
        waves = [self._wave(self.accounts, traits, arsenal, world, rng, fresh=False)]
        reserves = self.replacements if closed_loop else 0
        if reserves:
            waves.append(self._wave(reserves, traits, arsenal, world, rng, fresh=True))
            waves[1].accounts["created_at"] = waves[1].attack["active_from"] = NEVER
        attack: list[Rows] = []
        cover: list[Rows] = []
        first = 0
        for wave in waves:
            for rows, of_all in zip((wave.attack, self.cover(wave)), (attack, cover), strict=True):
                rows["account"] += first
                of_all.append(rows)
            first += wave.size
        habits = [Habit(Conversations(), np.concatenate(attack), attack=True)]
        if any(len(rows) for rows in cover):
            habits.append(Habit(Conversations(), np.concatenate(cover)))
        accounts = np.concatenate([wave.accounts for wave in waves])
        return Group(self.name, accounts, habits, fraudulent=True, reserves=reserves)

    def _wave(
        self,
        count: int,
        traits: Traits,
        arsenal: Arsenal,
        world: World,
        rng: np.random.Generator,
        *,
        fresh: bool,
    ) -> Wave:
        start_ms = min(world.start_ms + self.start_after_ms, world.end_ms)
        end_ms = min(start_ms + self.length_ms, world.end_ms)
        accounts = world.residents(count, rng)
        attack = at_leisure(accounts, world, rng)
        wave = Wave(world, rng, traits, start_ms, end_ms, accounts, attack, fresh)
        self.enrol(wave)
        self.move_in(wave)
        self.ask(wave)
        self.equip(wave, arsenal)
        self.keep_hours(wave)
        attack["requests_per_day"] = self.attacks_per_day * self.balance(wave)
        attack["active_from"] = np.maximum(accounts["created_at"], start_ms)
        attack["active_to"] = end_ms
        return wave

    def arm(self, traits: Traits, world: World, rng: np.random.Generator) -> Arsenal:
        """The prompts and programs that all accounts share."""
        raise NotImplementedError

    def enrol(self, wave: Wave) -> None:
        """Give the wave's accounts their dates, tiers, payment methods and other sign-up links."""
        raise NotImplementedError

    def move_in(self, wave: Wave) -> None:
        """Give them networks and clients."""
        raise NotImplementedError

    def ask(self, wave: Wave) -> None:
        """Say what they are after: tasks, models, how much is elicited.

        Token counts keep the law that benign requests have.
        """
        attack, traits, rng = wave.attack, wave.traits, wave.rng
        attack["surface"] = rng.choice([0, 0, 0, 2, 3], wave.size)
        attack["fresh"], attack["popular"] = 0.0, 0.0
        attack["long_context"] = wave.around(traits.long_context)
        attack["model"] = [traits.best, 1 - traits.best]
        attack["model_share"] = wave.around(traits.model_share)
        attack["moves"], attack["moves_to"] = 0.0, LAUNCHED
        attack["elicitation"] = traits.elicitation + 0.6 * rng.standard_normal(wave.size)
        wave.world.choose_tasks(attack, rng, EXTRACTION_TASKS, wave.around(traits.focus))

    def equip(self, wave: Wave, arsenal: Arsenal) -> None:
        """Give them prompt families and client programs out of ``arsenal``."""
        raise NotImplementedError

    def keep_hours(self, wave: Wave) -> None:
        """Say when they are active, and in what sessions."""
        raise NotImplementedError

    def balance(self, wave: Wave) -> FloatArray:
        """Each account's part of the load, 1 on average."""
        return np.ones(wave.size)

    def cover(self, wave: Wave) -> Rows:
        """``HABIT`` rows of what else the accounts of a settled wave do."""
        if self.cover_per_day <= 0.0:
            return np.empty(0, HABIT)
        return behind(wave.attack, self.cover_per_day, wave.world, wave.rng)
