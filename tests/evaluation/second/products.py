"""Strangers who share a program: products with one's own key, benchmarks, platforms, tutorials."""

from typing import NamedTuple

import numpy as np

from tests.evaluation.second.calendar import (
    DAY_MS,
    DAYTIME,
    DEVELOPER,
    EVENING,
    LAUNCH,
    NEVER,
    START_MS,
)
from tests.evaluation.second.habits import adoption, calling, chatting, live_at
from tests.evaluation.second.hashes import mix
from tests.evaluation.second.pools import HOSTING_ASN
from tests.evaluation.second.profiles import own_domains, people
from tests.evaluation.second.programs import with_one_program
from tests.evaluation.second.reach import ANY, at_home, behind
from tests.evaluation.second.rows import put
from tests.evaluation.second.tasks import tasks
from tests.evaluation.second.vocabulary import API
from tests.evaluation.second.world import World

CLOUDS = 6


class Niche(NamedTuple):
    """A small product: its users, what it does, how it asks for reasoning (a Beta's parameters),
    requests a user and day with their spread, and whether they come from its own servers."""

    users: int
    work: str
    elicitation: tuple[float, float]
    median: float
    sigma: float
    hosted: bool = False


NICHES = (
    Niche(8, "mathematics", (5, 3), 12, 0.5),
    Niche(5, "review", (1, 8), 25, 0.3, hosted=True),
    Niche(12, "writing", (1, 9), 18, 0.5),
    Niche(25, "planning", (4, 4), 9, 0.3),
    Niche(40, "review", (2, 6), 22, 0.4, hosted=True),
    Niche(60, "mathematics", (6, 3), 15, 0.35),
    Niche(90, "writing", (1, 9), 20, 0.6),
    Niche(120, "agent", (2, 5), 26, 0.4),
    Niche(180, "planning", (2, 6), 8, 0.3),
    Niche(300, "code", (1, 7), 16, 0.6, hosted=True),
    Niche(30, "agent", (4, 4), 24, 0.25),
    Niche(70, "data", (2, 5), 14, 0.3),
)


def niches(world: World) -> None:
    """Bring your own key: one program for all users, and nothing else in common.

    A quarter of the users come while it is watched; most of those open an account for it.
    """
    rng = world.rng
    for number, niche in enumerate(NICHES):
        profiles, home = people(world, world.size(niche.users))
        count = len(profiles)
        comes = rng.random(count) < 0.25
        start = np.where(comes, rng.uniform(1, 18, count), 0)
        for_it = comes & (rng.random(count) < 0.6)
        opened = START_MS + (start * DAY_MS).astype(np.int64) - rng.integers(600_000, DAY_MS, count)
        profiles["created_at"] = np.where(for_it, opened, profiles["created_at"])
        rows = put(
            live_at(chatting(world, count, niche.median, niche.sigma), home),
            steadiness=rng.choice([1.0, 3.0, 8.0]),
            start=start,
            on_weekdays=rng.beta(6, 2, count),
            on_weekends=rng.beta(4, 3, count),
            surface=API,
            cadence=rng.choice([0, 6.0, 10.0]),
            phase=2.2,
            task_share=tasks(rng, niche.work, count, 30),
            elicitation=niche.elicitation,
            piped=0.4,
            prompts=50,
            likeness=4,
            reasoning=0.5,
            tools=3,
            # Half of the products pass the launched model on.
            adopts=NEVER if number % 2 else adoption(world, count, 0.9, 0.2),
            model_share=[0.6, 0.3, 0.1],
            rhythm=[EVENING, DEVELOPER, DAYTIME][number % 3],
            temperature=0.7,
        )
        with_one_program(world, rows, (0.5, 0.25, 0.15, 0.07, 0.03), (0.85, 0.15))
        if niche.hosted:
            behind(rows, world.pools.add(3, 3, HOSTING_ASN + number % CLOUDS, 6, 5))
        world.join(f"niche_{niche.users}_{niche.work}", profiles, rows)


def nightly_benchmarks(world: World) -> None:
    """Two public benchmarks, run every night by strangers: the same prompts word for word."""
    rng = world.rng
    profiles, home = people(world, world.size(220))
    count = len(profiles)
    profiles["tier"] = rng.choice(["individual", "team", "startup", "research"], count)
    own_domains(world, profiles, 0.7)
    suite = mix(np.where(rng.random(count) < 0.7, 5, 6), 951)
    rows = put(
        calling(world, count, 70, 0.8, "benchmark"),
        zone=home.zone,
        scheduled_hours=1,
        session_length=60,
        log_gap=1.2,
        steadiness=6,
        on_weekdays=rng.beta(4, 2, count),
        on_weekends=rng.beta(3, 3, count),
        piped=1,
        prompt_key=suite,
        prompts=1_400,
        likeness=7,
        elicitation=[6, 2.5],
        temperature=0,
        task_share=tasks(rng, "benchmark", count, 40),
        reasoning=0.8,
        model_share=[0.7, 0.2, 0.1],
        adopts=LAUNCH + rng.exponential(0.4, count),
        tools=0,
    )
    with_one_program(world, rows, (0.5, 0.2, 0.15, 0.1, 0.05), (0.6, 0.3, 0.1))
    shared = rng.random(count) < 0.6
    pool = np.where(shared, world.pools.serverless, rng.choice(world.pools.clouds, count))
    put(rows, pool=pool[:, None], address=[ANY])
    world.join("nightly_benchmark", profiles, rows)


def no_code_platform(world: World) -> None:
    """One platform's client and addresses, and a template for each user."""
    rng = world.rng
    profiles, home = people(world, world.size(380))
    count = len(profiles)
    rows = put(
        calling(world, count, 18, 1.0),
        zone=home.zone,
        client=world.fresh(1),
        client_share=[1],
        scheduled_hours=rng.choice([0, 0, 1, 4, 24], count),
        on_weekdays=0.95,
        on_weekends=0.85,
        steadiness=6,
        session_length=3,
    )
    behind(rows, world.pools.add(40, 10, HOSTING_ASN + 2, 6, 5))
    world.join("no_code_platform", profiles, rows)


def tutorial(world: World) -> None:
    """Beginners who copy one program from a tutorial, for three days each; most open an account."""
    rng = world.rng
    profiles, home = people(world, world.size(140), "free", "email")
    count = len(profiles)
    start = rng.uniform(0, 20, count)
    opened = START_MS + (start * DAY_MS).astype(np.int64) - 900_000
    profiles["created_at"] = np.where(rng.random(count) < 0.7, opened, profiles["created_at"])
    rows = put(
        calling(world, count, 12, 0.6, "agent"),
        zone=home.zone,
        start=start,
        end=start + 3,
        on_weekdays=0.7,
        on_weekends=0.7,
        template=world.fresh(2),
        template_share=[0.8, 0.2],
        piped=0.6,
        prompts=4,
        likeness=4,
        tools=3,
    )
    at_home(world, rows)
    world.join("tutorial", profiles, rows)


KINDS = (niches, nightly_benchmarks, no_code_platform, tutorial)
