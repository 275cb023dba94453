"""Where they sit: few addresses for many people, odd hours, somebody who bought for all."""

import numpy as np

from tests.evaluation.fourth.groups import (
    besides,
    dealt,
    doing,
    line,
    on_telephones,
    partly_shared,
    satellite,
)
from tests.evaluation.second.calendar import DAYTIME, EVENING, FLAT, NEVER, NIGHT, OFFICE
from tests.evaluation.second.habits import chatting, live_at
from tests.evaluation.second.profiles import people
from tests.evaluation.second.reach import behind
from tests.evaluation.second.rows import put
from tests.evaluation.second.vocabulary import CONSOLE
from tests.evaluation.third.groups import (
    at_office,
    living_in,
    neighbours,
    opened,
    partly,
    program,
    servers,
    since,
    some_opened,
)
from tests.evaluation.third.rows import PER_DAY, wide
from tests.evaluation.third.world import World


def field_offices(world: World) -> None:
    """An aid organisation's offices in twelve countries on one satellite provider: two cards at
    headquarters, volunteers who come and go, reports and plans with a donor's prompts."""
    rng = world.rng
    profiles, home = people(world, world.size(90))
    count = len(profiles)
    some_opened(world, profiles, 0.5, -45, 17)
    profiles["payment"] = rng.choice(world.fresh(2), count)
    profiles["email_domain"], profiles["billing"] = world.fresh(1), "GB"
    leaves = rng.random(count) < 0.25
    rows = doing(
        world,
        profiles,
        "planning",
        15,
        0.8,
        alike=8,
        elicits=0.3,
        rhythm=DAYTIME,
        end=np.where(leaves, rng.uniform(8, 22, count), NEVER),
        session_length=6,
    )
    program(world, live_at(rows, home), 9, 2, own_variants=3)
    behind(rows, satellite(world, 0, 12))
    world.join("field_office", profiles, rows)


def camp_workers(world: World) -> None:
    """Rigs and mines: one satellite line and one welfare card for each camp, twelve-hour shifts by
    day and night, a week on and a week off; many learn for a certificate, step by step."""
    for number, count in enumerate(world.sizes(42, 30, 24, 18)):
        profiles, region = neighbours(world, count, verification="phone")
        some_opened(world, profiles, 0.4, -30, 6)
        profiles["payment"] = world.fresh(1)
        place = np.arange(count)
        learns = place % 2 == 0
        accounts = world.join("camp_worker", profiles)
        chats = wide(chatting(world, int((~learns).sum()), 11, 0.8))
        put(chats, start=since(profiles[~learns]))
        study = doing(
            world, profiles[learns], "science", 24, 0.3, alike=40, elicits=0.6, steadiness=4
        )
        program(world, study, 3, 1, piped=0.6, prompts=900, conversation=False)
        dish = satellite(world, 1 + number, 1)
        for rows, part in ((chats, ~learns), (study, learns)):
            night = place[part] // 2 % 2 == 0
            put(living_in(rows, region), rhythm=np.where(night, NIGHT, DAYTIME))
            put(rows, cycle=14, on_days=7, cycle_phase=7 * (place[part] // 4 % 2))
            put(rows, on_weekdays=0.9, on_weekends=0.9)
            behind(rows, dish)
            world.behave(accounts[part], rows)


def seafarers(world: World) -> None:
    """Crews whose manning agency pays by a few cards: a ship's dish at sea and telephones ashore,
    and one question bank for the officers' examination."""
    rng = world.rng
    cards, (bank, *prompts) = world.fresh(5), world.fresh(3)
    for number, count in enumerate(world.some(5, 14, 24)):
        profiles, _ = people(world, count)
        some_opened(world, profiles, 0.6, -50, 12)
        profiles["payment"] = rng.choice(cards, count)
        profiles["billing"], profiles["access"] = "SG", "PH"
        rows = doing(
            world,
            profiles,
            "homework",
            15,
            0.5,
            alike=30,
            elicits=0.55,
            rhythm=FLAT,
            zone=8,
            piped=0.5,
            prompt_key=bank,
            prompts=1_100,
            likeness=6,
        )
        put(rows, template=prompts, template_share=[0.8, 0.2])
        on_telephones(world, rows, 4)
        put(rows, at_leisure=[0.35, 0, 0], at_work=[0.35, 0, 0])
        partly(rows, satellite(world, 5 + number % 2, 40), 0.7)
        accounts = world.join("seafarer", profiles, rows)
        besides(world, accounts, profiles, rows, 0.4)


def shared_workspaces(world: World) -> None:
    """Rooms that many small firms rent: one line, and for two in five the house's card, which is
    a perk; the house's introduction led many of them to one agent."""
    rng = world.rng
    for number, count in enumerate(world.some(4, 16, 45)):
        profiles, region = neighbours(world, count)
        some_opened(world, profiles, 0.35, -60, 18)
        perk = np.broadcast_to(world.fresh(1), count)
        profiles["payment"] = partly_shared(world, profiles["payment"], perk, 0.4)
        work = str(rng.choice(["agent", "code", "any"]))
        rows = doing(world, profiles, work, 15, 1.1, alike=5, elicits=0.2)
        living_in(rows, region)
        agent = rng.random(count) < 0.5
        own = world.fresh(count)
        program(world, rows, 9, 2, own_variants=4)
        rows["template"][~agent, 0] = own[~agent]
        at_office(rows, line(world, 5 + number, 2), 0.85)
        accounts = world.join("shared_workspace", profiles, rows)
        besides(world, accounts, profiles, rows, 0.5)


def library_terminals(world: World) -> None:
    """Readers at public libraries' terminals: half a dozen devices for dozens of accounts, nothing
    verified, one line, and the library's page with its helper for applications and homework."""
    for number, count in enumerate(world.some(4, 14, 36)):
        profiles, region = neighbours(world, count, tier="free", verification="none")
        some_opened(world, profiles, 0.6, -20, 19)
        profiles["device"] = world.rng.choice(world.fresh(6), count)
        rows = doing(
            world,
            profiles,
            "any",
            7,
            0.7,
            alike=8,
            elicits=0.25,
            rhythm=OFFICE,
            on_weekdays=0.3,
            on_weekends=0.15,
        )
        program(world, living_in(rows, region), 3, 1, surface=CONSOLE)
        partly(rows, line(world, 30 + number), 1.0)
        world.join("library_terminal", profiles, rows)


def night_desks(world: World) -> None:
    """Agents who answer for shops on other continents, in three shifts from their homes, through
    the firm's rented residential exits, because the shops' tools ask for local addresses."""
    rng = world.rng
    for number, count in enumerate(world.sizes(60, 40)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-25.0, 0.5][number], 8)
        profiles["payment"] = dealt(world, count, 10, 20)
        rows = doing(
            world,
            profiles,
            "support",
            48,
            0.15,
            alike=60,
            elicits=[0.1, 0.3][number],
            rhythm=rng.choice([NIGHT, DAYTIME, EVENING], count),
            steadiness=10,
            on_weekdays=0.72,
            on_weekends=0.7,
            session_length=20,
            tools=3,
        )
        program(world, living_in(rows, region), 22, 2, variant_skew=1.2)
        exits = world.pools.add(1_200, 6, 7_011 + number, 3.5, 6)
        partly(rows, exits, 0.9)
        world.join("night_desk", profiles, rows)


def school_tablets(world: World) -> None:
    """A city's tablets, enrolled by a script in two days and all of one image: one domain, one
    tutor that never tells the answer, the same exercises at the same hours."""
    rng = world.rng
    profiles, region = neighbours(world, world.size(240), tier="education", verification="none")
    count = len(profiles)
    opened(world, profiles, 0.3, 1.4)
    profiles["payment"], profiles["billing"] = 0, ""
    profiles["email_domain"] = world.fresh(1)
    profiles["device"] = rng.choice(world.fresh(3), count, p=[0.7, 0.2, 0.1])
    rows = doing(
        world,
        profiles,
        "homework",
        18,
        0.3,
        alike=60,
        elicits=0.66,
        rhythm=OFFICE,
        on_weekdays=0.85,
        on_weekends=0.12,
        steadiness=5,
        piped=0.7,
        prompts=60,
        prompt_cadence=1.0,
        prompt_key=world.fresh(1),
        reasoning=0.5,
        temperature=0.3,
    )
    program(world, living_in(rows, region), 6, 1)
    schools = [line(world, number, 2) for number in range(8)]
    at_office(rows, schools[0], 0.8)
    rows["pool"][:, 2] = rng.choice(schools, count)
    accounts = world.join("school_tablet", profiles, rows)
    besides(world, accounts, profiles, rows, 0.15)


def study_cells(world: World) -> None:
    """Prisons that let people study at thin clients in two supervised hours of the day: one image,
    one exit that filters, one course with its steps, no card and no mail of one's own."""
    for number, count in enumerate(world.sizes(30, 24, 18)):
        profiles, region = neighbours(world, count, tier="education", verification="none")
        opened(world, profiles, -30.0 + 18 * number, 0.05)
        profiles["payment"], profiles["device"] = 0, world.fresh(1)
        profiles["billing"], profiles["email_domain"] = "", world.fresh(1)
        rows = doing(
            world,
            profiles,
            "homework",
            20,
            0.2,
            alike=60,
            elicits=0.62,
            scheduled_hours=2,
            on_weekdays=0.95,
            on_weekends=0.02,
            steadiness=10,
            session_length=10,
            piped=0.5,
            prompts=400,
            log_gap=4.6,
        )
        program(world, living_in(rows, region), 4, 1)
        behind(rows, world.pools.add(1, 1, 9_300 + number, 8, 5))
        world.join("study_cell", profiles, rows)


def hospital_wards(world: World) -> None:
    """Wards with an account each in one triage tool, which asks for the reasons of every step: a
    card for each hospital, the tool's servers, patients at all hours, nothing kept overnight."""
    *tool, client = world.fresh(3)
    for number, count in enumerate(world.sizes(50, 35, 30)):
        profiles, region = neighbours(world, count, tier="team")
        opened(world, profiles, [-80.0, -5.0, 6.0][number], 2)
        profiles["payment"], profiles["email_domain"] = world.fresh(2)
        rows = doing(
            world,
            profiles,
            "triage",
            32,
            0.35,
            alike=70,
            elicits=0.68,
            rhythm=FLAT,
            on_weekdays=1,
            on_weekends=0.98,
            steadiness=8,
            conversation=False,
            session_length=2,
            reasoning=0.9,
            temperature=0.0,
            salt=PER_DAY if number == 2 else 0,
        )
        put(living_in(rows, region), template=tool, template_share=[0.8, 0.2], variants=5)
        put(rows, client=[client], client_share=[1])
        behind(rows, servers(world, number, 3))
        world.join("hospital_ward", profiles, rows)


KINDS = (
    field_offices,
    camp_workers,
    seafarers,
    shared_workspaces,
    library_terminals,
    night_desks,
    school_tablets,
    study_cells,
    hospital_wards,
)
