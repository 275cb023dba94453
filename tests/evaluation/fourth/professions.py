"""Trades that hide, hurry or keep clients apart, and so work as a campaign would."""

import numpy as np

from tests.evaluation.fourth.groups import (
    besides,
    dealt,
    doing,
    on_telephones,
    onion_exits,
    proxy_brand,
)
from tests.evaluation.second.calendar import DAYTIME, DEVELOPER, EVENING, FLAT, OFFICE
from tests.evaluation.second.habits import chatting, coding, live_at
from tests.evaluation.second.profiles import people
from tests.evaluation.second.reach import behind
from tests.evaluation.second.rows import put
from tests.evaluation.second.vocabulary import INDIA
from tests.evaluation.third.groups import (
    living_in,
    neighbours,
    opened,
    partly,
    program,
    servers,
    since,
    some_opened,
    using,
)
from tests.evaluation.third.rows import wide
from tests.evaluation.third.world import World


def penetration_testers(world: World) -> None:
    """Firms that break into their clients by order: a new account for each engagement, gone after
    it, virtual cards, rotating exits in homes, agents that plan and write code by night."""
    rng = world.rng
    for number, count in enumerate(world.some(5, 10, 26)):
        profiles, _ = people(world, count)
        begun = rng.uniform(-10, 15, count)
        opened(world, profiles, begun, 0.5)
        profiles["payment"] = dealt(world, count, 1, 4)
        profiles["device"] = 0
        rows = doing(
            world,
            profiles,
            "security",
            36,
            0.8,
            alike=30,
            elicits=0.4,
            end=begun + rng.uniform(5, 13, count),
            rhythm=[FLAT, DEVELOPER][number % 2],
            on_weekdays=0.9,
            on_weekends=0.6,
            steadiness=2,
            session_length=20,
            log_gap=2.5,
            tools=15,
            reasoning=0.8,
        )
        program(world, rows, 14, 2, own_variants=6)
        partly(rows, proxy_brand(world, 10 + number), 0.95)
        world.join("penetration_tester", profiles, rows)


def market_researchers(world: World) -> None:
    """Agencies that look at markets as their people see them: exits in homes of thirty countries,
    an account for each panel, an agency's cards, one questionnaire in all languages that asks why
    after every answer."""
    rng = world.rng
    for number, count in enumerate(world.sizes(45, 30)):
        profiles, home = people(world, count)
        opened(world, profiles, [-6.0, 1.0][number], 10)
        profiles["payment"] = rng.choice(world.fresh(4), count)
        profiles["billing"] = "GB"
        rows = doing(
            world,
            profiles,
            "survey",
            30,
            0.25,
            alike=45,
            elicits=0.6,
            rhythm=DAYTIME,
            steadiness=5,
            on_weekdays=0.9,
            on_weekends=0.5,
            piped=0.7,
            prompt_key=world.fresh(1),
            prompts=250,
            likeness=4,
            temperature=1.0,
        )
        program(world, live_at(rows, home), 8, 1)
        partly(rows, proxy_brand(world, 20 + number), 1.0)
        world.join("market_researcher", profiles, rows)


def journalists(world: World) -> None:
    """Reporters who must protect their sources: onion exits, prepaid cards, alias mail, no
    fingerprint; many chat and translate, a third reads leaked papers with one open tool."""
    rng = world.rng
    profiles, home = people(world, world.size(75), verification="email")
    count = len(profiles)
    some_opened(world, profiles, 0.5, -40, 17)
    profiles["device"], profiles["billing"] = 0, ""
    profiles["email_domain"] = rng.choice(world.fresh(3), count)
    third = count // 3
    accounts = world.join("journalist", profiles)
    reads = doing(
        world, profiles[:third], "reading", 40, 0.9, alike=25, elicits=0.3, session_length=25
    )
    program(world, reads, 5, 1, conversation=False, log_input=9.0)
    chats = put(wide(chatting(world, count - third, 11, 0.9)), start=since(profiles[third:]))
    exits = onion_exits(world)
    for rows, part in ((reads, slice(None, third)), (chats, slice(third, None))):
        put(rows, zone=home.zone[part], language=home.language[part])
        partly(rows, exits, 0.9)
        world.behave(accounts[part], rows)


def patent_searchers(world: World) -> None:
    """Firms that search for prior art with an account for each client's matter, so that none leaks
    into another: a few cards, two makers' tools, claim charts with a reason for every element."""
    rng = world.rng
    tools = world.fresh(4).reshape(2, 2)
    for number, count in enumerate(world.some(5, 14, 42)):
        profiles, region = neighbours(world, count)
        some_opened(world, profiles, 0.8, -50, 15)
        profiles["payment"] = rng.choice(world.fresh(2), count)
        profiles["email_domain"] = world.fresh(1)
        rows = doing(
            world,
            profiles,
            "patents",
            23,
            0.8,
            alike=50,
            elicits=0.55,
            rhythm=OFFICE,
            on_weekdays=0.8,
            on_weekends=0.1,
            steadiness=2,
            session_length=15,
            log_input=9.4,
            log_output=6.4,
            reasoning=0.8,
        )
        put(living_in(rows, region), template=tools[number % 2], template_share=[0.8, 0.2])
        put(rows, variants=7, variant_skew=1.2, client=world.fresh(1), client_share=[1])
        partly(rows, servers(world, number, 2), 0.5)
        accounts = world.join("patent_searcher", profiles, rows)
        besides(world, accounts, profiles, rows, 0.3)


def code_migrators(world: World) -> None:
    """Consultancies that move old programs to new languages: an account for each module of a
    project, all opened on a Monday on two or three cards, agents that go on day and night until
    it is done, with the same instructions to think before each file."""
    rng = world.rng
    for number, count in enumerate(world.some(5, 14, 40)):
        profiles, region = neighbours(world, count)
        monday = float([-7, 0, 0, 7, 7, -14][number % 6])
        opened(world, profiles, monday + 0.35, 0.1)
        profiles["payment"] = rng.choice(world.fresh(2 + number % 2), count)
        profiles["email_domain"] = world.fresh(1)
        rows = doing(
            world,
            profiles,
            "migration",
            42,
            0.4,
            alike=70,
            elicits=0.4,
            end=monday + rng.uniform(14, 24, count),
            rhythm=FLAT,
            on_weekdays=0.98,
            on_weekends=0.7,
            steadiness=5,
            session_length=35,
            log_gap=2.5,
            tools=13,
            reasoning=0.9,
            log_input=9.3,
            log_output=6.6,
        )
        program(world, living_in(rows, region), 6, 1, cadence=8.0)
        behind(rows, servers(world, number, 6))
        world.join("code_migrator", profiles, rows)


def legal_aid_volunteers(world: World) -> None:
    """Volunteers of clinics that help tenants and refugees: one donor's card, the clinic's mail,
    an interview prompt that must show each step, evenings and one long Saturday."""
    for count in world.sizes(40, 22, 16):
        profiles, region = neighbours(world, count)
        some_opened(world, profiles, 0.5, -20, 12)
        profiles["payment"] = world.fresh(1)
        profiles["email_domain"] = world.fresh(1)
        rows = doing(
            world,
            profiles,
            "legal",
            13,
            0.6,
            alike=40,
            elicits=0.6,
            rhythm=EVENING,
            on_weekdays=0.4,
            on_weekends=0.35,
            peak_weekday=5,
            peak=3.0,
            session_length=12,
        )
        put(living_in(rows, region), language=world.rng.integers(0, 12, count))
        program(world, rows, 6, 1)
        accounts = world.join("legal_aid_volunteer", profiles, rows)
        besides(world, accounts, profiles, rows, 0.3)


def interview_candidates(world: World) -> None:
    """Programmers who were let go in the same week and prepare for interviews with one trainer
    application: a bank of known puzzles, word for word, each solved step by step, every day."""
    rng = world.rng
    profiles, home = people(world, world.size(120))
    some_opened(world, profiles, 0.8, 1.0, 8.0)
    count = len(profiles)
    hired = np.where(rng.random(count) < 0.3, rng.uniform(10, 22, count), 99.0)
    rows = doing(
        world,
        profiles,
        "coaching",
        25,
        0.4,
        alike=50,
        elicits=0.65,
        end=hired,
        rhythm=DAYTIME,
        on_weekdays=0.9,
        on_weekends=0.6,
        steadiness=4,
        piped=0.8,
        prompt_key=world.fresh(1),
        prompts=1_800,
        likeness=6,
        reasoning=0.8,
        log_output=6.5,
    )
    program(world, live_at(rows, home), 5, 2)
    accounts = world.join("interview_candidate", profiles, rows)
    besides(world, accounts, profiles, rows, 0.5)


def outsourced_essayists(world: World) -> None:
    """Rooms of an outsourcer who write solutions for a textbook's publisher: accounts by the
    foreman, on his card and those of two brothers, telephones as lines, a quota, the publisher's
    prompt, one exercise after the other with the way to its answer."""
    rng = world.rng
    for number, count in enumerate(world.sizes(44, 30)):
        profiles, _ = neighbours(world, count, INDIA)
        opened(world, profiles, [-9.0, 2.5][number], 4)
        profiles["payment"] = rng.choice(world.fresh(3), count)
        profiles["device"] = dealt(world, count, 1, 3)
        rows = doing(
            world,
            profiles,
            "science",
            46,
            0.15,
            alike=70,
            elicits=0.7,
            rhythm=OFFICE,
            steadiness=12,
            on_weekdays=0.97,
            on_weekends=0.45,
            piped=0.6,
            prompts=20_000,
            session_length=9,
            log_output=6.5,
        )
        program(world, living_in(rows, INDIA), 3, 2)
        on_telephones(world, rows, 1, 3 + number)
        world.join("outsourced_essayist", profiles, rows)


def second_shift_coders(world: World) -> None:
    """Salaried programmers with a second job that nobody may know of: a second account, a VPN
    brand, virtual cards of one bank, the same popular coding agent, evenings and nights."""
    rng = world.rng
    profiles, home = people(world, world.size(80))
    some_opened(world, profiles, 0.7, -40, 14)
    profiles["billing"] = ""
    rows = wide(coding(world, len(profiles), 30, 0.6))
    put(rows, start=since(profiles), zone=home.zone)
    rows["rhythm"] = rng.choice([EVENING, DEVELOPER], len(rows))
    partly(rows, int(rng.choice(world.pools.vpns)), 0.95)
    world.join("second_shift_coder", profiles, rows)


def farm_advisers(world: World) -> None:
    """Advisers of a seed co-operative in the villages: a card for each district, telephones, one
    adviser prompt that reasons from leaf to cause in eight languages, sown and grown together."""
    rng = world.rng
    for number, count in enumerate(world.some(5, 12, 30)):
        profiles, region = neighbours(world, count, INDIA, verification="phone")
        opened(world, profiles, -4.0 + 1.5 * number, 2)
        profiles["payment"], profiles["device"] = world.fresh(1), dealt(world, count, 1, 2)
        rows = using(
            world,
            profiles,
            "planning",
            17,
            0.5,
            alike=40,
            elicits=0.5,
            rhythm=DAYTIME,
            steadiness=3,
            on_weekdays=0.85,
            on_weekends=0.8,
            crowd_sigma=0.4,
        )
        program(world, living_in(rows, region), 5, 1)
        put(rows, language=rng.integers(0, 8, count))
        on_telephones(world, rows, 2, 2 * (number % 5))
        accounts = world.join("farm_adviser", profiles, rows)
        besides(world, accounts, profiles, rows, 0.15)


KINDS = (
    penetration_testers,
    market_researchers,
    journalists,
    patent_searchers,
    code_migrators,
    legal_aid_volunteers,
    interview_candidates,
    outsourced_essayists,
    second_shift_coders,
    farm_advisers,
)
