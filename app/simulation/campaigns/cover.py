"""Ordinary traffic behind which an attack hides: of people as different as the honest ones are."""

from collections.abc import Callable

import numpy as np

from app.simulation.archetypes import builders, people
from app.simulation.crowd import Group
from app.simulation.rows import Rows
from app.simulation.world import World

Persona = Callable[[int, World, np.random.Generator], Group]

PERSONAS: dict[Persona, float] = {
    people.individuals: 0.55,
    builders.developers: 0.35,
    people.translators: 0.10,
}
"""Archetypes that an account may pretend to be, and how often: those whose members have nothing in
common with each other, so that a pretender needs nothing but an account. In the mixture of the
benign population, but with more developers, since an account that attacks has an API key."""

PLACES = ("network", "network_share", "roam", "roam_ms")


def personas(count: int, world: World, rng: np.random.Generator) -> Rows:
    """``HABIT`` rows, one for each of ``count`` accounts, of the benign archetypes' own laws."""
    chosen = rng.choice(len(PERSONAS), count, p=list(PERSONAS.values()))
    parts = []
    for number, archetype in enumerate(PERSONAS):
        mine = np.flatnonzero(chosen == number)
        if mine.size:
            rows = archetype(mine.size, world, rng).habits[0].rows
            rows["account"] = mine[rows["account"]]
            parts.append(rows)
    rows = np.concatenate(parts)
    return rows[np.argsort(rows["account"], kind="stable")]


def behind(attack: Rows, per_day: float, world: World, rng: np.random.Generator) -> Rows:
    """Cover for the accounts of ``attack``, ``per_day`` requests a day each on average.

    It comes from where the attack comes from: an account in two places at once would stand out.
    What it costs is spread like people's volumes are, only narrower: cover is there to be paid for.
    """
    cover = personas(len(attack), world, rng)
    spread = 0.5
    volume = np.exp(spread * rng.standard_normal(len(cover)) - spread**2 / 2)
    cover["requests_per_day"] = per_day * volume
    for name in (*PLACES, "active_from", "active_to"):
        cover[name] = attack[name]
    # Most have one tool for everything; the others keep what the person they play would use.
    same = rng.random(len(cover)) < 0.6
    for name in ("client", "client_share"):
        cover[name][same] = attack[name][same]
    return cover
