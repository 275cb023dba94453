"""The third population: its honest customers, and its attacks.

Three customers in five are the second population's ordinary people. The kinds made here stand among
these, and each looks like a campaign in some way, for an honest reason.
"""

from tests.evaluation.second import households, ordinary
from tests.evaluation.second.population import Population
from tests.evaluation.third import communities, companies, fleets, learners, livelihoods
from tests.evaluation.third.attacks import ATTACKS, attack_world
from tests.evaluation.third.engine import Days
from tests.evaluation.third.world import World

ORDINARY = (
    *ordinary.KINDS,
    households.families,
    households.several_accounts,
    households.campus_students,
)

KINDS = (
    *companies.KINDS,
    *fleets.KINDS,
    *communities.KINDS,
    *learners.KINDS,
    *livelihoods.KINDS,
)


def honest(seed: int, scale: float = 1.0) -> World:
    """A world without any attack."""
    world = World(seed, scale)
    for kind in (*ORDINARY, *KINDS):
        kind(world)
    return world


THIRD = Population("third", 31, honest, ATTACKS, attack_world, Days, shares=False)
