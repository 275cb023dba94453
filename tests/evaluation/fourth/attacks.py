"""All attacks by the name that the command takes."""

from collections.abc import Callable

from tests.evaluation.fourth import among, apart
from tests.evaluation.second.pools import Pools
from tests.evaluation.third.campaign import Campaign
from tests.evaluation.third.world import World

ATTACKS: dict[str, Callable[[Campaign], None]] = {
    attack.__name__: attack for attack in (*among.ATTACKS, *apart.ATTACKS)
}

FIRST_SEED = 1 << 35
"""Seeds of attacks begin here: none is an honest world's, or another population's."""


def attack_world(name: str, seed: int, pools: Pools, scale: float = 1.0) -> World:
    """The accounts of an attack, beside an honest world that has ``pools``."""
    drawn = FIRST_SEED + seed * 1_000 + list(ATTACKS).index(name)
    world = World(drawn, scale, pools.copy())
    ATTACKS[name](Campaign(world))
    return world
