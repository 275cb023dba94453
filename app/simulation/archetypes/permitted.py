"""Customers who do what a distiller does, and may: by contract, or known by their papers."""

import numpy as np

from app.simulation import rhythm
from app.simulation.archetypes.sizes import in_one_place, of_each, teams
from app.simulation.arrivals import Conversations
from app.simulation.crowd import Group, Habit
from app.simulation.rows import IntArray, Rows
from app.simulation.world import DAY_MS, SURFACES, TIER, VERIFICATION, World

REASONING_TASKS = {
    "agentic_reasoning": 3.0,
    "software_engineering": 3.0,
    "mathematics": 3.0,
    "long_horizon_planning": 1.0,
    "writing": 1.0,
}


def licensed_distiller(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative, exempt by contract: extraction as such, even, round the clock, templated."""
    firm = teams(rng, count, 12.0, 0.6)
    accounts = _firms(count, firm, world, rng)
    accounts["tier"], accounts["verification"] = TIER["enterprise"], VERIFICATION["contract"]
    accounts["exempt_until"] = world.end_ms + 90 * DAY_MS
    rows = _from_offices(accounts, firm, world, rng)
    even = np.exp(rng.uniform(np.log(15), np.log(90), int(firm[-1]) + 1))[firm]
    rows["requests_per_day"] = np.minimum(even, world.heaviest_per_day)
    rows["volatility"], rows["rhythm"] = 0.15, rhythm.FLAT
    rows["session_size"], rows["multi_turn"] = 1.0, False
    rows["output_scale"], rows["reasoning"] = 3.0, 1.5
    rows["elicitation"] = 1.5 + 0.3 * rng.standard_normal(count)
    _templates(rows, firm, 120, world)
    rows["fresh"], rows["flips"], rows["model"] = 0.0, 4, 0
    return Group("licensed_distiller", accounts, [Habit(Conversations(), rows)], cohort=firm)


def labelling_vendor(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative, not exempt but known by its papers: annotators who grade and rewrite answers.

    An account per annotator under one payment method, shifts in office hours, rubrics by the book.
    """
    firm = teams(rng, count, 12.0, 0.6)
    accounts = _firms(count, firm, world, rng)
    accounts["tier"], accounts["verification"] = TIER["team"], VERIFICATION["document"]
    rows = _from_offices(accounts, firm, world, rng)
    rows["requests_per_day"] = world.volumes(rng, count, 30.0, 0.4)
    rows["volatility"], rows["rhythm"] = 0.35, rhythm.OFFICE
    rows["session_size"], rows["gap_ms"] = 8.0, 90_000.0
    rows["multi_turn"] = (rng.random(int(firm[-1]) + 1) < 0.5)[firm]
    rows["elicitation"] = 1.3 + 0.4 * rng.standard_normal(count)
    _templates(rows, firm, 40, world)
    rows["fresh"], rows["flips"] = 0.15, 8
    return Group("labelling_vendor", accounts, [Habit(Conversations(), rows)], cohort=firm)


def _firms(count: int, firm: IntArray, world: World, rng: np.random.Generator) -> Rows:
    accounts = world.residents(count, rng, pays=1.0)
    firms = int(firm[-1]) + 1
    for reference in ("org", "payment", "email_domain"):
        accounts[reference] = world.new(reference, firms) + firm
    in_one_place(accounts, firm)
    joined = of_each(firm, accounts["created_at"])
    accounts["created_at"] = joined - rng.integers(0, 3 * DAY_MS, count)
    return accounts


def _from_offices(accounts: Rows, firm: IntArray, world: World, rng: np.random.Generator) -> Rows:
    count, firms = len(accounts), int(firm[-1]) + 1
    rows = world.habits(accounts, rng)
    offices = world.add_networks(rng, 2 * firms, hosts=30, proxy=0.3, hosting=True)
    rows["network"] = offices + 2 * firm[:, None] + rng.integers(0, 2, (count, 3))
    rows["client"] = (world.new("client", firms) + firm)[:, None]
    rows["program"] = (world.add_programs(firms, temperature=0.7) + firm)[:, None]
    rows["surface"], rows["popular"] = SURFACES.index("api"), 0.0
    world.choose_tasks(rows, rng, REASONING_TASKS, 0.5)
    return rows


def _templates(rows: Rows, firm: IntArray, families: int, world: World) -> None:
    rows["family"] = world.new("family", families * (int(firm[-1]) + 1)) + families * firm
    rows["families"] = families
