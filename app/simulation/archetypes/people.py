"""People at a keyboard: most accounts, and few of the requests."""

import numpy as np

from app.simulation import rhythm
from app.simulation.arrivals import Conversations
from app.simulation.crowd import Group, Habit
from app.simulation.rows import Rows
from app.simulation.world import LANGUAGES, SURFACES, TIER, World


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


def individuals(count: int, world: World, rng: np.random.Generator) -> Group:
    """Ordinary people. Some ask for reasoning all day: teachers, auditors, students."""
    accounts = world.residents(count, rng)
    rows = at_leisure(accounts, world, rng)
    curious = rng.random(count) < 0.03
    rows["elicitation"][curious] += 2.5
    return Group("individuals", accounts, [Habit(Conversations(), rows)])


def heavy_individuals(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: one person, up to a thousand times the median."""
    accounts = world.residents(count, rng)
    accounts["tier"] = TIER["individual"]
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
    accounts = world.residents(count, rng)
    rows = at_leisure(accounts, world, rng)
    rows["requests_per_day"] = world.volumes(rng, count, 90.0, 1.0)
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
