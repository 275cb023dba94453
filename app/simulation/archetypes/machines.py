"""Nobody at the keyboard: schedules, harnesses, loops."""

import numpy as np

from app.simulation import rhythm
from app.simulation.archetypes.builders import from_cloud, own_programs
from app.simulation.archetypes.sizes import teams
from app.simulation.arrivals import DAY_MS, Conversations, Scheduled
from app.simulation.crowd import Group, Habit
from app.simulation.rows import IntArray
from app.simulation.world import TIER, World

HOUR_MS = 3_600_000

TESTED = {
    "software_engineering": 3.0,
    "mathematics": 3.0,
    "agentic_reasoning": 3.0,
    "long_horizon_planning": 1.5,
}
"""What public benchmarks and private suites test."""


def cron_and_ci(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: jobs at the full hour, nightly batches, pipelines: the same prompts again."""
    accounts = world.residents(count, rng, pays=0.95)
    accounts["tier"] = TIER["team"]
    rows = world.habits(accounts, rng)
    periods = [HOUR_MS // 2, HOUR_MS, 4 * HOUR_MS, DAY_MS]
    period: IntArray = rng.choice(periods, count, p=[0.05, 0.2, 0.25, 0.5])
    rows["period_ms"] = period
    rows["session_size"] = np.minimum(
        np.exp(rng.uniform(np.log(1), np.log(40), count)) * (period / DAY_MS) ** 0.3,
        world.heaviest_per_day * period / DAY_MS,
    )
    rows["session_size"] = np.maximum(rows["session_size"], 1.0)
    rows["requests_per_day"] = rows["session_size"] * DAY_MS / period
    rows["gap_ms"] = np.exp(rng.uniform(np.log(300), np.log(5_000), count))
    rows["gap_cv"] = rng.uniform(0.05, 0.5, count)
    rows["multi_turn"] = False
    from_cloud(rows, world, rng)
    own_programs(rows, world, rng, rng.integers(1, 5, count))
    rows["exact"] = rng.uniform(0.2, 0.95, count)
    world.choose_tasks(
        rows,
        rng,
        {
            "extraction": 3.0,
            "classification": 3.0,
            "data_analysis": 2.0,
            "software_engineering": 2.0,
        },
        0.9,
    )
    return Group("cron_and_ci", accounts, [Habit(Scheduled(), rows)])


def evaluation_harness(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: runs of a suite: fixed templates, step-by-step reasoning, rubrics, coding.

    The nearest that honest traffic of one account comes to extraction. A suite has some hundreds or
    thousands of questions, and every run asks them again; one harness in seven makes up new ones.
    """
    accounts = world.residents(count, rng, pays=0.95)
    accounts["tier"] = rng.choice([TIER["team"], TIER["research"], TIER["startup"]], count)
    rows = world.habits(accounts, rng)
    rows["requests_per_day"] = world.volumes(rng, count, 120.0, 0.9)
    rows["session_size"], rows["gap_ms"], rows["gap_cv"] = 120.0, 4_000.0, 0.8
    rows["rhythm"], rows["volatility"] = rhythm.OFFICE, 1.3
    rows["multi_turn"] = False
    from_cloud(rows, world, rng)
    own_programs(rows, world, rng, rng.integers(3, 12, count))
    rows["family_skew"], rows["fresh"], rows["flips"] = 1.0, 0.0, 6
    suite = np.exp(rng.uniform(np.log(100), np.log(5_000), count)).astype(np.int64)
    made_up = rng.random(count) < 1 / 7
    rows["questions"] = np.where(made_up, 0, np.maximum(1, suite // rows["families"]))
    world.choose_tasks(rows, rng, TESTED, 0.5)
    rows["elicitation"] = 0.7 + 0.4 * rng.standard_normal(count)
    return Group("evaluation_harness", accounts, [Habit(Conversations(), rows)])


def overnight_agents(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: loops that work while people sleep: tools, long horizon, several at once."""
    accounts = world.residents(count, rng, pays=0.95)
    rows = world.habits(accounts, rng)
    rows["requests_per_day"] = world.volumes(rng, count, 200.0, 0.7)
    # Some run a loop or two, some a dozen in parallel: the more, the shorter each is.
    parallel = np.exp(rng.uniform(0.0, np.log(12), count))
    rows["session_size"], rows["gap_ms"], rows["gap_cv"] = 120.0 / parallel, 12_000.0, 1.1
    around_the_clock = rng.random(count) < 0.3
    rows["rhythm"] = np.where(around_the_clock, rhythm.FLAT, rhythm.NIGHT)
    rows["volatility"] = 0.5
    rows["program"] = (world.add_programs(count, tools=30) + np.arange(count))[:, None]
    rows["flips"], rows["long_context"] = 2, 0.95
    world.choose_tasks(
        rows,
        rng,
        {"long_horizon_planning": 3.0, "agentic_reasoning": 3.0, "software_engineering": 3.0},
        0.6,
    )
    rows["elicitation"] = -1.2 + 0.6 * rng.standard_normal(count)
    return Group("overnight_agents", accounts, [Habit(Conversations(), rows)])


def load_test(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: a customer tries what the platform bears: one prompt, like a metronome."""
    accounts = world.residents(count, rng, pays=0.95)
    accounts["tier"] = TIER["enterprise"]
    rows = world.habits(accounts, rng)
    rows["gap_ms"] = rng.uniform(300, 1_500, count)
    rows["gap_cv"] = 0.02
    rows["session_size"] = np.minimum(1_800_000.0 / rows["gap_ms"], world.heaviest_per_day)
    rows["requests_per_day"] = rows["session_size"]
    begin = world.start_ms + (rng.uniform(0.2, 0.8, count) * (world.end_ms - world.start_ms))
    # One run in all: at the only multiple of the period that lies in the active time.
    run = begin.astype(np.int64) // HOUR_MS * HOUR_MS
    rows["period_ms"] = run
    rows["active_from"], rows["active_to"] = run - HOUR_MS, run + HOUR_MS
    rows["multi_turn"] = False
    from_cloud(rows, world, rng)
    own_programs(rows, world, rng, np.ones(count, np.int64))
    rows["flips"], rows["exact"] = 2, 0.8
    world.choose_tasks(rows, rng, {"chat": 3.0, "extraction": 1.0, "classification": 1.0}, 0.97)
    return Group("load_test", accounts, [Habit(Scheduled(), rows)])


def public_benchmark(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: unrelated accounts whose pipelines run one public benchmark every night.

    A benchmark has one prompt template, or one for each subject, and a finite set of questions,
    asked word for word by all who run it: the same SimHashes under the same templates, for
    reasoning, from tens to hundreds of strangers.
    """
    accounts = world.residents(count, rng, pays=0.95)
    suite = teams(rng, count, 40.0, 0.9, share=0.4)
    suites = int(suite[-1]) + 1
    accounts["tier"] = rng.choice([TIER["individual"], TIER["team"], TIER["research"]], count)
    usual = world.habits(accounts, rng)
    usual["requests_per_day"] = world.volumes(rng, count, 4.0, 1.2)
    usual["rhythm"] = rhythm.OFFICE
    own_programs(usual, world, rng, rng.integers(1, 6, count))
    usual["fresh"] = 0.6
    run = world.habits(accounts, rng)
    from_cloud(run, world, rng)
    # At a full hour of the local night, as the scheduler's example has it; or some minutes past.
    hour = rng.integers(0, 6, count) - accounts["zone"]
    minute = np.where(rng.random(count) < 0.7, 0, rng.integers(0, 60, count))
    run["period_ms"], run["phase_ms"] = DAY_MS, (hour % 24) * HOUR_MS + minute * 60_000
    run["session_size"] = np.minimum(
        np.exp(rng.uniform(np.log(8), np.log(80), count)), world.heaviest_per_day
    )
    run["requests_per_day"] = run["session_size"]
    run["gap_ms"], run["gap_cv"] = np.exp(rng.uniform(np.log(500), np.log(8_000), count)), 0.5
    run["multi_turn"], run["popular"], run["flips"] = False, 0.0, 6
    subjects = rng.integers(1, 9, suites)
    ends = np.cumsum(subjects)
    each = rng.random(suites) < 0.5
    programs = np.where(each, subjects, 1)
    begin = np.cumsum(programs) - programs
    run["templated"] = each[suite]
    run["program"] = (world.add_programs(int(programs.sum()), temperature=0.0) + begin)[suite, None]
    run["family"] = (world.new("family", int(ends[-1])) + ends - subjects)[suite]
    run["families"] = subjects[suite]
    questions = np.exp(rng.uniform(np.log(80), np.log(2_000), suites))
    run["questions"] = np.maximum(1, questions / subjects)[suite]
    # What a benchmark tests is the same for all who run it.
    first = np.searchsorted(suite, suite)
    world.choose_tasks(run, rng, TESTED, 0.8)
    run["task"] = run["task"][first]
    run["elicitation"] = (0.6 + 0.6 * rng.standard_normal(suites))[suite]
    return Group(
        "public_benchmark",
        accounts,
        [Habit(Conversations(), usual), Habit(Scheduled(), run)],
        cohort=suite,
    )
