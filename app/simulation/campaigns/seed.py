"""The campaign that the detector is built to stop."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from app.simulation import rhythm
from app.simulation.campaigns.campaign import Campaign
from app.simulation.campaigns.traits import HOUR_MS, Traits
from app.simulation.campaigns.wave import BREADTH, Arsenal, Wave, bundles, lots
from app.simulation.rows import NULL, FloatArray
from app.simulation.world import DAY_MS, TIER, VERIFICATION, World, temperatures

ACCOUNTS_PER_DOMAIN = 40.0


@dataclass(frozen=True)
class Seed(Campaign):
    """Proxies, a handful of accounts per payment method, a few hundred families, balanced evenly.

    At full scale 25,000 accounts send 25.6 requests a day each: none is conspicuous by itself.
    """

    name: ClassVar[str] = "seed"

    accounts: int = 25_000
    requests_per_day: float = 25.6

    def arm(self, traits: Traits, world: World, rng: np.random.Generator) -> Arsenal:
        """See ``Campaign``."""
        if traits.templated:
            # The system prompt makes the family; what is called with it is set by the client.
            programs = traits.families
            first = world.add_programs(programs * self.rotations)
        else:
            programs = traits.programs
            first = world.add_clients(rng, programs * self.rotations)
        return Arsenal(world.new("family", traits.families), first, programs, self.rotations)

    @property
    def rotations(self) -> int:
        """How many sets of programs follow one another."""
        return 1

    def enrol(self, wave: Wave) -> None:
        """See ``Campaign``."""
        accounts, rng, traits = wave.accounts, wave.rng, wave.traits
        lot = lots(rng, wave.size, traits.lot, 0.5)
        age = rng.uniform(0.0, traits.recruit_days * DAY_MS, int(lot[-1]) + 1).astype(np.int64)
        opened = wave.start_ms - age[lot] - rng.integers(0, 3_600_000, wave.size)
        bought = (rng.random(int(lot[-1]) + 1) < traits.aged)[lot]
        accounts["created_at"] = np.where(bought, accounts["created_at"], opened)
        # What developers have, in the same proportions.
        accounts["tier"] = rng.choice(
            [TIER["individual"], TIER["team"], TIER["startup"]], wave.size
        )
        self.pay(wave)

    def pay(self, wave: Wave) -> None:
        """Give the accounts payment methods, devices and mail domains."""
        accounts, rng, traits, world = wave.accounts, wave.rng, wave.traits, wave.world
        card = rng.permutation(bundles(rng, wave.size, traits.per_payment))
        pays = (rng.random(int(card.max()) + 1) < traits.paying)[card]
        payment = world.new("payment", int(card.max()) + 1) + card
        accounts["payment"] = np.where(pays, payment, NULL)
        accounts["billing"] = np.where(pays, accounts["access"], NULL)
        accounts["verification"] = np.where(pays, VERIFICATION["card"], VERIFICATION["email"])
        if traits.own_devices:
            accounts["device"] = world.new("device", wave.size) + np.arange(wave.size)
        else:
            machines = max(1, round(wave.size / traits.per_device))
            at = rng.integers(0, machines, wave.size)
            accounts["device"] = world.new("device", machines) + at
        domain = rng.permutation(lots(rng, wave.size, ACCOUNTS_PER_DOMAIN, 0.6))
        own = world.new("email_domain", int(domain.max()) + 1) + domain
        bought = rng.random(wave.size) < traits.own_domains
        accounts["email_domain"] = np.where(bought, own, accounts["email_domain"])

    def move_in(self, wave: Wave) -> None:
        """Exits of a proxy seller: homes with and without honest customers, and rented machines.

        Clients are those of the crowd, request libraries that many have; a machine uses one.
        """
        attack, rng, traits, world = wave.attack, wave.rng, wave.traits, wave.world
        exits = max(3, round(wave.size / traits.per_exit))
        known = 0 if wave.fresh else min(round(exits * traits.shared_exits), world.exit_count)
        rented = min(round(exits * traits.datacentre), world.proxy_count)
        unknown = max(1, exits - known - rented)
        offset = int(rng.integers(0, world.exit_count - known + 1))
        fresh = world.add_residential(rng, unknown)
        if wave.fresh:
            machines = world.add_datacentre(rng, max(1, rented))
        else:
            machines = world.proxies + int(rng.integers(0, world.proxy_count - rented + 1))
        first = np.array([world.exits + offset, fresh, machines])
        counts = np.array([known, unknown, rented])
        mixture = rng.dirichlet(BREADTH * counts / counts.sum() + 1e-3, wave.size)
        attack["network_share"] = np.cumsum(mixture, axis=1)[:, :2] * (1.0 - 1e-6)
        stay_ms = rng.choice([0, HOUR_MS, DAY_MS], wave.size, p=traits.stays)
        kept = (rng.random((wave.size, 3)) * np.maximum(counts, 1)).astype(np.int64)
        roams = (stay_ms > 0)[:, None]
        attack["network"] = np.where(roams, first, first + kept)
        attack["roam"], attack["roam_ms"] = np.where(roams, counts, 0), stay_ms
        attack["client_share"] = np.where(rng.random(wave.size) < 0.7, 1.0, attack["client_share"])

    def equip(self, wave: Wave, arsenal: Arsenal) -> None:
        """See ``Campaign``."""
        attack, rng, traits = wave.attack, wave.rng, wave.traits
        shards = traits.families // traits.shard
        mine = rng.integers(0, shards, wave.size) * traits.shard
        attack["family"], attack["families"] = arsenal.family + mine, traits.shard
        attack["family_skew"], attack["flips"] = 1.0, traits.flips
        if traits.templated:
            attack["templated"], attack["program"] = True, (arsenal.program + mine)[:, None]
            attack["sets_temperature"] = True
            attack["temperature"] = temperatures(rng, wave.size)
        else:
            chosen = rng.integers(0, arsenal.programs, (wave.size, 2))
            attack["program"], attack["program_share"] = arsenal.program + chosen, 0.5

    def keep_hours(self, wave: Wave) -> None:
        """A queue that never sleeps gives every account its next question or few."""
        attack, rng, traits = wave.attack, wave.rng, wave.traits
        attack["rhythm"], attack["volatility"] = rhythm.FLAT, 0.1
        spread = np.exp(0.5 * rng.standard_normal(wave.size))
        attack["multi_turn"] = rng.random(wave.size) < traits.multi_turn
        # A task that takes several turns takes as many as it takes an honest developer.
        turns = np.exp(rng.uniform(np.log(3.0), np.log(25.0), wave.size))
        questions = np.maximum(traits.per_session * spread, 1.0)
        attack["session_size"] = np.where(attack["multi_turn"], turns, questions)
        attack["gap_ms"] = np.exp(rng.uniform(np.log(5_000), np.log(90_000), wave.size))
        attack["gap_cv"] = rng.uniform(0.6, 1.6, wave.size)

    def balance(self, wave: Wave) -> FloatArray:
        """See ``Campaign``."""
        spread = wave.traits.evenness
        return np.exp(spread * wave.rng.standard_normal(wave.size) - spread**2 / 2)
