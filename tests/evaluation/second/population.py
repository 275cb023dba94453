"""A population: its honest customers, all kinds together, and its attacks."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from tests.evaluation.second import households, occasions, ordinary, organisations, products
from tests.evaluation.second.attacks import ATTACKS, attack_world
from tests.evaluation.second.engine import Days
from tests.evaluation.second.world import World

KINDS = (
    *ordinary.KINDS,
    *organisations.KINDS,
    *products.KINDS,
    *households.KINDS,
    *occasions.KINDS,
)


class Population(NamedTuple):
    """What the command must know of one.

    ``seed`` is that of a run which names none. ``attack_world`` takes the name of an attack, a
    seed, the pools of the honest world, a scale, and, where ``shares``, which part of its accounts'
    own traffic is attack.
    """

    name: str
    seed: int
    honest: Callable[[int, float], World]
    attacks: Collection[str]
    attack_world: Callable[..., World]
    engine: type[Days]
    shares: bool


def honest(seed: int, scale: float = 1.0) -> World:
    """A world without any attack."""
    world = World(seed, scale)
    for kind in KINDS:
        kind(world)
    return world


SECOND = Population("second", 11, honest, ATTACKS, attack_world, Days, shares=True)
