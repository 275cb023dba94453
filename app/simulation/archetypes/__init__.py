"""Who lives in a benign population, one function per archetype.

An archetype is a function of (count, world, rng) that returns a ``Group`` of ``count`` accounts.
To add one: write it in the file it belongs to, and list it in ``SHARES`` below with its share of
the population. Those marked as hard negatives look like an attack in some respect and are none.
"""

from collections.abc import Callable

import numpy as np

from app.simulation.archetypes import builders, machines, people, shared
from app.simulation.crowd import Group
from app.simulation.world import World

Archetype = Callable[[int, World, np.random.Generator], Group]

SHARES: dict[Archetype, float] = {
    people.individuals: 0.47,
    people.heavy_individuals: 0.004,
    people.translators: 0.02,
    builders.developers: 0.14,
    builders.products: 0.03,
    builders.popular_tool: 0.10,
    builders.reseller: 0.02,
    shared.corporate_nat: 0.06,
    shared.enterprise_seats: 0.05,
    shared.class_cohort: 0.04,
    shared.viral_prompt: 0.02,
    machines.cron_and_ci: 0.03,
    machines.evaluation_harness: 0.01,
    machines.overnight_agents: 0.01,
    machines.load_test: 0.002,
}
"""Share of the benign accounts; what is left over are individuals too."""


def benign(count: int, world: World, seed: int) -> list[Group]:
    """Groups of ``count`` accounts in all, every archetype at least once where there is room."""
    groups = []
    left = count
    for number, (archetype, share) in enumerate(reversed(SHARES.items())):
        size = left if archetype is people.individuals else min(left, max(1, round(share * count)))
        left -= size
        if size:
            rng = np.random.default_rng([seed, 1, number])
            groups.append(archetype(size, world, rng))
    return groups


__all__ = ["SHARES", "Archetype", "benign"]
