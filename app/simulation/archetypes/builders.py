"""People whose programs talk to the platform: developers, products, tools, resellers."""

import numpy as np

from app.simulation import rhythm
from app.simulation.archetypes.people import at_leisure
from app.simulation.archetypes.sizes import teams
from app.simulation.arrivals import TICKS_PER_DAY, Conversations, Steady
from app.simulation.crowd import Group, Habit
from app.simulation.rows import FloatArray, IntArray, Rows
from app.simulation.world import LANGUAGES, SURFACES, TIER, TOOLS, VERIFICATION, World, zipf

DEVELOPERS_TASKS = {
    "software_engineering": 4.0,
    "chat": 2.0,
    "extraction": 1.5,
    "tool_use": 1.5,
    "data_analysis": 1.5,
    "classification": 1.0,
    "writing": 1.0,
    "agentic_reasoning": 1.5,
    "long_horizon_planning": 1.0,
    "vision": 0.5,
    "mathematics": 0.5,
    "other": 0.5,
}
PRODUCTS_TASKS = {
    "chat": 4.0,
    "extraction": 2.0,
    "classification": 2.0,
    "writing": 1.5,
    "software_engineering": 1.5,
    "tool_use": 1.5,
    "data_analysis": 1.0,
    "translation": 1.0,
    "vision": 0.5,
    "agentic_reasoning": 0.7,
    "long_horizon_planning": 0.4,
    "other": 0.5,
}


def own_programs(rows: Rows, world: World, rng: np.random.Generator, families: IntArray) -> None:
    """Give each habit a program of its own and ``families`` prompt families."""
    count = len(rows)
    first = world.add_clients(rng, count)
    rows["program"] = (first + np.arange(count))[:, None]
    ends = np.cumsum(families)
    rows["family"] = world.new("family", int(ends[-1])) + ends - families
    rows["families"], rows["family_skew"] = families, 2.5
    rows["flips"] = rng.integers(3, 11, count)


def recurrence(world: World, rng: np.random.Generator, count: int, most: int) -> IntArray:
    """``count`` numbers, 1 to ``most``, as often as prompt prefixes recur in the traces.

    A discrete power law by rounding a continuous one (Clauset et al., 2009, eq. D.6, x_min = 1).
    """
    draw = 0.5 * (1.0 - rng.random(count)) ** (-1.0 / (world.law.prefix_exponent - 1.0)) + 0.5
    return np.minimum(draw, most).astype(np.int64)


def developers(count: int, world: World, rng: np.random.Generator) -> Group:
    """Programs being written: bursts of tries, several templates, office hours and evenings."""
    accounts = world.residents(count, rng, pays=0.9)
    accounts["tier"] = rng.choice([TIER["individual"], TIER["team"], TIER["startup"]], count)
    rows = at_leisure(accounts, world, rng)
    assumed = world.law.assumed
    rows["requests_per_day"] = world.volumes(
        rng, count, assumed["developer_requests_per_day"], assumed["developer_sigma"]
    )
    rows["session_size"] = np.exp(rng.uniform(np.log(4), np.log(60), count))
    rows["gap_ms"] = np.exp(rng.uniform(np.log(3_000), np.log(60_000), count))
    rows["gap_cv"] = rng.uniform(0.8, 2.5, count)
    rows["volatility"] = 1.2
    rows["surface"] = rng.choice([0, 0, 0, 2, 3], count)
    rows["multi_turn"] = rng.random(count) < 0.4
    own_programs(rows, world, rng, recurrence(world, rng, count, 40) + 1)
    rows["fresh"] = rng.uniform(0.1, 0.8, count)
    world.choose_tasks(rows, rng, DEVELOPERS_TASKS, rng.uniform(0.4, 0.9, count))
    rows["elicitation"] = -2.0 + 1.0 * rng.standard_normal(count)
    rows["long_context"] = rng.uniform(0.0, 0.6, count)
    cloud = world.add_networks(rng, max(1, count // 3), hosting=True, proxy=0.35)
    rows["network"][:, 1] = cloud + rng.integers(0, max(1, count // 3), count)
    rows["network_share"] = np.where((rng.random(count) < 0.4)[:, None], [0.4, 1.0], [0.95, 1.0])
    return Group("developers", accounts, with_tools(rows, 0.15, world, rng))


def products(count: int, world: World, rng: np.random.Generator) -> Group:
    """Published API clients, as the traces have them: heavy, bursty, narrow, from a cloud."""
    accounts = world.residents(count, rng, pays=1.0)
    _businesses(accounts, world, rng)
    rows = world.habits(accounts, rng)
    law = world.law.clients
    volume, share = volume_and_activity(world, count, rng)
    rows["requests_per_day"], rows["active_share"] = volume, share
    rows["gap_cv"] = law.cv.at(rng.random(count))
    rows["volatility"], rows["rhythm"] = 0.2, rhythm.API
    from_cloud(rows, world, rng)
    own_programs(rows, world, rng, recurrence(world, rng, count, 200) + 1)
    rows["fresh"] = rng.uniform(0.0, 0.6, count)
    rows["exact"] = np.where(rng.random(count) < 0.15, 0.3, 0.01)
    world.choose_tasks(rows, rng, PRODUCTS_TASKS, rng.uniform(0.6, 0.97, count))
    rows["elicitation"] = -2.2 + 1.1 * rng.standard_normal(count)
    rows["long_context"] = np.where(rng.random(count) < 0.4, 0.9, 0.05)
    rows["language"] = rng.integers(0, len(LANGUAGES), (count, 2))
    rows["multi_turn"] = rng.random(count) < 0.3
    steady = Steady(law.spell_windows, law.window_sigma, law.cv_sigma)
    return Group("products", accounts, [Habit(steady, rows)])


def popular_tool(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: strangers who use one coding tool: one template, tool schema and client."""
    accounts = world.residents(count, rng, pays=0.85)
    # One or two dominate, and most have some dozens of users.
    tool = teams(rng, count, 80.0, 1.4, share=0.35)
    rows = tool_use(at_leisure(accounts, world, rng), tool % TOOLS, world, rng)
    return Group("popular_tool", accounts, [Habit(Conversations(), rows)], cohort=tool)


def tool_use(rows: Rows, tool: IntArray, world: World, rng: np.random.Generator) -> Rows:
    """``rows`` as habits of coding with the popular tools numbered ``tool``, one for each row."""
    rows, count = rows.copy(), len(rows)
    rows["requests_per_day"] = world.volumes(rng, count, 8.0, 1.3)
    rows["rhythm"] = np.where(rng.random(count) < 0.6, rhythm.OFFICE, rhythm.EVENING)
    rows["program"] = (world.tools + tool)[:, None]
    rows["client"] = (world.tool_clients + tool)[:, None]
    rows["surface"] = SURFACES.index("api")
    # Three in ten complete what is being typed, and each completion stands for itself.
    rows["multi_turn"] = tool % 10 >= 3
    rows["families"] = 0
    rows["session_size"], rows["gap_ms"], rows["gap_cv"] = 25.0, 9_000.0, 1.6
    # A turn resends the whole conversation, so its prompts are near-duplicates of each other.
    rows["flips"], rows["long_context"] = 3, 0.9
    world.choose_tasks(
        rows,
        rng,
        {
            "software_engineering": 8.0,
            "tool_use": 3.0,
            "agentic_reasoning": 3.0,
            "long_horizon_planning": 2.0,
        },
        rng.uniform(0.5, 0.85, count),
    )
    rows["elicitation"] = -1.6 + 0.6 * rng.standard_normal(count)
    return rows


def with_tools(rows: Rows, share: float, world: World, rng: np.random.Generator) -> list[Habit]:
    """``rows`` as they are, and for ``share`` of them, besides, the use of some popular tool."""
    users = rows[rng.random(len(rows)) < share]
    tools = zipf(rng, TOOLS, len(users))
    return [
        Habit(Conversations(), rows),
        Habit(Conversations(), tool_use(users, tools, world, rng)),
    ]


def reseller(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: licensed routers with sub-accounts: huge, diverse, behind their proxies."""
    accounts = world.residents(count, rng, pays=1.0)
    firm = teams(rng, count, 12.0, 0.8)
    firms = int(firm[-1]) + 1
    accounts["tier"], accounts["verification"] = TIER["reseller"], VERIFICATION["contract"]
    for reference in ("org", "payment", "email_domain", "device"):
        accounts[reference] = world.new(reference, firms) + firm
    rows = world.habits(accounts, rng)
    rows["requests_per_day"] = world.volumes(rng, count, 40.0, 1.3)
    rows["rhythm"], rows["volatility"] = rhythm.API, 0.5
    exits = world.add_networks(rng, 6 * firms, hosts=40, rotating=True, proxy=0.8, hosting=True)
    rows["network"] = exits + 6 * firm[:, None] + rng.integers(0, 6, (count, 3))
    rows["network_share"] = [0.4, 0.7]
    rows["client"] = (world.new("client", firms) + firm)[:, None]
    rows["surface"] = SURFACES.index("api")
    rows["session_size"], rows["gap_ms"], rows["gap_cv"] = 10.0, 30_000.0, 2.0
    # Its customers bring their own programs; each sub-account stands for many of them.
    own_programs(rows, world, rng, rng.integers(5, 60, count))
    rows["fresh"] = 0.8
    world.choose_tasks(rows, rng, DEVELOPERS_TASKS, 0.35)
    rows["language"] = rng.integers(0, len(LANGUAGES), (count, 2))
    rows["language_share"] = 0.5
    return Group("reseller", accounts, [Habit(Conversations(), rows)], cohort=firm)


def from_cloud(rows: Rows, world: World, rng: np.random.Generator) -> None:
    """Let each habit come from two addresses of a hosting provider, with a client of its own."""
    count = len(rows)
    first = world.add_networks(rng, count, hosts=64, hosting=True, proxy=0.35)
    rows["network"][:, 0] = first + np.arange(count)
    rows["network"][:, 1] = first + rng.integers(0, count, count)
    rows["network_share"] = [0.9, 1.0]
    rows["surface"] = rng.choice([0, 0, 0, 2, 3], count)


def volume_and_activity(
    world: World, count: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Requests per day and share of active windows of ``count`` clients of the traces.

    Both follow their fitted quantiles; a Gaussian copula gives them the measured rank correlation.
    Clients above ``world.heaviest_per_day`` are left out, not cut down to it.
    """
    law = world.law.clients
    top = law.requests_per_day.probability_below(world.heaviest_per_day)
    correlation = law.volume_activity_correlation
    first = rng.standard_normal(count)
    second = correlation * first + np.sqrt(1 - correlation**2) * rng.standard_normal(count)
    rank = np.empty(count)
    # Ranks of the sample stand in for the normal distribution function.
    rank[np.argsort(first)] = (np.arange(count) + rng.random(count)) / count
    other = np.empty(count)
    other[np.argsort(second)] = (np.arange(count) + rng.random(count)) / count
    share = law.active_share.at(other * top if top < 1 else other)
    volume = law.requests_per_day.at(rank * top)
    # In a simulation of days, one spell of a client that is hardly ever active may be all of it:
    # that spell must fit the bound too.
    spell = volume / TICKS_PER_DAY * law.spell_windows
    return volume, np.clip(np.maximum(share, spell / world.heaviest_per_day), 1e-4, 1.0)


def _businesses(accounts: Rows, world: World, rng: np.random.Generator) -> None:
    count = len(accounts)
    accounts["tier"] = rng.choice([TIER["team"], TIER["enterprise"], TIER["startup"]], count)
    accounts["verification"] = rng.choice([VERIFICATION["card"], VERIFICATION["contract"]], count)
    accounts["org"] = world.new("org", count) + np.arange(count)
    accounts["email_domain"] = world.new("email_domain", count) + np.arange(count)
