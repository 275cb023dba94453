"""What happens to honest accounts once: a deadline, a hackathon, a fashion, a theft.

These come last: some of them befall accounts of other kinds.
"""

import numpy as np

from tests.evaluation.second.calendar import DAY_MS, FLAT, HOUR_MS, START_MS, STUDENT
from tests.evaluation.second.habits import calling, chatting, coding
from tests.evaluation.second.hashes import mix
from tests.evaluation.second.profiles import PROFILE, free_mail, members, people
from tests.evaluation.second.programs import BROWSERS, LIBRARIES, popular
from tests.evaluation.second.reach import behind, office_and_home, on_lines_of
from tests.evaluation.second.rows import Rows, put
from tests.evaluation.second.tasks import tasks
from tests.evaluation.second.vocabulary import API, COUNTRIES, INDONESIAN, ZONES
from tests.evaluation.second.world import World

CLASSES = (
    (45, -20.0, 9.0, "mathematics"),
    (80, 1.0, 12.0, "code"),
    (60, 3.0, 15.0, "agent"),
    (35, -6.0, 11.0, "data"),
)
"""Students, the day they sign up together, the day of the deadline, the subject."""


def classes(world: World) -> None:
    """One template and lesson, same-day sign-ups, and ten times the work before the deadline."""
    for number, (students, begins, deadline, subject) in enumerate(CLASSES):
        count, region = world.size(students), int(world.rng.integers(0, len(ZONES)))
        campus = world.pools.campuses[number]
        profiles = members(world, count, "education", "email", COUNTRIES[region], paid=False)
        lesson = START_MS + int(begins) * DAY_MS + 10 * HOUR_MS
        profiles["created_at"] = lesson + world.rng.integers(0, 90 * 60_000, count)
        profiles["referral"] = world.fresh(1)
        first = max(begins + 0.45, 0)
        term = put(
            chatting(world, count, 4, 0.6),
            start=first,
            end=deadline,
            on_weekdays=0.35,
            on_weekends=0.3,
        )
        rush = put(
            chatting(world, count, 45, 0.5),
            start=deadline - 2.2,
            end=deadline + 0.1,
            on_weekdays=0.9,
            on_weekends=0.9,
        )
        _same_course(world, term, rush, subject, ZONES[region])
        office_and_home(world, term, campus, 0.8)
        for place in ("pool", "address", "lease", "at_leisure", "at_work"):
            rush[place] = term[place]
        world.join("class", profiles, term, rush)


def _same_course(world: World, term: Rows, rush: Rows, subject: str, zone: float) -> None:
    count, template = len(term), world.fresh(2)
    library = world.rng.choice(LIBRARIES[:4], count)
    browser = popular(BROWSERS, 1.1, count, world.rng)
    share = tasks(world.rng, subject, count, 25)
    for rows in (term, rush):
        put(
            rows,
            zone=zone,
            template=template,
            template_share=[0.85, 0.15],
            task_share=share,
            elicitation=[4, 3],
            piped=0.5,
            prompts=12,
            likeness=3,
            rhythm=STUDENT,
            surface=API,
            log_gap=4,
            reasoning=0.6,
            client=np.stack([library, browser], 1),
            client_share=[0.8, 0.2],
        )


def hackathon(world: World) -> None:
    """Two days in one hall, on credit, with the organiser's template and agents at full speed."""
    rng, count = world.rng, world.size(140)
    hall = world.pools.add(2, 2, 21_500, 2, 8)
    profiles = np.zeros(count, PROFILE)
    profiles["tier"], profiles["verification"], profiles["access"] = "startup", "email", "US"
    opened = START_MS + 4 * DAY_MS + 16 * HOUR_MS
    profiles["created_at"] = opened + rng.integers(0, 3 * HOUR_MS, count)
    profiles["email_domain"], profiles["device"] = free_mail(world, count), world.fresh(count)
    profiles["referral"] = world.fresh(1)
    rows = put(
        coding(world, count, 130, 0.7),
        start=4.75,
        end=6.8,
        on_weekdays=1,
        on_weekends=1,
        zone=-6,
        rhythm=FLAT,
        task_share=tasks(rng, "agent", count, 12),
    )
    behind(rows, hall)
    given = np.broadcast_to(world.fresh(2), (count, 2))
    templates = np.hstack([given, rows["template"][:, :2]])
    put(rows, template=templates, template_share=[0.35, 0.15, 0.4, 0.1])
    after = put(coding(world, count, 4, 0.9), start=7, on_weekdays=0.15, on_weekends=0.2)
    world.join("hackathon", profiles, rows, after)


def credit_cohort(world: World) -> None:
    """Start-ups of one programme, signed up on one day, on its credit, each building its own."""
    profiles, home = people(world, world.size(70), "startup")
    count = len(profiles)
    signed = START_MS - 9 * DAY_MS
    profiles["created_at"] = signed + world.rng.integers(0, 6 * HOUR_MS, count)
    profiles["referral"], profiles["payment"] = world.fresh(1), 0
    profiles["email_domain"] = world.fresh(count)
    rows = put(calling(world, count, 30, 1.2, "agent"), zone=home.zone)
    world.join("credit_cohort", profiles, rows)


def advertisement(world: World) -> None:
    """A burst of sign-ups from one country, on two carriers, with one referral."""
    rng = world.rng
    profiles, _ = people(world, world.size(450), "free", "phone")
    count = len(profiles)
    start = 7 + rng.gamma(2, 0.5, count)
    profiles["created_at"] = START_MS + (start * DAY_MS).astype(np.int64)
    profiles["access"], profiles["referral"] = "ID", world.fresh(1)
    rows = put(chatting(world, count, 6), start=start, zone=7, language=INDONESIAN)
    on_lines_of(world, rows, world.pools.homes[3], carriers=2)
    world.join("advertisement", profiles, rows)


def load_tests(world: World) -> None:
    """Besides usual work, one prompt some thousand times in two hours."""
    rng = world.rng
    profiles, home = people(world, world.size(5), "team")
    count = len(profiles)
    start = rng.uniform(5, 18, count)
    usual = put(calling(world, count, 20, 0.5), zone=home.zone)
    test = put(
        calling(world, count),
        requests_per_day=world.volumes(count, 60_000, 0.1, most=80_000),
        start=start,
        end=start + 0.1,
        steadiness=500,
        on_weekdays=1,
        on_weekends=1,
        session_length=1e6,
        log_gap=-1.2,
        piped=1,
        prompts=1,
    )
    world.join("load_test", profiles, usual, test)


def viral_prompt(world: World) -> None:
    """For a day and a half each, people who chat try one prompt that they have read of."""
    rng = world.rng
    accounts = world.some_of(900, "free_chat", "paid_chat")
    count = len(accounts)
    start = 9 + rng.gamma(2.5, 0.6, count)
    rows = put(
        chatting(world, count, 5, 0.5),
        start=start,
        end=start + 1.5,
        on_weekdays=1,
        on_weekends=1,
        template=world.fresh(1),
        template_share=[1],
        piped=0.5,
        prompt_key=mix(1, 960),
        prompts=1,
        likeness=5,
        task_share=tasks(rng, "planning", count, 30),
        elicitation=[5, 3],
    )
    world.befall("viral_prompt", accounts, rows)


def hijacked(world: World) -> None:
    """A thief resells stolen accounts for two days each, while their owners go on."""
    rng = world.rng
    accounts = world.some_of(40, "coding_agent_user")
    count = len(accounts)
    start = rng.uniform(5, 18, count)
    rows = put(
        chatting(world, count, 250, 0.6),
        start=start,
        end=start + 2,
        on_weekdays=1,
        on_weekends=1,
        surface=API,
        template=world.fresh(3),
        template_share=[0.7, 0.2, 0.1],
        client=world.fresh(2),
        client_share=[0.9, 0.1],
        task_share=tasks(rng, "writing", count, 20),
    )
    behind(rows, world.pools.add(30, 10, 21_300, 9, 3))
    world.befall("hijacked", accounts, rows)


KINDS = (
    classes,
    hackathon,
    credit_cohort,
    advertisement,
    load_tests,
    viral_prompt,
    hijacked,
)
