"""The honest customers: all kinds together."""

from tests.evaluation.second import households, occasions, ordinary, organisations, products
from tests.evaluation.second.world import World

KINDS = (
    *ordinary.KINDS,
    *organisations.KINDS,
    *products.KINDS,
    *households.KINDS,
    *occasions.KINDS,
)


def honest(seed: int, scale: float = 1.0) -> World:
    """A world without any attack."""
    world = World(seed, scale)
    for kind in KINDS:
        kind(world)
    return world
