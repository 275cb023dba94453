"""People at a keyboard: most accounts, and few of the requests."""

import numpy as np

from app.simulation import rhythm
from app.simulation.archetypes.sizes import in_one_place, teams
from app.simulation.arrivals import Conversations
from app.simulation.crowd import Group, Habit
from app.simulation.rows import NULL, UPDATE, IntArray, Rows
from app.simulation.world import DAY_MS, LANGUAGES, SURFACES, TIER, VERIFICATION, World

UPGRADING_SHARE = 0.04
"""Individuals who take another plan in the time simulated, if that is a month or more."""


def at_leisure(accounts: Rows, world: World, rng: np.random.Generator) -> Rows:
    """``HABIT`` rows of ordinary use: a few conversations a day, on the console."""
    rows = world.habits(accounts, rng)
    assumed = world.law.assumed
    rows["requests_per_day"] = world.volumes(
        rng, len(rows), assumed["individual_requests_per_day"], assumed["individual_sigma"]
    )
    rows["rhythm"] = np.where(rng.random(len(rows)) < 0.7, rhythm.EVENING, rhythm.OFFICE)
    # A tenth works with documents or code that fill the context.
    rows["long_context"] = np.where(rng.random(len(rows)) < 0.1, 0.7, 0.05)
    return rows


def plan_changes(
    accounts: Rows, chosen: IntArray, world: World, rng: np.random.Generator, tier: str
) -> Rows:
    """``UPDATE`` rows: the ``chosen`` accounts pay, by a card of their own, for ``tier``."""
    updates = np.empty(len(chosen), UPDATE)
    born = np.maximum(accounts["created_at"][chosen], world.start_ms)
    updates["at"] = born + (rng.uniform(0.02, 0.98, len(chosen)) * (world.end_ms - born))
    updates["account"] = chosen
    profile = accounts[chosen]
    card = world.new("payment", len(chosen)) + np.arange(len(chosen))
    profile["payment"] = np.where(profile["payment"] == NULL, card, profile["payment"])
    profile["billing"] = np.where(profile["billing"] == NULL, profile["access"], profile["billing"])
    profile["tier"] = TIER[tier]
    profile["verification"] = np.where(
        profile["verification"] == VERIFICATION["document"],
        profile["verification"],
        VERIFICATION["card"],
    )
    updates["profile"] = profile
    return updates


def individuals(count: int, world: World, rng: np.random.Generator) -> Group:
    """Ordinary people. Some ask for reasoning all day, some change their plan."""
    accounts = world.residents(count, rng)
    rows = at_leisure(accounts, world, rng)
    curious = rng.random(count) < 0.02
    rows["elicitation"][curious] += 2.5
    share = UPGRADING_SHARE * min(world.days / 30.0, 1.0)
    upgrading = np.flatnonzero((accounts["payment"] == NULL) & (rng.random(count) < share))
    updates = plan_changes(accounts, upgrading, world, rng, "individual")
    return Group("individuals", accounts, [Habit(Conversations(), rows)], updates=updates)


def heavy_individuals(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: one person, up to a thousand times the median."""
    accounts = world.residents(count, rng, pays=1.0)
    rows = at_leisure(accounts, world, rng)
    median = world.law.assumed["individual_requests_per_day"]
    factor = world.law.assumed["heavy_factor"] ** rng.uniform(0.6, 1.0, count)
    rows["requests_per_day"] = np.minimum(median * factor, world.heaviest_per_day)
    rows["session_size"], rows["gap_ms"] = 60.0, 20_000.0
    rows["volatility"] = 0.3
    world.choose_tasks(
        rows, rng, {"software_engineering": 4.0, "agentic_reasoning": 2.0, "writing": 2.0}, 0.7
    )
    return Group("heavy_individuals", accounts, [Habit(Conversations(), rows)])


def translators(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: one task, one template of their own, every language."""
    accounts = world.residents(count, rng, pays=0.85)
    rows = at_leisure(accounts, world, rng)
    rows["requests_per_day"] = world.volumes(rng, count, 12.0, 1.0)
    rows["rhythm"] = rhythm.OFFICE
    rows["surface"] = SURFACES.index("api")
    rows["program"] = (world.add_programs(count, temperature=0.3) + np.arange(count))[:, None]
    world.choose_tasks(rows, rng, {"translation": 9.0, "writing": 1.0, "extraction": 0.5}, 0.92)
    rows["language"] = rng.integers(0, len(LANGUAGES), (count, 2))
    rows["language_share"] = 0.5
    rows["session_size"], rows["gap_ms"], rows["multi_turn"] = 12.0, 25_000.0, False
    rows["family"] = world.new("family", count * 3) + 3 * np.arange(count)
    rows["families"], rows["family_skew"], rows["fresh"] = 3, 2.0, 0.5
    return Group("translators", accounts, [Habit(Conversations(), rows)])


def auditors_and_teachers(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: who must see how an answer came about, and asks for it every time.

    Schools and audit firms: a shared e-mail domain, work sheets that colleagues pass on, and
    prompts that ask for steps, rubrics and the grading of an answer.
    """
    accounts = world.residents(count, rng, pays=0.85)
    school = teams(rng, count, 5.0, 0.7)
    schools = int(school[-1]) + 1
    teaches = (rng.random(schools) < 0.6)[school]
    accounts["tier"] = np.where(teaches, TIER["education"], TIER["team"])
    accounts["verification"] = np.where(teaches, VERIFICATION["email"], VERIFICATION["card"])
    accounts["email_domain"] = world.new("email_domain", schools) + school
    in_one_place(accounts, school)
    rows = at_leisure(accounts, world, rng)
    rows["requests_per_day"] = world.volumes(rng, count, 7.0, 0.9)
    rows["rhythm"] = rhythm.OFFICE
    rows["network"][:, 1] = world.add_networks(rng, schools, hosts=4, proxy=0.1) + school
    rows["network_share"] = [0.45, 0.97]
    rows["family"] = world.new("family", 12 * schools) + 12 * school
    rows["families"], rows["fresh"], rows["flips"], rows["exact"] = 12, 0.5, 7, 0.1
    world.choose_tasks(
        rows,
        rng,
        {
            "mathematics": 4.0,
            "writing": 2.0,
            "data_analysis": 2.0,
            "software_engineering": 1.0,
            "agentic_reasoning": 1.0,
        },
        0.7,
    )
    rows["elicitation"] = 1.0 + 0.6 * rng.standard_normal(count)
    return Group("auditors_and_teachers", accounts, [Habit(Conversations(), rows)], cohort=school)


def several_accounts(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: one person's personal and team accounts: one device, home and habits.

    A VPN is on half of the time, plans go up, and one card pays for most of them.
    """
    accounts = world.residents(count, rng, pays=0.75)
    person = teams(rng, count, 2.4, 0.3, most=5)
    people = int(person[-1]) + 1
    first = np.searchsorted(person, person)
    accounts["device"] = accounts["device"][first]
    in_one_place(accounts, person)
    card = world.new("payment", people) + person
    same = (accounts["payment"] != NULL) & (rng.random(count) < 0.8)
    accounts["payment"] = np.where(same, card, accounts["payment"])
    accounts["tier"][first != np.arange(count)] = TIER["team"]
    age = (rng.exponential(120.0, count) * DAY_MS).astype(np.int64)
    accounts["created_at"] = world.start_ms - age
    rows = at_leisure(accounts, world, rng)
    for shared in ("network", "client", "client_share", "rhythm", "elicitation", "task"):
        rows[shared] = rows[shared][first]
    rows["network_share"] = np.where((rng.random(people) < 0.5)[person, None], [0.4, 0.5], [0.8, 1])
    rows["requests_per_day"] *= 2.0
    changing = np.flatnonzero(rng.random(count) < 0.3)
    updates = plan_changes(accounts, changing, world, rng, "team")
    return Group(
        "several_accounts", accounts, [Habit(Conversations(), rows)], cohort=person, updates=updates
    )
