"""Somebody else pays: one card for many people who have little else to do with each other."""

import numpy as np

from tests.evaluation.fourth.groups import besides, dealt, doing, line, on_telephones
from tests.evaluation.second.calendar import DAYTIME, DEVELOPER, EVENING, FLAT, NEVER, OFFICE
from tests.evaluation.second.habits import chatting, coding, live_at
from tests.evaluation.second.profiles import people
from tests.evaluation.second.rows import put
from tests.evaluation.second.vocabulary import CONSOLE, INDIA, INDONESIA, TURKEY
from tests.evaluation.third.groups import (
    at_office,
    living_in,
    neighbours,
    office,
    opened,
    partly,
    program,
    servers,
    since,
    some_opened,
)
from tests.evaluation.third.rows import wide
from tests.evaluation.third.tasks import tasks
from tests.evaluation.third.world import World


def freelancers(world: World) -> None:
    """Agencies that hand the company card to freelancers abroad and keep no organisation: one or
    two cards, each freelancer's own mail and machine; half use the agency's brief as a prompt."""
    rng = world.rng
    for number, count in enumerate(world.some(5, 8, 40)):
        profiles, home = people(world, count)
        some_opened(world, profiles, 0.6, -40, 16)
        profiles["payment"] = rng.choice(world.fresh(1 + number % 2), count)
        work = ["writing", "code", "shop", "migration", "data"][number % 5]
        rows = doing(world, profiles, work, 22, 0.8, elicits=0.2, rhythm=DAYTIME)
        own = world.fresh(count)
        program(world, live_at(rows, home), 5, 2)
        apart = rng.random(count) < 0.5
        rows["template"][apart, 0] = own[apart]
        accounts = world.join("freelancer", profiles, rows)
        besides(world, accounts, profiles, rows, 0.5)


def grant_laboratories(world: World) -> None:
    """A university's groups whose grant pays by two or three people's cards: one harness for hard
    questions with written-out reasoning, on a campus line, batches overnight before a deadline."""
    rng = world.rng
    for number, count in enumerate(world.some(5, 12, 36)):
        profiles, region = neighbours(world, count, tier="research")
        opened(world, profiles, float(rng.uniform(-60, 6)), 12)
        profiles["payment"] = rng.choice(world.fresh(2 + number % 2), count)
        profiles["email_domain"] = world.fresh(1)
        work = ["science", "puzzles", "benchmark"][number % 3]
        rows = doing(
            world,
            profiles,
            work,
            34,
            0.7,
            alike=30,
            elicits=0.6,
            rhythm=FLAT if number % 2 else DEVELOPER,
            steadiness=3,
            piped=0.7,
            prompts=2_500,
            conversation=False,
            reasoning=0.85,
            log_output=6.5,
            ramp=10 * (number % 2),
        )
        program(world, living_in(rows, region), 6, 1, own_variants=3)
        partly(rows, world.pools.campuses[number % 6], 0.85)
        accounts = world.join("grant_laboratory", profiles, rows)
        besides(world, accounts, profiles, rows, 0.4)


def accelerator_startups(world: World) -> None:
    """A batch of start-ups that an accelerator signed up in one week: one referral code, credits,
    one agent framework that its partner teaches, two to five founders to a card."""
    profiles, home = people(world, world.size(130), "startup")
    count = len(profiles)
    opened(world, profiles, -3.0, 6)
    firm = dealt(world, count, 2, 5)
    profiles["payment"], profiles["email_domain"] = firm, firm ^ np.uint64(1)
    profiles["referral"] = world.fresh(1)
    rows = doing(
        world,
        profiles,
        "agent",
        24,
        1.2,
        alike=9,
        elicits=0.3,
        rhythm=DEVELOPER,
        tools=8,
        session_length=12,
        reasoning=0.6,
        log_output=6.2,
    )
    program(world, live_at(rows, home), 25, 2, own_variants=5, cadence=8.0)
    rows["template"][:, 1] = firm ^ np.uint64(2)
    put(rows, template_share=[0.65, 0.35])
    accounts = world.join("accelerator_startup", profiles, rows)
    besides(world, accounts, profiles, rows, 0.5)


def cooperative_translators(world: World) -> None:
    """Translators' cooperatives: the treasurer's one card, a common glossary prompt that asks why
    a word was chosen, work dealt out evenly, members in any country."""
    for number, count in enumerate(world.sizes(50, 30, 20)):
        profiles, home = people(world, count)
        some_opened(world, profiles, 0.4, -30, 10)
        profiles["payment"] = world.fresh(1)
        if number == 0:
            profiles["email_domain"] = world.fresh(1)
        rows = doing(
            world,
            profiles,
            "translation",
            30,
            0.25,
            alike=50,
            elicits=[0.3, 0.55, 0.2][number],
            rhythm=OFFICE,
            steadiness=6,
            on_weekdays=0.9,
            session_length=14,
            piped=0.3,
            prompts=900,
            prompt_cadence=4.0,
        )
        program(world, put(rows, zone=home.zone), 6, 2)
        put(rows, language=world.rng.integers(0, 12, count))
        world.join("cooperative_translator", profiles, rows)


def diaspora_families(world: World) -> None:
    """One relative abroad pays for six to fourteen cousins in two or three countries."""
    rng = world.rng
    for _ in range(world.groups(18)):
        count = int(rng.integers(6, 15))
        profiles, home = people(world, count)
        some_opened(world, profiles, 0.5, -90, 18)
        profiles["payment"], profiles["billing"] = world.fresh(1), "US"
        half = count // 2
        accounts = world.join("diaspora_family", profiles)
        chats = put(wide(chatting(world, half, 8, 0.9)), start=since(profiles[:half]))
        other = doing(world, profiles[half:], "homework", 9, 0.8, elicits=0.45, rhythm=EVENING)
        put(chats, zone=home.zone[:half], language=home.language[:half])
        put(other, zone=home.zone[half:], language=home.language[half:], surface=CONSOLE)
        on_telephones(world, other, 3, int(rng.integers(0, 9)))
        world.behave(accounts[:half], chats)
        world.behave(accounts[half:], other)


def player_guilds(world: World) -> None:
    """Guilds of an online game: three officers' cards, one planner bot that plays through hard
    choices, raids at the same evening hours, some on the guild's rented server."""
    for number, count in enumerate(world.some(5, 12, 34)):
        profiles, home = people(world, count)
        some_opened(world, profiles, 0.7, -12, 8)
        profiles["payment"] = world.rng.choice(world.fresh(3), count)
        rows = doing(
            world,
            profiles,
            "planning",
            19,
            0.6,
            alike=30,
            elicits=0.4,
            rhythm=EVENING,
            on_weekends=0.9,
            steadiness=3,
            tools=6,
            session_length=16,
            crowd_sigma=0.5,
        )
        program(world, live_at(rows, home), 7, 1, cadence=7.0)
        partly(rows, servers(world, number, 1), 0.3)
        accounts = world.join("player_guild", profiles, rows)
        besides(world, accounts, profiles, rows, 0.4)


def voucher_hackers(world: World) -> None:
    """A hackathon's sponsors paid by batches of vouchers, each batch one payment to billing: all
    opened in an hour, a starter kit of agents, and prototypes that run for two weeks more."""
    rng = world.rng
    profiles, home = people(world, world.size(100))
    count = len(profiles)
    opened(world, profiles, 4.35, 0.05)
    profiles["payment"] = rng.choice(world.fresh(4), count)
    profiles["referral"] = world.fresh(1)
    rows = doing(
        world,
        profiles,
        "agent",
        90,
        0.6,
        alike=25,
        elicits=0.35,
        end=6.2,
        rhythm=FLAT,
        on_weekdays=1,
        on_weekends=1,
        session_length=25,
        log_gap=2.5,
        tools=10,
        reasoning=0.7,
    )
    program(world, live_at(rows, home), 12, 2, own_variants=4)
    hall = line(world, 17, 4)
    partly(rows, hall, 0.8)
    after = put(rows.copy(), start=6.2, end=NEVER, requests_per_day=world.volumes(count, 9, 1.4))
    after["at_leisure"] = after["at_work"] = [0.8, 0.2, 0.0]
    put(after, on_weekdays=rng.beta(1, 1.5, count), on_weekends=rng.beta(1, 1.5, count))
    world.join("voucher_hacker", profiles, rows, after)


def recharge_customers(world: World) -> None:
    """Dealers who sell telephone cards and top up accounts with them. Banks block their cards, so
    that each dealer has had three or four; customers ask one homework app for each step."""
    rng = world.rng
    for number, count in enumerate(world.some(7, 15, 42)):
        place = [INDIA, INDONESIA, TURKEY][number % 3]
        profiles, region = neighbours(world, count, place, verification="phone")
        some_opened(world, profiles, 0.8, -35, 18)
        order = np.argsort(profiles["created_at"])
        card = np.empty(count, np.uint64)
        card[order] = dealt(world, count, 6, 14)
        profiles["payment"], profiles["device"] = card, 0
        profiles["referral"] = world.fresh(1)
        work = ["homework", "any", "homework"][number % 3]
        elicits = 0.6 if work == "homework" else 0.15
        rows = doing(world, profiles, work, 12, 0.8, elicits=elicits, rhythm=EVENING, alike=20)
        if work == "homework" or rng.random() < 0.3:
            program(world, rows, 3, 1, piped=0.3, prompts=3_000)
        on_telephones(world, living_in(rows, region), 2, number)
        world.join("recharge_customer", profiles, rows)


def union_members(world: World) -> None:
    """A trade union opened accounts for its members from a list, in minutes, on its own card and
    code; they write letters and ask about pay, each on his own, and most do little."""
    profiles, region = neighbours(world, world.size(150), tier="team")
    opened(world, profiles, -1.6, 0.02)
    profiles["payment"], profiles["referral"] = world.fresh(2)
    profiles["email_domain"], profiles["device"] = world.fresh(1), 0
    rows = wide(chatting(world, len(profiles), 5, 1.2))
    put(living_in(rows, region), start=since(profiles) + world.rng.exponential(4, len(rows)))
    world.join("union_member", profiles, rows)


def franchise_desks(world: World) -> None:
    """A franchise of tutors with an account for each desk: a card for each branch, one laptop
    image, lessons of equal length, mathematics step by step from the franchise's books."""
    domain, books, *prompts = world.fresh(4)
    for number, count in enumerate(world.some(7, 8, 18)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-70.0, -6.0, 3.0][number % 3], 0.2)
        profiles["payment"] = world.fresh(1)
        profiles["email_domain"] = domain
        profiles["device"] = world.fresh(1)
        rows = doing(
            world,
            profiles,
            "homework",
            38,
            0.15,
            alike=70,
            elicits=0.7,
            rhythm=EVENING,
            on_weekdays=0.96,
            on_weekends=0.5,
            steadiness=12,
            session_length=10,
            piped=0.6,
            prompt_key=books,
            prompts=1_500,
            reasoning=0.7,
        )
        put(living_in(rows, region), template=prompts)
        put(rows, template_share=[0.85, 0.15], variants=4, client=world.fresh(1), client_share=[1])
        partly(rows, line(world, 20 + number), 1.0)
        world.join("franchise_desk", profiles, rows)


def lifetime_deals(world: World) -> None:
    """Buyers of a desktop program for a single price: its maker's script opens an account for each
    on one of six cards, on the program's mail domain; a sale brought most in four days."""
    rng = world.rng
    profiles, home = people(world, world.size(120))
    count = len(profiles)
    some_opened(world, profiles, 0.7, 1.0, 5.0)
    profiles["payment"] = rng.choice(world.fresh(6), count)
    profiles["email_domain"], profiles["billing"] = world.fresh(1), "SG"
    rows = doing(
        world, profiles, "any", 12, 1.1, alike=4, elicits=0.25, rhythm=EVENING, session_length=4
    )
    program(world, live_at(rows, home), 18, 2, own_variants=6, cadence=11.0)
    world.join("lifetime_deal", profiles, rows)


def investors_assistants(world: World) -> None:
    """Family offices with an agent for each holding: one card and domain each, opened in one
    afternoon by an adviser who sells the same set to all of them; plans made every hour."""
    *sold, client = world.fresh(4)
    for number, count in enumerate(world.some(6, 8, 22)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, float(world.rng.uniform(-30, 9)), 0.1)
        profiles["payment"], profiles["email_domain"] = world.fresh(2)
        rows = doing(
            world,
            profiles,
            "trading",
            24,
            0.2,
            alike=60,
            elicits=0.5,
            scheduled_hours=12,
            rhythm=FLAT,
            steadiness=15,
            on_weekdays=1,
            on_weekends=0.6,
            conversation=False,
            session_length=2,
            tools=7,
            reasoning=0.9,
        )
        put(living_in(rows, region), template=sold, template_share=[0.5, 0.3, 0.2])
        put(rows, variants=5, client=[client], client_share=[1])
        at_office(rows, office(world, number), 0.3)
        partly(rows, servers(world, number, 2), 0.8)
        world.join("investors_assistant", profiles, rows)


def charity_coders(world: World) -> None:
    """Pupils of a charity that teaches girls to code: five donors' cards, a common coding agent,
    and a mentor's prompt that never gives the answer but asks for the steps."""
    rng = world.rng
    for number, count in enumerate(world.sizes(45, 26)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-15.0, 7.0][number], 3)
        profiles["payment"] = rng.choice(world.fresh(5 - 2 * number), count)
        profiles["billing"] = "GB"
        rows = wide(coding(world, count, 14, 0.6))
        put(living_in(rows, region), start=since(profiles), rhythm=EVENING)
        mentor = rows.copy()
        program(world, mentor, 2, 1, elicitation=[6, 3], tools=0)
        put(mentor, task_share=tasks(rng, "code", count, 40), requests_per_day=8)
        world.join("charity_coder", profiles, rows, mentor)


KINDS = (
    freelancers,
    grant_laboratories,
    accelerator_startups,
    cooperative_translators,
    diaspora_families,
    player_guilds,
    voucher_hackers,
    recharge_customers,
    union_members,
    franchise_desks,
    lifetime_deals,
    investors_assistants,
    charity_coders,
)
