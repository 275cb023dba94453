"""What kinds here are put together from, beside what the third population has."""

from typing import Any

import numpy as np

from tests.evaluation.fourth.tasks import WORK
from tests.evaluation.second.habits import chatting, coding
from tests.evaluation.second.hashes import Hashes
from tests.evaluation.second.pools import HOME_ASN
from tests.evaluation.second.reach import ANY
from tests.evaluation.second.rows import Rows, put
from tests.evaluation.second.tasks import shares_near
from tests.evaluation.second.world import Ints
from tests.evaluation.third.groups import since, using
from tests.evaluation.third.rows import wide
from tests.evaluation.third.world import World


def doing(
    world: World,
    profiles: Rows,
    work: str,
    median: float,
    sigma: float,
    *,
    alike: float = 12.0,
    **more: Any,
) -> Rows:
    """A stream for each of ``profiles``, as `using` gives it, of this population's work."""
    share = shares_near(world.rng, WORK[work], len(profiles), alike)
    return using(world, profiles, "any", median, sigma, **{"task_share": share, **more})


def dealt(world: World, count: int, least: int, most: int) -> Hashes:
    """Something that ``least`` to ``most`` neighbours share: a card, a device, a mail domain."""
    sizes = world.rng.integers(least, most + 1, count)
    group = np.repeat(np.arange(count), sizes)[:count]
    shared: Hashes = world.fresh(count)[group]
    return shared


def partly_shared(world: World, own: Hashes, shared: Hashes, share: float) -> Hashes:
    """``shared`` for that ``share`` of the accounts, and their ``own`` for the others."""
    return np.where(world.rng.random(len(own)) < share, shared, own)


def besides(
    world: World, accounts: Ints, profiles: Rows, rows: Rows, share: float, median: float = 7.0
) -> None:
    """For a ``share`` of the accounts what their people do besides ``rows``, from the same places:
    they chat, or code with an agent that many have."""
    drawn = world.rng.random(len(accounts))
    for make, part in (
        (chatting, np.flatnonzero(drawn < 0.7 * share)),
        (coding, np.flatnonzero((drawn >= 0.7 * share) & (drawn < share))),
    ):
        if len(part) == 0:
            continue
        own = wide(make(world, len(part), median, 1.0))
        put(own, start=since(profiles[part]))
        for name in ("zone", "language", "pool", "address", "lease", "at_leisure", "at_work"):
            own[name] = rows[name][part]
        world.behave(accounts[part], own)


def satellite(world: World, number: int, addresses: int = 8) -> int:
    """A satellite provider's exits: far from where its customers are, and few."""
    return world.pools.add(addresses, 8, 14_590 + number, 5, 6)


def line(world: World, number: int, addresses: int = 1) -> int:
    """One line of one building."""
    return world.pools.add(addresses, addresses, HOME_ASN + number % 40, 1.4, 11)


def proxy_brand(world: World, number: int) -> int:
    """Rotating exits in homes, sold by the gigabyte: many are known for what they are."""
    return world.pools.add(9_000, 6, HOME_ASN + number % 40, 4, 6)


def onion_exits(world: World) -> int:
    """Volunteers' exits, all of them on public lists."""
    return world.pools.add(900, 2, 9_800, 14, 1.4)


def on_telephones(world: World, rows: Rows, carriers: int, first: int = 0) -> Rows:
    """Customers of the ``carriers`` from the ``first`` on, and nothing else."""
    pools = world.pools.carriers[first : first + carriers]
    pool = world.rng.choice(pools, len(rows))
    put(rows, pool=pool[:, None], address=[ANY], lease=[0])
    return put(rows, at_leisure=[1], at_work=[1])
