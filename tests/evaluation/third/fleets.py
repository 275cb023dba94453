"""Programs that many private people run: bots, integrations and jobs, each on its own account."""

import numpy as np

from tests.evaluation.second.calendar import DEVELOPER, EVENING, FLAT, NEVER
from tests.evaluation.second.habits import live_at
from tests.evaluation.second.profiles import own_domains, people
from tests.evaluation.second.reach import behind, numbers
from tests.evaluation.second.rows import HOME, put
from tests.evaluation.third.groups import (
    living_in,
    neighbours,
    opened,
    program,
    servers,
    some_opened,
    using,
)
from tests.evaluation.third.rows import PER_ACCOUNT
from tests.evaluation.third.world import World


def trading_bots(world: World) -> None:
    """Private traders who bought one bot: it reasons about markets on a timetable, day and night,
    on whatever rented machine the seller recommends; many bought it in the same promotion."""
    rng = world.rng
    for number, count in enumerate(world.sizes(110, 40)):
        profiles, home = people(world, count)
        some_opened(world, profiles, 0.6, -15, 9)
        rows = using(
            world,
            profiles,
            "trading",
            26,
            0.15,
            alike=120,
            elicits=0.5,
            rhythm=FLAT,
            scheduled_hours=24,
            steadiness=30,
            on_weekdays=1,
            on_weekends=[0.05, 1][number],
            session_length=1.3,
            piped=1,
            prompts=6,
            likeness=3,
            conversation=False,
            reasoning=0.9,
            tools=4,
        )
        program(world, live_at(rows, home), 4, 1)
        host = world.pools.add(900, 50, 14_020 + number, 8, 4)
        put(rows, pool=[host], address=numbers(world, count)[:, None], lease=[0])
        put(rows, at_leisure=[1], at_work=[1], crowd_sigma=0.15)
        at_home = rng.random(count) < 0.15
        rows["pool"][at_home, HOME] = rng.choice(world.pools.homes, at_home.sum())
        world.join("trading_bot", profiles, rows)


def home_automations(world: World) -> None:
    """Homes whose lights and heating ask what to do: tools, all day, the home's own prompt."""
    profiles, home = people(world, world.size(90))
    rows = using(
        world,
        profiles,
        "home",
        24,
        0.5,
        alike=60,
        rhythm=EVENING,
        steadiness=6,
        on_weekdays=0.99,
        on_weekends=0.99,
        tools=30,
        piped=0.6,
        prompts=25,
        session_length=2,
        adopts=NEVER,
    )
    program(world, live_at(rows, home), 3, 2, salt=PER_ACCOUNT)
    world.join("home_automation", profiles, rows)


def review_actions(world: World) -> None:
    """Projects that have one open review action look at each change: a build service's addresses,
    the same prompts, nothing but code."""
    rng = world.rng
    profiles, home = people(world, world.size(150))
    own_domains(world, profiles, 0.3)
    rows = using(
        world,
        profiles,
        "review",
        16,
        1.1,
        alike=80,
        elicits=0.3,
        rhythm=DEVELOPER,
        session_length=8,
        log_gap=1.5,
        conversation=False,
        log_input=9,
        reasoning=0.7,
        temperature=0.0,
    )
    program(world, live_at(rows, home), 7, 1, cadence=12.0, lag=rng.exponential(2, len(rows)))
    behind(rows, world.pools.serverless)
    world.join("review_action", profiles, rows)


def chat_bots(world: World) -> None:
    """People who host the same role-playing bot for their friends' chat server."""
    profiles, home = people(world, world.size(80))
    rows = using(world, profiles, "character", 20, 1.3, alike=20, rhythm=EVENING, steadiness=0.7)
    program(world, live_at(rows, home), 3, 1, variant_skew=2.5)
    behind(rows, world.pools.serverless)
    world.join("chat_bot", profiles, rows)


def browser_extensions(world: World) -> None:
    """Readers whose extension sums up what they read; a review in a magazine brought half."""
    profiles, home = people(world, world.size(140))
    some_opened(world, profiles, 0.5, 3, 8)
    rows = using(world, profiles, "reading", 11, 0.8, alike=70, rhythm=EVENING, session_length=3)
    put(rows, conversation=False, temperature=0.2, log_input=8.3)
    program(world, live_at(rows, home), 4, 3)
    world.join("browser_extension", profiles, rows)


def screen_helpers(world: World) -> None:
    """Blind people whose program works the screen for them: nothing else, in long sessions."""
    profiles, home = people(world, world.size(40))
    rows = using(
        world,
        profiles,
        "screen",
        45,
        0.6,
        alike=90,
        steadiness=2,
        session_length=25,
        log_gap=2.5,
        tools=12,
        log_input=8.5,
    )
    program(world, live_at(rows, home), 2, 1)
    world.join("screen_helper", profiles, rows)


def app_testers(world: World) -> None:
    """Two firms that test other people's apps: a telephone and account for each tester's desk,
    opened in one afternoon, a computer-use agent that walks through the same screens all day."""
    for number, count in enumerate(world.sizes(30, 18)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-12.0, 4.0][number], 0.2)
        profiles["payment"] = world.rng.choice(world.fresh(count // 5 + 1), count)
        profiles["email_domain"] = world.fresh(1)
        rows = using(
            world,
            profiles,
            "screen",
            70,
            0.2,
            alike=120,
            steadiness=10,
            on_weekdays=0.97,
            on_weekends=0.1,
            session_length=20,
            piped=0.5,
            prompts=300,
            tools=12,
        )
        program(world, living_in(rows, region), 6, 1)
        behind(rows, servers(world, number, 3))
        own = np.arange(count) % 4 == 0
        rows["pool"][own, HOME] = world.pools.carriers[number]
        world.join("app_tester", profiles, rows)


KINDS = (
    trading_bots,
    home_automations,
    review_actions,
    chat_bots,
    browser_extensions,
    screen_helpers,
    app_testers,
)
