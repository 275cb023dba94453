"""Small companies and the products they sell: no organisation on record, cards of all sorts."""

import numpy as np

from tests.evaluation.second.calendar import (
    DAYTIME,
    DEVELOPER,
    EVENING,
    FLAT,
    NEVER,
    OFFICE,
)
from tests.evaluation.second.habits import coding, live_at
from tests.evaluation.second.profiles import own_domains, people
from tests.evaluation.second.programs import with_agents
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
    residential_vpn,
    scores,
    servers,
    since,
    some_opened,
    using,
)
from tests.evaluation.third.rows import PER_ACCOUNT, PER_DAY, wide
from tests.evaluation.third.tasks import tasks
from tests.evaluation.third.world import World


def virtual_card_companies(world: World) -> None:
    """Nine to fifty employees, each with a virtual card and account of their own; an in-house
    assistant with a handful of prompts beside whatever else they use."""
    rng = world.rng
    for number, count in enumerate(world.sizes(9, 14, 22, 35, 50, 12)):
        profiles, region = neighbours(world, count)
        if number % 3:
            profiles["email_domain"] = world.fresh(1)
        some_opened(world, profiles, 0.3, -20, 12)
        work = str(rng.choice(["code", "data", "writing", "any"]))
        rows = using(world, profiles, work, 14, 0.9, rhythm=OFFICE, on_weekends=0.08)
        program(world, living_in(rows, region), int(rng.integers(3, 9)))
        at_office(rows, office(world, 50 + number), 0.6)
        world.join("virtual_card_company", profiles, rows)


def contractor_startups(world: World) -> None:
    """All contractors hired in one fortnight, paid by the hour, with one multi-prompt in-house
    agent; many of them leave through a brand of residential VPN that the start-up pays for."""
    rng = world.rng
    for number, (count, hired) in enumerate([(24, -9.0), (40, 0.0), (70, 2.0), (30, -14.0)]):
        profiles, home = people(world, world.size(count))
        opened(world, profiles, hired, 14)
        rows = using(
            world,
            profiles,
            ["agent", "code", "agent", "science"][number],
            34,
            0.45,
            alike=25,
            elicits=[0.35, 0.15, 0.25, 0.5][number],
            rhythm=DEVELOPER,
            steadiness=4,
            on_weekdays=rng.beta(9, 2, len(profiles)),
            on_weekends=0.2,
            tools=9,
            piped=0.2,
            prompts=200,
            reasoning=0.7,
        )
        program(world, live_at(rows, home), 14, cadence=6.0, phase=rng.integers(0, 6))
        vpn = rng.random(len(rows)) < 0.55
        partly(rows, residential_vpn(world, number), np.where(vpn, 0.9, 0.0))
        world.join("contractor_startup", profiles, rows)


def shared_desktops(world: World) -> None:
    """Freelancers who rent one cloud desktop between them: one machine and address, own cards,
    each with other clients' work."""
    rng = world.rng
    for number, count in enumerate(world.some(6, 6, 25)):
        profiles, region = neighbours(world, count)
        profiles["device"] = rng.choice(world.fresh(2), count)
        rows = wide(coding(world, count, 24, 0.9))
        work = rng.choice(["code", "writing", "data", "any"], count)
        share = np.concatenate([tasks(rng, str(one), 1, 14) for one in work])
        put(living_in(rows, region), start=since(profiles), task_share=share)
        behind(rows, servers(world, number, 2))
        world.join("shared_desktop", profiles, rows)


def support_bots(world: World) -> None:
    """Shops that use one support-bot product with a key of their own: it runs around the clock on
    the product's servers, and one such product names the shop in its prompts."""
    for number, count in enumerate(world.sizes(40, 60, 110)):
        profiles, home = people(world, count, "team")
        own_domains(world, profiles, 0.8)
        some_opened(world, profiles, 0.25, -30, 15)
        rows = using(
            world,
            profiles,
            "support",
            38,
            [0.3, 0.6, 0.9][number],
            alike=45,
            rhythm=EVENING,
            on_weekdays=0.98,
            on_weekends=0.95,
            steadiness=5,
            session_length=4,
            tools=5,
            piped=0.3,
            prompts=40,
            temperature=0.3,
            adopts=NEVER,
            model_share=[0.1, 0.7, 0.2],
        )
        salt = PER_ACCOUNT if number % 2 else 0
        program(world, live_at(rows, home), 5, 1, salt=salt)
        behind(rows, servers(world, number + 1))
        world.join("support_bot", profiles, rows)


def legal_products(world: World) -> None:
    """Law firms with a key in one drafting product, which asks for step-by-step reasoning; lawyers
    bill hours, so that one firm's use is much like another's."""
    for number, count in enumerate(world.sizes(50, 150)):
        profiles, home = people(world, count)
        own_domains(world, profiles, 0.9)
        some_opened(world, profiles, 0.4, -25, 10)
        rows = using(
            world,
            profiles,
            "legal",
            26,
            0.25,
            alike=60,
            elicits=[0.62, 0.4][number],
            rhythm=OFFICE,
            on_weekdays=0.93,
            on_weekends=0.12,
            steadiness=6,
            piped=0.5,
            prompts=120,
            log_input=9.3,
            log_output=6.4,
            reasoning=0.8,
            temperature=0.0,
        )
        program(world, live_at(rows, home), 6, cadence=7.0, phase=number)
        if number == 1:
            behind(rows, servers(world, 3, 6))
        world.join("legal_product", profiles, rows)


def tutoring_products(world: World) -> None:
    """Tutors with a key in one mathematics product; school begins in these weeks, so most of them
    are new, and lessons are of equal length."""
    for number, count in enumerate(world.sizes(60, 300)):
        profiles, home = people(world, count)
        some_opened(world, profiles, 0.75, -8, 11)
        rows = using(
            world,
            profiles,
            "mathematics",
            24,
            0.3,
            alike=50,
            elicits=[0.7, 0.6][number],
            rhythm=EVENING if number else DAYTIME,
            on_weekdays=0.9,
            on_weekends=0.6,
            steadiness=4,
            piped=0.6,
            prompts=900,
            reasoning=0.8,
            log_output=6.4,
            tools=2 * number,
        )
        program(world, live_at(rows, home), 8, 2)
        world.join("tutoring_product", profiles, rows)


def game_studios(world: World) -> None:
    """The characters of an online game, an account for each game server: opened by a script,
    a few cards, a prompt for each character, players at all hours."""
    for number, count in enumerate(world.sizes(40, 25)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-40.0, 2.0][number], 0.1)
        profiles["payment"] = world.rng.choice(world.fresh(3), count)
        profiles["email_domain"], profiles["device"] = world.fresh(1), world.fresh(1)
        rows = using(
            world,
            profiles,
            "character",
            60,
            0.2,
            alike=70,
            rhythm=FLAT,
            steadiness=9,
            on_weekdays=1,
            on_weekends=1,
            session_length=9,
            temperature=0.9,
            tools=3,
            adopts=NEVER,
            model_share=[0.2, 0.7, 0.1],
            crowd_sigma=0.25,
        )
        program(world, living_in(rows, region), 60, 1, variant_skew=1.0)
        behind(rows, servers(world, number, 8))
        world.join("game_studio", profiles, rows)


def robot_laboratories(world: World) -> None:
    """A robot has an account: it looks, plans and calls tools, hours on end while an experiment
    lasts, and then nothing for days."""
    rng = world.rng
    for number, count in enumerate(world.some(6, 6, 25)):
        profiles, region = neighbours(world, count, tier="research")
        profiles["email_domain"] = world.fresh(1)
        profiles["payment"] = world.fresh(1) if number % 2 else world.fresh(count)
        opened(world, profiles, rng.uniform(-90, 4), 5)
        rows = using(
            world,
            profiles,
            "robot",
            110,
            0.5,
            alike=60,
            elicits=0.35,
            steadiness=6,
            cycle=int(rng.integers(4, 8)),
            on_days=2,
            cycle_phase=int(rng.integers(0, 8)),
            session_length=60,
            log_gap=2.0,
            piped=0.7,
            prompts=60,
            tools=14,
        )
        program(world, living_in(rows, region), 5, 1)
        behind(rows, office(world, 70 + number, 2))
        world.join("robot_laboratory", profiles, rows)


def evaluation_companies(world: World) -> None:
    """They grade models for a living: fixed suites, rubric and reasoning, dealt out evenly over
    accounts because of rate limits. One has a contract, one shows papers, one neither."""
    rng = world.rng
    for number, count in enumerate(world.sizes(24, 60, 45)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-70.0, -6.0, 3.0][number], 2)
        profiles["email_domain"] = world.fresh(1)
        if number == 0:
            profiles["tier"], profiles["verification"] = "enterprise", "contract"
            profiles["organisation"], profiles["payment"] = world.fresh(2)
        if number == 1:
            profiles["tier"], profiles["verification"] = "team", "document"
            profiles["payment"] = rng.choice(world.fresh(6), count)
        rows = using(
            world,
            profiles,
            "benchmark",
            45,
            0.08,
            alike=150,
            elicits=0.66,
            rhythm=FLAT,
            steadiness=20,
            on_weekdays=0.95,
            on_weekends=0.7,
            session_length=30,
            log_gap=1.5,
            piped=1,
            prompt_key=world.fresh(1),
            prompts=2_500,
            likeness=6,
            conversation=False,
            temperature=0.0,
            reasoning=0.9,
            model_share=[0.6, 0.25, 0.15],
        )
        program(world, living_in(rows, region), 12, 1, variant_skew=1.0)
        behind(rows, servers(world, number, 12))
        world.join("evaluation_company", profiles, rows)


def project_teams(world: World) -> None:
    """Consultants who get new accounts on a Monday, work with the firm's toolkit behind its VPN
    for two weeks, and never come back."""
    for number, (count, monday) in enumerate([(12, 0), (20, 0), (40, 7), (28, 7)]):
        profiles, region = neighbours(world, world.size(count))
        opened(world, profiles, monday + 0.3, 0.2)
        profiles["email_domain"] = world.fresh(1)
        rows = using(
            world,
            profiles,
            ["data", "planning", "legal", "code"][number],
            30,
            0.5,
            alike=25,
            elicits=[0.3, 0.5, 0.2, 0.15][number],
            end=float(monday + 11.8),
            rhythm=OFFICE,
            on_weekdays=0.95,
            on_weekends=0.15,
            steadiness=3,
            piped=0.2,
            prompts=100,
        )
        program(world, living_in(rows, region), 9, 2)
        behind(rows, world.pools.add(6, 3, 9_400 + number, 9, 4))
        world.join("project_team", profiles, rows)


def scribes(world: World) -> None:
    """Surgeries that dictate to one product; a doctor sees as many patients as another, and the
    prompt holds whose it is and, of one product, the date."""
    for number, count in enumerate(world.sizes(50, 110)):
        profiles, home = people(world, count)
        own_domains(world, profiles, 0.6)
        some_opened(world, profiles, 0.3, -20, 14)
        rows = using(
            world,
            profiles,
            "scribe",
            28,
            0.25,
            alike=90,
            elicits=0.1,
            rhythm=OFFICE,
            on_weekdays=0.92,
            on_weekends=0.05,
            steadiness=8,
            conversation=False,
            log_input=8.2,
            temperature=0.0,
            adopts=NEVER,
        )
        program(world, live_at(rows, home), 3, 1, salt=PER_DAY if number else PER_ACCOUNT)
        world.join("scribe", profiles, rows)


def sandbox_builders(world: World) -> None:
    """A start-up that gives each of its own customers' sandboxes an account: bought in dozens on
    four company cards, long tool-heavy runs at any hour, very uneven."""
    for number, count in enumerate(world.sizes(60, 35)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-25.0, 1.0][number], 18)
        profiles["payment"] = world.rng.choice(world.fresh(4), count)
        profiles["email_domain"] = world.fresh(1)
        rows = wide(coding(world, count, 25, 1.3))
        with_agents(world, rows, 1)
        put(
            living_in(rows, region),
            start=since(profiles),
            rhythm=FLAT,
            elicitation=scores(world, count, 0.2),
            task_share=tasks(world.rng, "agent", count, 8),
        )
        behind(rows, servers(world, number + 2, 40))
        world.join("sandbox_builder", profiles, rows)


KINDS = (
    virtual_card_companies,
    contractor_startups,
    shared_desktops,
    support_bots,
    legal_products,
    tutoring_products,
    game_studios,
    robot_laboratories,
    evaluation_companies,
    project_teams,
    scribes,
    sandbox_builders,
)
