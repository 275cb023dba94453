"""The fourth population: its honest customers, and its attacks.

Three customers in five are the second population's ordinary people, as in the third. The kinds made
here stand among these; most of them share more than one thing with strangers.
"""

from tests.evaluation.fourth import devices, gatherings, payers, professions, robots, sites
from tests.evaluation.fourth.attacks import ATTACKS, attack_world
from tests.evaluation.second import households, ordinary
from tests.evaluation.second.population import Population
from tests.evaluation.third.engine import Days
from tests.evaluation.third.world import World

ORDINARY = (
    *ordinary.KINDS,
    households.families,
    households.several_accounts,
    households.campus_students,
)

KINDS = (
    *payers.KINDS,
    *sites.KINDS,
    *devices.KINDS,
    *robots.KINDS,
    *professions.KINDS,
    *gatherings.KINDS,
)


def honest(seed: int, scale: float = 1.0) -> World:
    """A world without any attack."""
    world = World(seed, scale)
    for kind in (*ORDINARY, *KINDS):
        kind(world)
    return world


FOURTH = Population("fourth", 41, honest, ATTACKS, attack_world, Days, shares=False)
