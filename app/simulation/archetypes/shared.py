"""Strangers and colleagues who share something: an address, a payment method, a template."""

import numpy as np

from app.simulation import rhythm
from app.simulation.archetypes.people import at_leisure
from app.simulation.arrivals import Conversations, Deadline
from app.simulation.crowd import Group, Habit
from app.simulation.rows import NULL, IntArray
from app.simulation.world import DAY_MS, SURFACES, TIER, VERIFICATION, World

HOUR_MS = 3_600_000


def teams(rng: np.random.Generator, count: int, median: float, sigma: float) -> IntArray:
    """Which team each of ``count`` accounts is in, from 0; team sizes are log-normal."""
    team = np.empty(count, np.int64)
    placed = number = 0
    while placed < count:
        size = max(2, int(median * np.exp(sigma * rng.standard_normal())))
        team[placed : placed + size] = number
        placed, number = placed + size, number + 1
    return team


def corporate_nat(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: companies and campuses, each behind one address; accounts are people's own."""
    accounts = world.residents(count, rng)
    rows = at_leisure(accounts, world, rng)
    company = teams(rng, count, 30.0, 1.0)
    networks = world.add_networks(rng, int(company[-1]) + 1, hosts=1, proxy=0.15)
    rows["network"][:, 0] = networks + company
    rows["network_share"] = [0.85, 1.0]
    rows["rhythm"] = rhythm.OFFICE
    rows["requests_per_day"] *= 2.0
    return Group("corporate_nat", accounts, [Habit(Conversations(), rows)])


def enterprise_seats(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: one payment method and e-mail domain, created in bulk, office hours."""
    accounts = world.residents(count, rng)
    company = teams(rng, count, 60.0, 0.8)
    companies = int(company[-1]) + 1
    accounts["tier"], accounts["verification"] = TIER["enterprise"], VERIFICATION["contract"]
    accounts["org"] = world.new("org", companies) + company
    accounts["payment"] = world.new("payment", companies) + company
    accounts["email_domain"] = world.new("email_domain", companies) + company
    rollout = world.start_ms - (rng.uniform(5, 300, companies) * DAY_MS).astype(np.int64)
    # An administrator's script creates the seats within a minute.
    accounts["created_at"] = rollout[company] + rng.integers(0, 60_000, count)
    accounts["zone"] = accounts["zone"][np.searchsorted(company, company)]
    rows = at_leisure(accounts, world, rng)
    rows["network"][:, 0] = world.add_networks(rng, companies, hosts=4, proxy=0.15) + company
    rows["network_share"] = [0.8, 1.0]
    rows["rhythm"], rows["volatility"] = rhythm.OFFICE, 0.6
    rows["requests_per_day"] = world.volumes(rng, count, 15.0, 1.0)
    rows["program"] = (world.add_programs(companies) + company)[:, None]
    return Group("enterprise_seats", accounts, [Habit(Conversations(), rows)])


def class_cohort(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: signed up the same hour, one assignment, and all of it the night before."""
    accounts = world.residents(count, rng)
    course = teams(rng, count, 70.0, 0.4)
    courses = int(course[-1]) + 1
    accounts["tier"], accounts["verification"] = TIER["education"], VERIFICATION["email"]
    accounts["payment"] = NULL
    accounts["email_domain"] = world.new("email_domain", courses) + course
    accounts["referral"] = world.new("referral", courses) + course
    lecture = world.start_ms - (rng.uniform(1, 21, courses) * DAY_MS).astype(np.int64)
    accounts["created_at"] = lecture[course] + rng.integers(0, HOUR_MS, count)
    rows = at_leisure(accounts, world, rng)
    due = world.start_ms + rng.uniform(0.4, 1.1, courses) * (world.end_ms - world.start_ms)
    rows["active_to"] = np.minimum(due, world.end_ms).astype(np.int64)[course]
    rows["active_to"] = np.maximum(rows["active_to"], rows["active_from"] + HOUR_MS)
    rows["requests_per_day"] = world.volumes(rng, count, 25.0, 0.7)
    rows["rhythm"] = rhythm.EVENING
    rows["program"] = (world.add_programs(courses, tools=2) + course)[:, None]
    rows["network"][:, 1] = world.add_networks(rng, courses, hosts=2, proxy=0.1) + course
    rows["network_share"] = [0.4, 0.95]
    # Eight exercises; half of the prompts are pasted as they stand.
    rows["family"] = world.new("family", 8 * courses) + 8 * course
    rows["families"], rows["fresh"], rows["flips"], rows["exact"] = 8, 0.35, 6, 0.5
    world.choose_tasks(rows, rng, {"software_engineering": 5.0, "mathematics": 3.0, "chat": 1.0})
    rows["elicitation"] = -0.5 + 0.5 * rng.standard_normal(count)
    return Group("class_cohort", accounts, [Habit(Deadline(), rows)])


def viral_prompt(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: strangers who, for one evening, all try the same rare template."""
    accounts = world.residents(count, rng)
    usual = at_leisure(accounts, world, rng)
    craze = usual.copy()
    length = world.end_ms - world.start_ms
    begin = world.start_ms + int(0.55 * length)
    craze["active_from"] = np.maximum(craze["active_from"], begin)
    craze["active_to"] = begin + min(8 * HOUR_MS, length // 4)
    craze["requests_per_day"] = 30.0
    craze["rhythm"] = rhythm.FLAT
    craze["surface"] = SURFACES.index("api")
    craze["program"], craze["program_share"] = world.add_programs(1, tools=1), 1.0
    craze["family"], craze["families"], craze["fresh"] = world.new("family", 1), 1, 0.0
    craze["flips"], craze["exact"] = 2, 0.7
    world.choose_tasks(craze, rng, {"agentic_reasoning": 5.0, "writing": 3.0, "chat": 2.0}, 0.8)
    craze["elicitation"] = 0.8
    return Group(
        "viral_prompt", accounts, [Habit(Conversations(), usual), Habit(Conversations(), craze)]
    )
