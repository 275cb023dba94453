"""People who share a home, a card, or their password without knowing it."""

import numpy as np

from app.simulation import rhythm
from app.simulation.archetypes.people import at_leisure
from app.simulation.archetypes.sizes import in_one_place, of_each, teams
from app.simulation.arrivals import Conversations
from app.simulation.crowd import Group, Habit
from app.simulation.rows import UPDATE, Rows
from app.simulation.world import (
    COUNTRIES,
    DAY_MS,
    SURFACES,
    TIER,
    VERIFICATION,
    World,
)


def households(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: a family or shared flat behind one address, everybody with a card, or none."""
    accounts = world.residents(count, rng)
    home = teams(rng, count, 2.8, 0.4, most=9)
    in_one_place(accounts, home)
    rows = at_leisure(accounts, world, rng)
    networks = world.add_networks(rng, int(home[-1]) + 1, hosts=1)
    rows["network"][:, 0] = networks + home
    return Group("households", accounts, [Habit(Conversations(), rows)], cohort=home)


def shared_card(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: families and small teams with one card, and no organisation to say so."""
    accounts = world.residents(count, rng)
    home = teams(rng, count, 3.6, 0.5, most=15)
    homes = int(home[-1]) + 1
    accounts["payment"] = world.new("payment", homes) + home
    in_one_place(accounts, home)
    accounts["tier"], accounts["verification"] = TIER["individual"], VERIFICATION["card"]
    # A team signs up in a week, a family as its members grow up.
    works = (rng.random(homes) < 0.4)[home]
    joined = of_each(home, accounts["created_at"]) + rng.integers(0, 7 * DAY_MS, count)
    latest = world.start_ms - rng.integers(0, DAY_MS, count)
    accounts["created_at"] = np.where(works, np.minimum(joined, latest), accounts["created_at"])
    rows = at_leisure(accounts, world, rng)
    networks = world.add_networks(rng, homes, hosts=2)
    rows["network"][:, 0] = np.where(works, rows["network"][:, 0], networks + home)
    rows["requests_per_day"] *= np.where(works, 4.0, 1.0)
    # Colleagues use what one of them has built.
    program = world.add_clients(rng, homes) + home
    rows["program"] = np.where(works[:, None], program[:, None], rows["program"])
    rows["program_share"] = np.where(works, 0.6, 1.0)
    rows["rhythm"] = np.where(works, rhythm.OFFICE, rows["rhythm"])
    return Group("shared_card", accounts, [Habit(Conversations(), rows)], cohort=home)


def hijacked(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: accounts that a stranger abroad takes over for some days, and must give back.

    A thief tries stolen passwords and uses, or resells, what opens: the accounts of one cohort
    share his proxies, program and time, and nothing before or after. Their owners stay.
    """
    accounts = world.residents(count, rng, pays=1.0)
    usual = at_leisure(accounts, world, rng)
    usual["requests_per_day"] *= 2.0
    thief = teams(rng, count, 10.0, 0.7)
    thieves = int(thief[-1]) + 1
    theft = usual.copy()
    length = world.end_ms - world.start_ms
    begin = world.start_ms + (rng.uniform(0.1, 0.7, thieves) * length)[thief]
    theft["active_from"] = begin + rng.uniform(0.0, 0.05, count) * length
    lasts = np.minimum(rng.uniform(0.5, 5.0, count) * DAY_MS, 0.2 * length)
    theft["active_to"] = theft["active_from"] + lasts
    theft["requests_per_day"] = np.minimum(
        np.exp(rng.uniform(np.log(15), np.log(150), thieves))[thief], world.heaviest_per_day
    )
    theft["rhythm"], theft["volatility"] = rhythm.FLAT, 0.5
    proxies = world.add_networks(
        rng, 4 * thieves, hosts=60, rotating=True, proxy=0.75, hosting=True
    )
    theft["network"] = proxies + 4 * thief[:, None] + rng.integers(0, 4, (count, 3))
    theft["network_share"] = [0.5, 0.8]
    theft["client"] = (world.new("client", thieves) + thief)[:, None]
    theft["program"] = (world.add_clients(rng, thieves) + thief)[:, None]
    theft["program_share"], theft["surface"] = 1.0, SURFACES.index("api")
    theft["model"], theft["moves"] = 0, 0.0
    world.choose_tasks(
        theft,
        rng,
        {"writing": 3.0, "chat": 3.0, "software_engineering": 2.0, "translation": 1.0},
        0.6,
    )
    theft["language"] = rng.integers(0, 4, thieves)[thief, None]
    return Group(
        "hijacked",
        accounts,
        [Habit(Conversations(), usual), Habit(Conversations(), theft)],
        cohort=thief,
        updates=_seen_abroad(accounts, theft, rng),
    )


def _seen_abroad(accounts: Rows, theft: Rows, rng: np.random.Generator) -> Rows:
    """Where an account is used from changes with the theft, and back again."""
    there, back = np.empty((2, len(accounts)), UPDATE)
    for updates, at in ((there, "active_from"), (back, "active_to")):
        updates["at"], updates["account"] = theft[at], theft["account"]
        updates["profile"] = accounts
    there["profile"]["access"] = rng.integers(0, len(COUNTRIES), len(accounts))
    return np.concatenate([there, back])
