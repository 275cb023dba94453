"""Strangers and acquaintances whom one occasion brings together: a class, a contest, a craze."""

import numpy as np

from app.simulation import rhythm
from app.simulation.archetypes.people import at_leisure
from app.simulation.archetypes.sizes import in_one_place, teams
from app.simulation.arrivals import Conversations, Deadline
from app.simulation.crowd import Group, Habit
from app.simulation.rows import NULL, FloatArray
from app.simulation.world import COUNTRY_LANGUAGE, DAY_MS, SURFACES, TIER, VERIFICATION, World

HOUR_MS = 3_600_000


def class_cohort(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: signed up the same hour, one assignment, and all of it the night before."""
    accounts = world.residents(count, rng)
    course = teams(rng, count, 45.0, 0.4)
    courses = int(course[-1]) + 1
    accounts["tier"], accounts["verification"] = TIER["education"], VERIFICATION["email"]
    accounts["payment"], accounts["billing"] = NULL, NULL
    accounts["email_domain"] = world.new("email_domain", courses) + course
    accounts["referral"] = world.new("referral", courses) + course
    in_one_place(accounts, course)
    due = world.start_ms + rng.uniform(0.4, 1.1, courses) * (world.end_ms - world.start_ms)
    lecture = (due - rng.uniform(3, 28, courses) * DAY_MS).astype(np.int64)
    accounts["created_at"] = lecture[course] + rng.integers(0, HOUR_MS, count)
    rows = at_leisure(accounts, world, rng)
    rows["active_to"] = np.minimum(due, world.end_ms).astype(np.int64)[course]
    rows["active_to"] = np.maximum(rows["active_to"], rows["active_from"] + HOUR_MS)
    rows["requests_per_day"] = world.volumes(rng, count, 6.0, 0.7)
    rows["rhythm"] = rhythm.EVENING
    rows["program"] = (world.add_programs(courses, tools=2) + course)[:, None]
    rows["network"][:, 1] = world.add_networks(rng, courses, hosts=2, proxy=0.1) + course
    rows["network_share"] = [0.4, 0.95]
    # Eight exercises; half of the prompts are pasted as they stand.
    rows["family"] = world.new("family", 8 * courses) + 8 * course
    rows["families"], rows["fresh"], rows["flips"], rows["exact"] = 8, 0.35, 6, 0.5
    world.choose_tasks(rows, rng, {"software_engineering": 5.0, "mathematics": 3.0, "chat": 1.0})
    rows["elicitation"] = -0.5 + 0.5 * rng.standard_normal(count)
    return Group("class_cohort", accounts, [Habit(Deadline(), rows)], cohort=course)


def hackathon(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: a weekend of agents: signed up the same morning, one starter kit, one venue.

    Nobody had an account before, most have no use for it after, and load is high to the end.
    """
    accounts = world.residents(count, rng)
    event = teams(rng, count, 35.0, 0.5)
    events = int(event[-1]) + 1
    accounts["tier"], accounts["verification"] = TIER["free"], VERIFICATION["phone"]
    accounts["payment"], accounts["billing"] = NULL, NULL
    accounts["referral"] = world.new("referral", events) + event
    in_one_place(accounts, event)
    length = world.end_ms - world.start_ms
    lasts = min(2 * DAY_MS, length // 2)
    opens = world.start_ms + rng.uniform(0.02, 0.95, events) * (length - lasts)
    accounts["created_at"] = opens[event] + np.minimum(
        rng.exponential(0.05 * lasts, count), 0.9 * lasts
    )
    rows = at_leisure(accounts, world, rng)
    rows["active_from"] = accounts["created_at"]
    rows["active_to"] = (opens[event] + lasts).astype(np.int64)
    rows["active_to"] = np.maximum(rows["active_to"], rows["active_from"] + HOUR_MS)
    rows["requests_per_day"] = world.volumes(rng, count, 60.0, 0.8)
    rows["rhythm"], rows["surface"] = rhythm.FLAT, SURFACES.index("api")
    rows["session_size"], rows["gap_ms"] = 12.0, 15_000.0
    rows["network"][:, 0] = world.add_networks(rng, events, hosts=1, proxy=0.2) + event
    rows["network_share"] = [0.9, 1.0]
    rows["program"][:, 0] = world.add_programs(events, tools=10) + event
    rows["program"][:, 1] = world.add_clients(rng, count) + np.arange(count)
    rows["program_share"] = 0.6
    rows["family"] = world.new("family", 10 * events) + 10 * event
    rows["families"], rows["fresh"], rows["flips"] = 10, 0.5, 6
    world.choose_tasks(
        rows,
        rng,
        {
            "agentic_reasoning": 4.0,
            "software_engineering": 4.0,
            "long_horizon_planning": 2.0,
            "tool_use": 2.0,
            "vision": 1.0,
        },
        0.6,
    )
    rows["elicitation"] = -0.9 + 0.7 * rng.standard_normal(count)
    return Group("hackathon", accounts, [Habit(Deadline(0.25 * lasts), rows)], cohort=event)


def startup_cohort(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: an accelerator's intake: the same sign-up day, referral, credits and template.

    Each builds something of its own on the boilerplate, most of it before the day of the demo.
    """
    accounts = world.residents(count, rng, pays=0.95)
    intake = teams(rng, count, 20.0, 0.5)
    intakes = int(intake[-1]) + 1
    accounts["tier"], accounts["verification"] = TIER["startup"], VERIFICATION["card"]
    accounts["org"] = world.new("org", count) + np.arange(count)
    accounts["email_domain"] = world.new("email_domain", count) + np.arange(count)
    accounts["referral"] = world.new("referral", intakes) + intake
    length = world.end_ms - world.start_ms
    begin = world.start_ms + rng.uniform(-1.0, 0.6, intakes) * length
    accounts["created_at"] = begin[intake] + rng.uniform(0, min(8 * HOUR_MS, length / 20), count)
    rows = at_leisure(accounts, world, rng)
    rows["requests_per_day"] = world.volumes(rng, count, 7.0, 1.2)
    rows["surface"], rows["rhythm"] = SURFACES.index("api"), rhythm.OFFICE
    demo = rows.copy()
    demo["active_to"] = _between(begin, 0.25, 0.95, length, rng)[intake]
    demo["active_to"] = np.clip(demo["active_to"], demo["active_from"] + HOUR_MS, world.end_ms)
    for habit in (rows, demo):
        habit["program"][:, 0] = world.add_clients(rng, count) + np.arange(count)
        habit["program_share"] = 0.5
    rows["program"][:, 1] = world.add_programs(intakes, tools=6) + intake
    demo["program"] = rows["program"]
    world.choose_tasks(
        rows,
        rng,
        {
            "agentic_reasoning": 3.0,
            "software_engineering": 3.0,
            "long_horizon_planning": 1.5,
            "extraction": 2.0,
            "chat": 2.0,
        },
        0.7,
    )
    demo["task"], demo["task_share"] = rows["task"], rows["task_share"]
    rows["elicitation"] = -1.3 + 0.8 * rng.standard_normal(count)
    demo["elicitation"] = rows["elicitation"]
    habits = [Habit(Conversations(), rows), Habit(Deadline(5.0 * DAY_MS), demo)]
    return Group("startup_cohort", accounts, habits, cohort=intake)


def ad_campaign(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: an advertisement runs in one country, and strangers sign up by its link.

    A burst of new accounts with one referral; a third never comes back after the first day.
    """
    accounts = world.residents(count, rng)
    advert = teams(rng, count, 50.0, 0.6)
    adverts = int(advert[-1]) + 1
    length = world.end_ms - world.start_ms
    begin = world.start_ms + rng.uniform(0.0, 0.85, adverts) * length
    decay = np.minimum(rng.uniform(0.4, 3.0, adverts) * DAY_MS, 0.1 * length)
    joined = begin[advert] + rng.exponential(1.0, count) * decay[advert]
    accounts["created_at"] = np.minimum(joined, world.end_ms - 1)
    accounts["referral"] = world.new("referral", adverts) + advert
    in_one_place(accounts, advert)
    rows = at_leisure(accounts, world, rng)
    rows["language"][:, 0] = COUNTRY_LANGUAGE[accounts["access"]]
    rows["requests_per_day"] *= 2.0
    gone = rng.random(count) < 0.33
    rows["active_to"] = np.where(gone, rows["active_from"] + DAY_MS, rows["active_to"])
    # What the advertisement shows is the first thing they try.
    shown = rows.copy()
    shown["active_to"] = np.minimum(rows["active_from"] + 2 * HOUR_MS, world.end_ms)
    shown["active_to"] = np.maximum(shown["active_to"], shown["active_from"] + 1)
    shown["requests_per_day"], shown["rhythm"] = 24.0, rhythm.FLAT
    shown["family"] = world.new("family", 3 * adverts) + 3 * advert
    shown["families"], shown["exact"], shown["flips"], shown["popular"] = 3, 0.6, 5, 0.0
    habits = [Habit(Conversations(), rows), Habit(Conversations(), shown)]
    return Group("ad_campaign", accounts, habits, cohort=advert)


def viral_prompt(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: strangers who, for one evening, all try the same rare template."""
    accounts = world.residents(count, rng)
    usual = at_leisure(accounts, world, rng)
    trend = teams(rng, count, 40.0, 0.7)
    trends = int(trend[-1]) + 1
    craze = usual.copy()
    length = world.end_ms - world.start_ms
    begin = world.start_ms + (rng.uniform(0.05, 0.7, trends) * length).astype(np.int64)[trend]
    craze["active_from"] = np.maximum(craze["active_from"], begin)
    craze["active_to"] = begin + min(8 * HOUR_MS, length // 4)
    craze["requests_per_day"] = 30.0
    craze["rhythm"] = rhythm.FLAT
    craze["surface"] = SURFACES.index("api")
    craze["program"] = (world.add_programs(trends, tools=1) + trend)[:, None]
    craze["program_share"], craze["popular"] = 1.0, 0.0
    craze["family"], craze["families"] = world.new("family", trends) + trend, 1
    craze["fresh"], craze["flips"], craze["exact"] = 0.0, 2, 0.7
    world.choose_tasks(craze, rng, {"agentic_reasoning": 5.0, "writing": 3.0, "chat": 2.0}, 0.8)
    craze["task"] = craze["task"][np.searchsorted(trend, trend)]
    craze["elicitation"] = (0.3 + 0.7 * rng.standard_normal(trends))[trend]
    habits = [Habit(Conversations(), usual), Habit(Conversations(), craze)]
    return Group("viral_prompt", accounts, habits, cohort=trend)


def _between(
    begin: FloatArray, least: float, most: float, length: int, rng: np.random.Generator
) -> FloatArray:
    return begin + rng.uniform(least, most, begin.size) * length
