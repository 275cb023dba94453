"""Programs that hold accounts: opened by scripts, on clouds, at all hours, and all alike."""

import numpy as np

from tests.evaluation.fourth.groups import besides, dealt, doing
from tests.evaluation.second.calendar import DEVELOPER, EVENING, FLAT, NEVER, OFFICE
from tests.evaluation.second.habits import live_at
from tests.evaluation.second.profiles import own_domains, people
from tests.evaluation.second.reach import behind
from tests.evaluation.second.rows import put
from tests.evaluation.third.groups import (
    at_office,
    living_in,
    neighbours,
    office,
    opened,
    partly,
    program,
    servers,
    some_opened,
)
from tests.evaluation.third.rows import PER_ACCOUNT
from tests.evaluation.third.world import World


def hosted_agents(world: World) -> None:
    """A host of autonomous agents: a script opens an account for each on its operator's card, one
    to twelve of them; tools, plans and code around the clock from the host's own addresses."""
    rng = world.rng
    profiles, home = people(world, world.size(180))
    count = len(profiles)
    some_opened(world, profiles, 1.0, -40, 17)
    profiles["payment"] = dealt(world, count, 1, 12)
    profiles["email_domain"], profiles["device"] = world.fresh(1), 0
    rows = doing(
        world,
        profiles,
        "agent",
        32,
        0.9,
        alike=25,
        elicits=0.3,
        rhythm=FLAT,
        steadiness=2.5,
        on_weekdays=0.95,
        on_weekends=0.95,
        session_length=20,
        log_gap=2.5,
        tools=18,
        reasoning=0.8,
        log_output=6.2,
        end=np.where(rng.random(count) < 0.3, rng.uniform(5, 22, count), NEVER),
    )
    program(world, put(live_at(rows, home), zone=0), 40, 1, own_variants=6, cadence=6.0)
    behind(rows, servers(world, 1, 60))
    world.join("hosted_agent", profiles, rows)


def build_accounts(world: World) -> None:
    """Developers who test their products with a service account for each test job: one card and
    domain, opened by a script, the same prompts at each change, from build machines."""
    for number, count in enumerate(world.some(5, 15, 45)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-60.0, -8.0, 2.0, 5.5, -3.0][number % 5], 0.02)
        profiles["payment"], profiles["email_domain"] = world.fresh(2)
        profiles["device"] = 0
        work = ["code", "agent", "benchmark", "pipeline", "puzzles"][number % 5]
        rows = doing(
            world,
            profiles,
            work,
            22,
            0.1,
            alike=90,
            elicits=[0.2, 0.3, 0.6, 0.1, 0.5][number % 5],
            rhythm=DEVELOPER,
            steadiness=15,
            on_weekdays=0.97,
            on_weekends=0.3,
            session_length=12,
            log_gap=1.0,
            piped=0.95,
            prompts=70,
            likeness=7,
            conversation=False,
            temperature=0.0,
            crowd_sigma=0.6,
        )
        program(world, living_in(rows, region), 4, 1, cadence=3.0)
        behind(rows, world.pools.serverless)
        world.join("build_account", profiles, rows)


def attended_robots(world: World) -> None:
    """Clerks of some thirty firms beside whom one maker's robot works the screen: a card for each
    firm, forms all day, the maker's prompts, an office line."""
    *maker, client = world.fresh(5)
    for number, count in enumerate(world.some(16, 4, 10)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, float(world.rng.uniform(-90, 12)), 1)
        profiles["payment"], profiles["email_domain"] = world.fresh(2)
        rows = doing(
            world,
            profiles,
            "clerk",
            44,
            0.3,
            alike=60,
            elicits=0.15,
            rhythm=OFFICE,
            on_weekdays=0.93,
            on_weekends=0.03,
            steadiness=7,
            session_length=18,
            log_gap=2.5,
            tools=11,
        )
        put(living_in(rows, region), template=maker, template_share=[0.5, 0.2, 0.2, 0.1])
        put(rows, client=[client], client_share=[1], cadence=10.0)
        at_office(rows, office(world, number), 0.95)
        accounts = world.join("attended_robot", profiles, rows)
        besides(world, accounts, profiles, rows, 0.25)


def claim_robots(world: World) -> None:
    """An insurer's robot for each branch: opened in a morning, on one card or three, it reads
    claims and writes why each is to be paid, step by step, as the law demands."""
    for number, count in enumerate(world.sizes(70, 40)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-20.0, 3.3][number], 0.1)
        profiles["payment"] = world.rng.choice(world.fresh(1 + 2 * number), count)
        profiles["email_domain"], profiles["device"] = world.fresh(1), 0
        rows = doing(
            world,
            profiles,
            "claims",
            36,
            0.3,
            alike=100,
            elicits=0.6,
            rhythm=OFFICE if number else FLAT,
            on_weekdays=1,
            on_weekends=[0.9, 0.1][number],
            steadiness=14,
            conversation=False,
            session_length=3,
            log_input=9.0,
            reasoning=0.8,
            temperature=0.0,
            adopts=NEVER,
        )
        program(world, living_in(rows, region), 8, 1)
        behind(rows, servers(world, number + 2, 6))
        world.join("claim_robot", profiles, rows)


def strategy_desks(world: World) -> None:
    """A bank's desk keeps its strategies apart: an account for each, opened when it starts, a few
    cards; hard mathematics and code in market hours, reasoning in full, from rented machines."""
    for number, count in enumerate(world.sizes(50, 28)):
        profiles, region = neighbours(world, count)
        some_opened(world, profiles, 0.8, -40, 15)
        profiles["payment"] = world.rng.choice(world.fresh(4), count)
        profiles["email_domain"] = world.fresh(1)
        rows = doing(
            world,
            profiles,
            "quant",
            40,
            0.6,
            alike=35,
            elicits=0.55,
            rhythm=OFFICE,
            on_weekdays=0.97,
            on_weekends=0.1,
            steadiness=4,
            piped=0.6,
            prompts=8_000,
            reasoning=0.95,
            log_output=6.6,
            tools=4,
        )
        program(world, living_in(rows, region), 10, 1, own_variants=3, cadence=5.0)
        behind(rows, servers(world, number, 5))
        world.join("strategy_desk", profiles, rows)


def radio_bots(world: World) -> None:
    """Radio amateurs with one open bot that plans contacts and answers calls, on small computers
    at home and at club stations; half of them put it up after a meeting."""
    profiles, home = people(world, world.size(60))
    some_opened(world, profiles, 0.5, 5.6, 7.5)
    rows = doing(
        world,
        profiles,
        "radio",
        17,
        0.7,
        alike=40,
        elicits=0.2,
        rhythm=FLAT,
        scheduled_hours=world.rng.choice([0, 24], len(profiles)),
        on_weekdays=0.95,
        on_weekends=0.95,
        steadiness=4,
        tools=9,
    )
    program(world, live_at(rows, home), 5, 2)
    accounts = world.join("radio_bot", profiles, rows)
    besides(world, accounts, profiles, rows, 0.4)


def sample_data_plugins(world: World) -> None:
    """Developers whose editor's plug-in invents test data: bursts of hundreds of near-equal
    prompts, a version on the third day that brought many, and no two firms alike otherwise."""
    profiles, home = people(world, world.size(110))
    own_domains(world, profiles, 0.4)
    some_opened(world, profiles, 0.55, 3.0, 7.0)
    rows = doing(
        world,
        profiles,
        "test data",
        24,
        0.9,
        alike=50,
        elicits=0.1,
        rhythm=DEVELOPER,
        session_length=40,
        log_gap=1.0,
        piped=0.9,
        prompts=5_000,
        likeness=3,
        conversation=False,
        temperature=1.0,
    )
    program(world, live_at(rows, home), 6, 3, cadence=6.0, phase=3.0)
    world.join("sample_data_plugin", profiles, rows)


def rationale_products(world: World) -> None:
    """Customers of white-label products for decisions on credit, who bring a key: the product asks
    for the whole chain of reasons, from its own servers; it opens the accounts for the small ones,
    with a card for each sales partner."""
    rng = world.rng
    for number, count in enumerate(world.sizes(100, 50)):
        profiles, home = people(world, count)
        own_domains(world, profiles, 0.7)
        some_opened(world, profiles, 0.6, -25, 16)
        partner = rng.choice(world.fresh(7), count)
        small = rng.random(count) < 0.5
        profiles["payment"] = np.where(small, partner, profiles["payment"])
        rows = doing(
            world,
            profiles,
            "rationale",
            27,
            [0.35, 0.8][number],
            alike=70,
            elicits=0.75,
            rhythm=[FLAT, OFFICE][number],
            steadiness=6,
            on_weekdays=0.97,
            on_weekends=0.6,
            conversation=False,
            session_length=2,
            piped=0.4,
            prompts=300,
            reasoning=0.95,
            log_output=6.8,
            salt=PER_ACCOUNT * number,
        )
        program(world, live_at(rows, home), 9, 1, cadence=9.0)
        behind(rows, servers(world, number + 3, 8))
        world.join("rationale_product", profiles, rows)


def alert_desks(world: World) -> None:
    """Firms that watch others' networks: an account for each client, opened by a script as
    contracts come, three cards, agents that reason from alert to cause at all hours."""
    for number, count in enumerate(world.sizes(60, 35)):
        profiles, region = neighbours(world, count)
        some_opened(world, profiles, 1.0, -60, 14)
        profiles["payment"] = world.rng.choice(world.fresh(3), count)
        profiles["email_domain"], profiles["device"] = world.fresh(1), 0
        rows = doing(
            world,
            profiles,
            "alerts",
            34,
            0.8,
            alike=60,
            elicits=0.55,
            rhythm=FLAT,
            on_weekdays=1,
            on_weekends=1,
            steadiness=2,
            session_length=9,
            log_gap=2.0,
            tools=14,
            reasoning=0.9,
        )
        program(world, living_in(rows, region), 20, 1, variant_skew=1.2)
        behind(rows, servers(world, number + 4, 4))
        world.join("alert_desk", profiles, rows)


def nightly_graders(world: World) -> None:
    """Teachers of large courses whose autograder has a key for each: at night it marks the day's
    programs by a rubric and explains each mark, on the course site's machines."""
    profiles, home = people(world, world.size(90), "education", "email")
    own_domains(world, profiles, 0.5)
    some_opened(world, profiles, 0.7, -8, 6)
    rows = doing(
        world,
        profiles,
        "grading",
        45,
        0.7,
        alike=70,
        elicits=0.7,
        scheduled_hours=1,
        steadiness=3,
        on_weekdays=0.8,
        on_weekends=0.6,
        session_length=45,
        log_gap=1.0,
        piped=0.9,
        prompts=14,
        likeness=2,
        conversation=False,
        temperature=0.0,
    )
    program(world, live_at(rows, home), 5, 1)
    behind(rows, servers(world, 5, 12))
    world.join("nightly_grader", profiles, rows)


def voice_boxes(world: World) -> None:
    """Owners of a loudspeaker that answers by this platform: its maker opened their accounts at
    the factory, in lots of one card and one second, long before anybody bought them."""
    rng = world.rng
    profiles, home = people(world, world.size(120))
    count = len(profiles)
    lot = np.arange(count) // max(2, world.size(24))
    opened(world, profiles, -50 + 9.0 * lot, 0.01)
    profiles["payment"] = world.fresh(count)[lot]
    profiles["email_domain"], profiles["billing"] = world.fresh(1), "SG"
    sold = np.maximum(rng.uniform(-20, 20, count), 0)
    rows = doing(
        world, profiles, "chat", 10, 0.6, alike=40, elicits=0.05, rhythm=EVENING, session_length=2
    )
    put(live_at(rows, home), start=np.maximum(rows["start"], sold), on_weekdays=0.9)
    put(rows, on_weekends=0.9, tools=8, log_output=4.2)
    program(world, rows, 2, 1)
    partly(rows, servers(world, 2, 20), 0.3)
    world.join("voice_box", profiles, rows)


KINDS = (
    hosted_agents,
    build_accounts,
    attended_robots,
    claim_robots,
    strategy_desks,
    radio_bots,
    sample_data_plugins,
    rationale_products,
    alert_desks,
    nightly_graders,
    voice_boxes,
)
