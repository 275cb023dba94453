"""Strangers with something in common: an app, a tool, a page of prompts, a wish for privacy."""

import numpy as np

from tests.evaluation.second.calendar import (
    DAY_MS,
    DEVELOPER,
    EVENING,
    FLAT,
    LAUNCH,
    NEVER,
    OFFICE,
    START_MS,
)
from tests.evaluation.second.habits import chatting, coding, live_at
from tests.evaluation.second.hashes import mix
from tests.evaluation.second.profiles import own_domains, people
from tests.evaluation.second.reach import ANY, vpn_always
from tests.evaluation.second.rows import AWAY, HOME, put
from tests.evaluation.second.vocabulary import API, ENGLISH
from tests.evaluation.third.groups import (
    living_in,
    neighbours,
    opened,
    partly,
    program,
    scores,
    since,
    some_opened,
    using,
)
from tests.evaluation.third.rows import PER_DAY, PER_SESSION, wide
from tests.evaluation.third.tasks import tasks
from tests.evaluation.third.world import World


def launched_apps(world: World) -> None:
    """Users of a new app for phones who bring their own key. A video sent them all within two
    weeks; their carriers give them another address in every hour."""
    rng = world.rng
    for number, (count, video) in enumerate([(180, 2.0), (70, 6.0)]):
        profiles, home = people(world, world.size(count))
        count = len(profiles)
        opened(world, profiles, video + rng.gamma(1.6, 2.2, count).clip(0, 14))
        rows = using(
            world,
            profiles,
            ["planning", "any"][number],
            13,
            0.8,
            alike=18,
            elicits=0.4,
            rhythm=EVENING,
            on_weekdays=0.75,
            on_weekends=0.8,
            session_length=3,
            piped=0.3,
            prompts=80,
            tools=5,
        )
        program(world, live_at(rows, home), 8, 2, cadence=5.0, phase=1.0)
        carriers = world.pools.carriers
        rows["pool"][:, HOME] = rng.choice(carriers, count)
        rows["pool"][:, AWAY] = rng.choice(carriers, count)
        put(rows, address=[ANY, ANY], lease=[0, 0])
        put(rows, at_leisure=[0.8, 0.2], at_work=[0.8, 0.2])
        world.join("launched_app", profiles, rows)


def open_agents(world: World) -> None:
    """Enthusiasts of an open agent with ten to sixty prompts for its parts, on around the clock
    at their homes and rented machines."""
    rng = world.rng
    for number, (count, prompts) in enumerate([(200, 60), (80, 24), (30, 12)]):
        profiles, home = people(world, world.size(count))
        count = len(profiles)
        some_opened(world, profiles, 0.45, -20, 15)
        rows = using(
            world,
            profiles,
            "agent",
            30,
            [1.2, 0.9, 0.5][number],
            alike=30,
            elicits=[0.25, 0.4, 0.5][number],
            rhythm=rng.choice([FLAT, DEVELOPER, EVENING], count),
            steadiness=2,
            on_weekdays=0.85,
            on_weekends=0.85,
            session_length=14,
            log_gap=2.5,
            tools=20,
            reasoning=0.7,
            log_output=6.2,
            # The second one writes the date, and whose it is, into its prompts.
            salt=PER_DAY if number == 1 else 0,
        )
        program(world, live_at(rows, home), prompts, 3, cadence=4.0, lag=rng.exponential(2, count))
        rented = rng.random(count) < 0.35
        rows["pool"][rented, HOME] = rng.choice(world.pools.clouds, rented.sum())
        world.join("open_agent", profiles, rows)


def prompt_packs(world: World) -> None:
    """Buyers of "fifty expert prompts" that ask for reasoning step by step; a sale in the second
    week brought many. Each uses the few that he likes."""
    for number, count in enumerate(world.sizes(140, 60)):
        profiles, home = people(world, count)
        some_opened(world, profiles, 0.4, 7, 10)
        rows = using(
            world,
            profiles,
            "any",
            7,
            1.0,
            alike=9,
            elicits=0.68,
            rhythm=EVENING,
            plain=0.25,
            piped=0.2,
            prompts=20,
        )
        program(world, live_at(rows, home), 50, 1, own_variants=5 + 3 * number)
        world.join("prompt_pack", profiles, rows)


def migrated_accounts(world: World) -> None:
    """A platform that closed moved its users here in an hour, with one referral; their programs
    go on through its compatibility layer."""
    rng = world.rng
    profiles, home = people(world, world.size(160))
    opened(world, profiles, 1.4, 0.05)
    own_domains(world, profiles, 0.4)
    profiles["referral"], profiles["device"] = world.fresh(1), 0
    rows = using(
        world, profiles, "pipeline", 16, 1.4, alike=3, steadiness=1.5, piped=0.5, prompts=8
    )
    count = len(rows)
    layer = np.broadcast_to(world.fresh(1), count)
    put(live_at(rows, home), template=np.stack([world.fresh(count), layer], 1))
    put(rows, template_share=[0.7, 0.3], client=world.fresh(1), client_share=[1])
    put(rows, rhythm=rng.choice([FLAT, OFFICE, EVENING], count))
    world.join("migrated_account", profiles, rows)


def privacy_community(world: World) -> None:
    """Members of a privacy forum: one VPN brand with fresh addresses daily, alias mail, prepaid
    cards, a front-end that hardens its fingerprint; they ask about everything."""
    profiles, home = people(world, world.size(120))
    count = len(profiles)
    profiles["email_domain"] = world.rng.choice(world.fresh(3), count)
    profiles["billing"], profiles["device"] = "", 0
    rows = using(world, profiles, "any", 10, 1.1, alike=5, rhythm=EVENING)
    program(world, live_at(rows, home), 3, 1)
    brand = world.pools.add(4_000, 40, 9_600, 8, 3)
    partly(rows, brand, 0.97)
    world.join("privacy_community", profiles, rows)


def self_hosted_pages(world: World) -> None:
    """People who host the same open chat page: its helper prompts for titles, tags and follow-ups
    are everybody's, but half of the pages write the date, and whose they are, into all of them."""
    rng = world.rng
    profiles, home = people(world, world.size(160))
    count = len(profiles)
    rows = put(wide(chatting(world, count, 9, 1.0)), surface=API)
    put(live_at(rows, home), template=world.fresh(4), template_share=[0.55, 0.2, 0.15, 0.1])
    put(rows, client=world.fresh(2), client_share=[0.8, 0.2], cadence=9.0, start=since(profiles))
    put(rows, salt=np.where(rng.random(count) < 0.5, PER_DAY, 0))
    world.join("self_hosted_page", profiles, rows)


def bad_line_countries(world: World) -> None:
    """People of a country with unreliable routes and few cards: foreign virtual cards, two VPN
    brands, chats and code. Each on its own is what one pictures of a fraud."""
    rng = world.rng
    profiles, _ = people(world, world.size(140))
    count = len(profiles)
    some_opened(world, profiles, 0.4, -30, 16)
    profiles["billing"], profiles["access"] = rng.choice(["HK", "US", "SG"], count), "VN"
    half = count // 2
    accounts = world.join("bad_line_country", profiles)
    for rows, part in (
        (wide(chatting(world, half, 11, 1.0)), slice(None, half)),
        (wide(coding(world, count - half, 24, 1.0)), slice(half, None)),
    ):
        put(rows, zone=7, language=ENGLISH, start=since(profiles[part]))
        vpn_always(world, rows)
        rows["pool"][:, HOME] = rng.choice(world.pools.vpns[:2], len(rows))
        world.behave(accounts[part], rows)


def hobby_benchmarkers(world: World) -> None:
    """Readers of a forum who try the same list of hard questions on every model, word for word,
    on the days after a launch above all."""
    profiles, home = people(world, world.size(60))
    rows = using(
        world,
        profiles,
        "benchmark",
        25,
        0.7,
        elicits=0.6,
        on_weekdays=0.2,
        on_weekends=0.35,
        session_length=25,
        piped=0.9,
        prompt_key=mix(np.array([3]), 981),
        prompts=45,
        likeness=7,
        conversation=False,
        temperature=0.0,
        reasoning=0.9,
    )
    keen = put(rows.copy(), start=8.7, end=12.0, on_weekdays=0.9, on_weekends=0.9)
    world.join("hobby_benchmarker", profiles, live_at(rows, home), live_at(keen, home))


def meetups(world: World) -> None:
    """User groups that follow a tutorial on one evening: accounts on the spot, the hall's address,
    the organiser's voucher; few go on."""
    rng = world.rng
    for number, count in enumerate(world.some(6, 12, 45)):
        profiles, region = neighbours(world, count, tier="free", verification="phone")
        evening = float(rng.integers(0, 18)) + 0.72
        opened(world, profiles, evening, 0.04)
        profiles["referral"] = world.fresh(1)
        rows = using(
            world, profiles, ["agent", "code", "data"][number % 3], 35, 0.35, elicits=0.35, alike=40
        )
        program(world, rows, 4, 1, piped=0.7, prompts=12, likeness=5, tools=4)
        put(rows, on_weekdays=1, on_weekends=1, end=evening + 0.2, steadiness=8)
        hall = world.pools.add(1, 1, 21_700 + number, 2, 9)
        partly(living_in(rows, region), hall, 1.0)
        after = put(rows.copy(), end=NEVER, on_weekdays=0.06, on_weekends=0.12)
        put(after, start=evening + 0.5, requests_per_day=world.volumes(count, 8, 1.2))
        after["at_leisure"] = after["at_work"] = [0.8, 0.2, 0.0]
        world.join("meetup", profiles, rows, after)


def grading_teachers(world: World) -> None:
    """Teachers of many schools who mark with the rubric prompt their union sent round: reasoning
    and rubrics, in the evenings before school days, in piles of thirty."""
    profiles, home = people(world, world.size(110))
    some_opened(world, profiles, 0.5, -6, 9)
    rows = using(
        world,
        profiles,
        "grading",
        30,
        0.3,
        alike=60,
        elicits=0.72,
        rhythm=EVENING,
        on_weekdays=0.55,
        on_weekends=0.5,
        steadiness=5,
        session_length=28,
        conversation=False,
        piped=0.8,
        prompts=6,
        likeness=2,
        peak_weekday=6,
        peak=2.0,
    )
    program(world, live_at(rows, home), 3, 2)
    world.join("grading_teacher", profiles, rows)


def novel_writers(world: World) -> None:
    """A writing month: strangers who signed up in one week for it, with one shared planner prompt
    that holds the plot so far, a daily quota of words, and reasoning about plots."""
    profiles, home = people(world, world.size(90))
    opened(world, profiles, -4.0, 7)
    rows = using(
        world, profiles, "planning", 20, 0.35, alike=40, elicits=0.4, rhythm=EVENING, steadiness=4
    )
    put(rows, on_weekdays=0.85, on_weekends=0.9, salt=PER_SESSION)
    program(world, live_at(rows, home), 5, 2)
    rows["task_share"] = 0.6 * rows["task_share"] + 0.4 * tasks(world.rng, "writing", len(rows), 40)
    world.join("novel_writer", profiles, rows)


def early_adopters(world: World) -> None:
    """Old customers who all try the launched model on one waiting list's prompt, with a second,
    new account because the list demanded one."""
    profiles, home = people(world, world.size(70))
    count = len(profiles)
    profiles["created_at"] = (
        START_MS + int(8.3 * DAY_MS) + world.rng.integers(0, DAY_MS // 4, count)
    )
    rows = using(world, profiles, "agent", 28, 0.8, elicits=0.4, alike=25, adopts=LAUNCH)
    put(rows, model_share=[0.95, 0.05], elicitation=scores(world, count, 0.4))
    program(world, live_at(rows, home), 5, 1)
    world.join("early_adopter", profiles, rows)


KINDS = (
    launched_apps,
    open_agents,
    prompt_packs,
    migrated_accounts,
    privacy_community,
    self_hosted_pages,
    bad_line_countries,
    hobby_benchmarkers,
    meetups,
    grading_teachers,
    novel_writers,
    early_adopters,
)
