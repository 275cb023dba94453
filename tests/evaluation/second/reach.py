"""Where an account is reached: at home, at work, in a cloud, behind something shared."""

import numpy as np

from tests.evaluation.second.rows import AWAY, HOME, WORK, Rows, put
from tests.evaluation.second.world import Ints, World

ANY = -1
"""Any address of a pool, another one for each session."""


def numbers(world: World, count: int) -> Ints:
    """Numbers that tell lines of one pool apart."""
    return world.rng.integers(1, 1 << 40, count)


def at_home(world: World, rows: Rows, carrier: float = 0.25) -> None:
    """A line at home, whose address changes with its lease, and a telephone's carrier."""
    rng, count = world.rng, len(rows)
    pools = world.pools
    weight = 1 / np.arange(1, len(pools.homes) + 1) ** 0.8
    home = rng.choice(pools.homes, count, p=weight / weight.sum())
    line = numbers(world, count)
    fixed = rng.random(count) < 0.15
    lease = np.where(fixed, 0, rng.choice([1, 3, 7, 14, 30], count))
    moving = np.minimum(4 * carrier * rng.beta(1, 3, count), 0.9)
    where = np.stack([1 - moving, moving], 1)
    put(
        rows,
        pool=np.stack([home, rng.choice(pools.carriers, count), home], 1),
        address=np.stack([line, np.full(count, ANY), numbers(world, count)], 1),
        lease=np.stack([lease, np.zeros(count)], 1),
        at_leisure=where,
        at_work=where,
    )


def office_and_home(world: World, rows: Rows, office: int, share: float = 0.9) -> None:
    """At home, and for that ``share`` of work in one office's few addresses."""
    at_home(world, rows)
    rows["pool"][:, WORK], rows["address"][:, WORK] = office, ANY
    put(rows, at_work=[1 - share, 0, share])


def in_cloud(world: World, rows: Rows) -> None:
    """A machine of one's own, most with a fixed address."""
    rng, count = world.rng, len(rows)
    lease = np.where(rng.random(count) < 0.6, 0, rng.choice([2.0, 7.0], count))
    put(
        rows,
        pool=rng.choice(world.pools.clouds, count)[:, None],
        address=numbers(world, count)[:, None],
        lease=lease[:, None],
        at_leisure=[1],
        at_work=[1],
    )


def behind(rows: Rows, pool: int) -> None:
    """All behind one pool, with another address for each session."""
    put(rows, pool=[pool], address=[ANY], lease=[0], at_leisure=[1], at_work=[1])


def on_rotating_lines(world: World, rows: Rows, lease: float = 1.0) -> None:
    """A clean line at home each, and nothing else; a ``lease`` of 0 keeps its address."""
    count = len(rows)
    put(
        rows,
        pool=world.rng.choice(world.pools.homes, count)[:, None],
        address=numbers(world, count)[:, None],
        lease=[lease],
        at_leisure=[1],
        at_work=[1],
    )


def vpn_at_times(world: World, rows: Rows) -> None:
    """At home, with a VPN switched on for any share of the time."""
    rng, count = world.rng, len(rows)
    rows["pool"][:, WORK], rows["address"][:, WORK] = rng.choice(world.pools.vpns, count), ANY
    on = rng.beta(1, 1, count)
    where = np.stack([1 - on, np.zeros(count), on], 1)
    put(rows, at_leisure=where, at_work=where)


def vpn_always(world: World, rows: Rows) -> None:
    """A VPN in place of the line at home; the telephone stays."""
    rows["pool"][:, HOME] = world.rng.choice(world.pools.vpns, len(rows))
    rows["address"][:, HOME] = ANY


def on_lines_of(world: World, rows: Rows, home: int, carriers: int) -> None:
    """Customers of one provider at ``home``, and of the first few ``carriers``, mostly these."""
    rows["pool"][:, HOME] = home
    rows["pool"][:, AWAY] = world.rng.choice(world.pools.carriers[:carriers], len(rows))
    put(rows, at_leisure=[0.4, 0.6], at_work=[0.4, 0.6])
