"""Who lives in a benign population, one function per archetype.

An archetype is a function of (count, world, rng) that returns a ``Group`` of ``count`` accounts.
To add one: write it in the file it belongs to, and list it in ``SHARES`` below with its share of
the population. Those marked as hard negatives look like an attack in some respect and are none.
What befalls everybody is in the world: a model launch, outages, prompts that everybody knows.
"""

from collections.abc import Callable

import numpy as np

from app.simulation.archetypes import (
    builders,
    homes,
    machines,
    occasions,
    people,
    permitted,
    shared,
)
from app.simulation.arrivals import Scheduled
from app.simulation.crowd import Group, Habit
from app.simulation.world import World

Archetype = Callable[[int, World, np.random.Generator], Group]

SHARES: dict[Archetype, float] = {
    people.individuals: 0.34,
    shared.laboratory: 0.02,
    people.heavy_individuals: 0.001,
    people.translators: 0.012,
    people.auditors_and_teachers: 0.015,
    people.several_accounts: 0.015,
    homes.households: 0.04,
    homes.shared_card: 0.025,
    homes.hijacked: 0.007,
    builders.developers: 0.10,
    builders.products: 0.001,
    builders.popular_tool: 0.09,
    builders.reseller: 0.008,
    shared.corporate_nat: 0.05,
    shared.enterprise_seats: 0.045,
    shared.multilingual_product: 0.01,
    shared.niche_product: 0.03,
    occasions.class_cohort: 0.025,
    occasions.hackathon: 0.02,
    occasions.startup_cohort: 0.012,
    occasions.ad_campaign: 0.027,
    occasions.viral_prompt: 0.022,
    permitted.licensed_distiller: 0.007,
    permitted.labelling_vendor: 0.007,
    machines.cron_and_ci: 0.01,
    machines.evaluation_harness: 0.003,
    machines.public_benchmark: 0.03,
    machines.overnight_agents: 0.003,
    machines.load_test: 0.001,
}
"""Share of the benign accounts; what is left over are individuals too.

Heavy archetypes are rare, so that an account sends about a dozen requests a day on average; kinds
that come in groups are large enough for ten groups or more among 30,000 accounts.
"""

ORDINARY = frozenset({"individuals", "developers", "products"})
"""Archetypes that are no hard negatives."""


def benign(count: int, world: World, seed: int, busy: float = 1.0) -> list[Group]:
    """Groups of ``count`` accounts in all, every archetype at least once where there is room.

    ``busy`` multiplies their volumes, up to the heaviest that the world allows.
    """
    groups = []
    left = count
    for number, (archetype, share) in enumerate(reversed(SHARES.items())):
        size = left if archetype is people.individuals else min(left, max(1, round(share * count)))
        left -= size
        if size:
            rng = np.random.default_rng([seed, 1, number])
            groups.append(archetype(size, world, rng))
    if busy != 1.0:
        for group in groups:
            for habit in group.habits:
                _multiply(habit, busy, world.heaviest_per_day)
    return groups


def _multiply(habit: Habit, busy: float, heaviest_per_day: float) -> None:
    volume = habit.rows["requests_per_day"]
    factor = np.minimum(busy, np.maximum(heaviest_per_day / volume, 1.0))
    habit.rows["requests_per_day"] *= factor
    # A job runs when it is due: more of it is a longer run.
    if isinstance(habit.arrivals, Scheduled):
        habit.rows["session_size"] *= factor


__all__ = ["ORDINARY", "SHARES", "Archetype", "benign"]
