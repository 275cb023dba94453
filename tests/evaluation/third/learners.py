"""People who learn, compete or measure: the same questions at the same time, and no institution."""

import numpy as np

from tests.evaluation.second.calendar import DAY_MS, EVENING, FLAT, NEVER, START_MS, STUDENT
from tests.evaluation.second.habits import live_at
from tests.evaluation.second.profiles import own_domains, people
from tests.evaluation.second.reach import ANY
from tests.evaluation.second.rows import AWAY, HOME, put
from tests.evaluation.second.vocabulary import ENGLISH
from tests.evaluation.third.groups import opened, partly, program, servers, using
from tests.evaluation.third.world import World


def online_courses(world: World) -> None:
    """Learners all over the world who enrolled in the same days, with the course's tutor prompts
    and weekly problem sets, which are due on Sundays; some drop out."""
    rng = world.rng
    for number, (count, begins) in enumerate([(110, 0.0), (70, 7.0), (45, -21.0)]):
        profiles, home = people(world, world.size(count))
        count = len(profiles)
        opened(world, profiles, begins - 1, 2.5)
        dropped = rng.random(count) < 0.35
        rows = using(
            world,
            profiles,
            ["mathematics", "code", "mathematics"][number],
            15,
            0.5,
            alike=45,
            elicits=[0.68, 0.45, 0.6][number],
            end=np.where(dropped, begins + rng.uniform(4, 20, count), NEVER),
            rhythm=EVENING,
            on_weekdays=0.5,
            on_weekends=0.75,
            peak_weekday=6,
            peak=3.0,
            piped=0.7,
            prompt_key=world.fresh(1),
            prompt_cadence=7.0,
            prompts=24,
            likeness=3,
            reasoning=0.7,
        )
        program(world, live_at(rows, home), 6, 2)
        world.join("online_course", profiles, rows)


def security_contest(world: World) -> None:
    """Teams that solve security puzzles for 48 hours, day and night, with the same few agents;
    most opened accounts for it, some five to a card."""
    rng = world.rng
    profiles, home = people(world, world.size(90))
    count = len(profiles)
    opened(world, profiles, rng.uniform(2.5, 5.0, count))
    team = np.arange(count) // 5
    profiles["payment"] = world.fresh(count)[
        np.where(rng.random(count) < 0.5, team, np.arange(count))
    ]
    rows = using(
        world,
        profiles,
        "security",
        220,
        0.8,
        alike=30,
        elicits=0.3,
        start=5.0,
        end=7.0,
        rhythm=FLAT,
        on_weekdays=1,
        on_weekends=1,
        steadiness=3,
        session_length=50,
        log_gap=2.5,
        tools=10,
        piped=0.1,
        prompt_key=world.fresh(1),
        prompts=40,
    )
    program(world, live_at(rows, home), 10, 3)
    after = put(rows.copy(), start=7.0, end=NEVER, requests_per_day=world.volumes(count, 5, 1.0))
    put(after, on_weekdays=0.1, on_weekends=0.15)
    world.join("security_contest", profiles, rows, after)


def data_contest(world: World) -> None:
    """A contest of three weeks with a prize: the starter notebook's prompts, one dataset of hard
    reasoning questions, run from the host's notebooks, more and more towards the end."""
    rng = world.rng
    profiles, home = people(world, world.size(150))
    count = len(profiles)
    opened(world, profiles, rng.uniform(-6, 12, count))
    rows = using(
        world,
        profiles,
        "benchmark",
        30,
        1.0,
        alike=40,
        elicits=0.6,
        rhythm=FLAT,
        steadiness=1,
        on_weekdays=0.6,
        on_weekends=0.8,
        ramp=16,
        session_length=40,
        log_gap=1.5,
        piped=0.9,
        prompt_key=world.fresh(1),
        prompts=800,
        likeness=5,
        conversation=False,
        reasoning=0.9,
        log_output=6.6,
    )
    program(world, live_at(rows, home), 15, 2, own_variants=4)
    notebooks = world.pools.add(300, 30, 14_003, 6, 5)
    partly(rows, notebooks, 0.7)
    world.join("data_contest", profiles, rows)


def shared_tasks(world: World) -> None:
    """Teams of a workshop's shared task: each item of one test set a few times, as papers are due
    on the fifteenth day."""
    profiles, home = people(world, world.size(45), "research")
    own_domains(world, profiles, 0.8)
    count = len(profiles)
    rows = using(
        world,
        profiles,
        "science",
        45,
        0.8,
        elicits=0.5,
        rhythm=STUDENT,
        end=15.0,
        ramp=14,
        session_length=60,
        log_gap=1.0,
        piped=1,
        prompt_key=world.fresh(1),
        prompts=1_200,
        likeness=4,
        conversation=False,
        temperature=0.0,
    )
    put(live_at(rows, home), template=world.fresh(3 * count).reshape(count, 3))
    put(rows, template_share=[0.6, 0.3, 0.1])
    world.join("shared_task", profiles, rows)


def replications(world: World) -> None:
    """Research groups of several universities that repeat one paper with its open harness: new
    accounts on free mail, reasoning, rubric grading, an even load that the harness deals out."""
    rng = world.rng
    for number, count in enumerate(world.some(4, 12, 30)):
        profiles, home = people(world, count)
        day = float(rng.uniform(-10, 10))
        opened(world, profiles, day, 4)
        rows = using(
            world,
            profiles,
            ["planning", "mathematics", "agent", "benchmark"][number % 4],
            40,
            0.15,
            alike=80,
            elicits=0.66,
            rhythm=FLAT,
            end=day + 12,
            steadiness=12,
            on_weekdays=0.9,
            on_weekends=0.8,
            piped=0.9,
            prompts=3_000,
            conversation=False,
            reasoning=0.9,
            log_output=6.6,
        )
        program(world, live_at(rows, home), 8, 1, variant_skew=1.0)
        partly(rows, servers(world, number, 10), 0.5)
        world.join("replication", profiles, rows)


def certificate_crammers(world: World) -> None:
    """Candidates for one professional examination who share a tutor prompt in a chat group, and
    cram at the same hours with the same question bank until the tenth day."""
    profiles, home = people(world, world.size(70))
    count = len(profiles)
    born = START_MS + world.rng.integers(-12, 5, count) * DAY_MS
    profiles["created_at"] = born + world.rng.integers(0, DAY_MS, count)
    rows = using(
        world, profiles, "science", 26, 0.5, alike=50, elicits=0.6, rhythm=STUDENT, end=10.4
    )
    put(rows, piped=0.6, prompt_key=world.fresh(1), prompts=700, likeness=5, steadiness=2)
    put(rows, on_weekdays=0.85, on_weekends=0.9)
    program(world, put(live_at(rows, home), zone=5.5, language=ENGLISH), 2, 2)
    rows["pool"][:, AWAY] = world.pools.carriers[4]
    put(rows, address=np.stack([rows["address"][:, HOME], np.full(count, ANY)], 1))
    put(rows, at_leisure=[0.3, 0.7], at_work=[0.3, 0.7])
    world.join("certificate_crammer", profiles, rows)


KINDS = (
    online_courses,
    security_contest,
    data_contest,
    shared_tasks,
    replications,
    certificate_crammers,
)
