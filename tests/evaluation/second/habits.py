"""How people and programs use an API: conversations, coding, calls. Kinds start from these."""

import numpy as np

from tests.evaluation.second.calendar import DAYTIME, DEVELOPER, EVENING, FLAT, LAUNCH, NEVER
from tests.evaluation.second.profiles import Residence
from tests.evaluation.second.programs import (
    CHAT_PAGE,
    with_agents,
    with_browsers,
    with_libraries,
    with_own_templates,
)
from tests.evaluation.second.reach import at_home, in_cloud
from tests.evaluation.second.rows import Rows, put, streams
from tests.evaluation.second.tasks import tasks
from tests.evaluation.second.vocabulary import CONSOLE
from tests.evaluation.second.world import Floats, World


def live_at(rows: Rows, home: Residence) -> Rows:
    return put(rows, zone=home.zone, language=home.language)


def beta_pairs(world: World, count: int, low: float, high: float, beta: float) -> Floats:
    """Parameters of elicitation: an even ``low`` to ``high``, and ``beta``."""
    return np.stack([world.rng.uniform(low, high, count), np.full(count, beta)], 1)


def adoption(world: World, count: int, share: float = 0.6, days: float = 0.5) -> Floats:
    """When each moves to the launched model: that ``share``, some ``days`` after it is there."""
    moves = world.rng.random(count) < share
    return np.where(moves, LAUNCH + world.rng.exponential(days, count), NEVER)


def chatting(world: World, count: int, median: float = 5, sigma: float = 0.9) -> Rows:
    """People on the vendor's page."""
    rng = world.rng
    rows = put(
        streams(count),
        requests_per_day=world.volumes(count, median, sigma, 200),
        steadiness=0.9,
        on_weekdays=rng.beta(2, 3, count),
        on_weekends=rng.beta(2, 3.5, count),
        session_length=rng.lognormal(1.2, 0.5, count),
        log_gap=4.4,
        rhythm=EVENING,
        task_share=tasks(rng, "chat", count, 7),
        elicitation=beta_pairs(world, count, 0.6, 2.5, 9),
        template=CHAT_PAGE,
        template_share=[0.86, 0.09, 0.05],
        log_input=5.8,
        log_output=5.2,
        reasoning=0.2,
        surface=CONSOLE,
        adopts=adoption(world, count, 0.5),
        model_share=rng.dirichlet([2, 4, 1], count),
    )
    with_browsers(world, rows)
    at_home(world, rows)
    return rows


def coding(world: World, count: int, median: float = 22, sigma: float = 1.1) -> Rows:
    """People with a coding agent: many requests, one after the other."""
    rng = world.rng
    rows = put(
        streams(count),
        requests_per_day=world.volumes(count, median, sigma, 1_500),
        steadiness=1.1,
        on_weekdays=rng.beta(5, 3, count),
        on_weekends=rng.beta(2, 5, count),
        session_length=rng.lognormal(2.5, 0.5, count),
        log_gap=3.2,
        rhythm=DEVELOPER,
        temperature=np.where(rng.random(count) < 0.5, 1.0, np.nan),
        task_share=tasks(rng, "code", count, 14),
        elicitation=beta_pairs(world, count, 0.8, 2.2, 8),
        log_input=9.2,
        log_output=5.6,
        reasoning=0.5,
        adopts=adoption(world, count),
        model_share=rng.dirichlet([3, 3, 1], count),
    )
    with_agents(world, rows)
    at_home(world, rows, carrier=0.05)
    return rows


def calling(
    world: World, count: int, median: float = 12, sigma: float = 1.5, work: str = "pipeline"
) -> Rows:
    """Programs in a cloud, each its own: few prompts or many, by day or around the clock."""
    rng = world.rng
    rows = put(
        streams(count),
        requests_per_day=world.volumes(count, median, sigma, 3_000),
        steadiness=1.0,
        on_weekdays=rng.beta(6, 2, count),
        on_weekends=rng.beta(4, 3, count),
        session_length=rng.lognormal(1.8, 0.8, count),
        log_gap=rng.normal(2.2, 1, count),
        rhythm=rng.choice([DAYTIME, DEVELOPER, FLAT], count),
        piped=rng.beta(2, 1, count),
        prompts=rng.choice([1, 3, 10, 100, 100_000], count),
        likeness=rng.choice([2, 3, 4, 5], count),
        conversation=False,
        temperature=rng.choice([0.0, 0.2, 0.7, 1.0, np.nan], count),
        task_share=tasks(rng, work, count, 2.5),
        elicitation=beta_pairs(world, count, 0.5, 3, 8),
        log_input=rng.normal(6.8, 0.7, count),
        log_output=rng.normal(4.7, 0.7, count),
        reasoning=rng.beta(1, 3, count),
        adopts=adoption(world, count, 0.4, 1.5),
        model_share=rng.dirichlet([1.2, 1.5, 2], count),
        tools=rng.choice([0, 0, 2, 5], count),
    )
    with_own_templates(world, rows)
    with_libraries(world, rows)
    in_cloud(world, rows)
    return rows
