"""Accounts that belong together openly: companies, vendors, laboratories, resellers."""

import numpy as np

from tests.evaluation.second.calendar import (
    DAY_MS,
    DAYTIME,
    DEVELOPER,
    FLAT,
    HOUR_MS,
    NEVER,
    NIGHT,
    OFFICE,
    START_MS,
    STUDENT,
)
from tests.evaluation.second.habits import calling, chatting, coding, live_at
from tests.evaluation.second.pools import HOME_ASN
from tests.evaluation.second.profiles import created, free_mail, members, people
from tests.evaluation.second.programs import (
    AGENT_SHARE,
    with_agents,
    with_libraries,
    with_one_program,
)
from tests.evaluation.second.reach import behind, office_and_home
from tests.evaluation.second.rows import TASK_COUNT, put
from tests.evaluation.second.tasks import tasks
from tests.evaluation.second.vocabulary import (
    API,
    BRAZIL,
    COUNTRIES,
    INDIA,
    INDONESIA,
    POLAND,
    REGION_LANGUAGES,
    ZONES,
)
from tests.evaluation.second.world import World


def enterprises(world: World) -> None:
    """Seats made in an hour, on one contract, in one building, at office hours."""
    rng = world.rng
    for number in range(world.groups(12)):
        count = world.size(world.one_of([30, 45, 60, 90, 140, 240]))
        region = int(rng.integers(0, len(ZONES)))
        office = world.pools.add(4, 2, 20_000 + number, 1.5, 9)
        profiles = members(world, count, "enterprise", "contract", COUNTRIES[region])
        founded = START_MS - int(rng.integers(20, 400)) * DAY_MS
        profiles["created_at"] = founded + rng.integers(0, HOUR_MS, count)
        profiles["organisation"] = world.fresh(1)
        rows = put(
            chatting(world, count, 9, 0.8),
            rhythm=OFFICE,
            on_weekdays=rng.beta(5, 3, count),
            on_weekends=0.03,
            zone=ZONES[region],
            task_share=tasks(rng, str(rng.choice(["chat", "code", "data"])), count, 9),
            language=REGION_LANGUAGES[region],
        )
        with_one_program(world, rows, (0.7, 0.2, 0.07, 0.03), (0.85, 0.15))
        office_and_home(world, rows, office)
        world.join("enterprise", profiles, rows)


def call_centres(world: World) -> None:
    """Everybody works a shift: narrow, and as even as people can be."""
    rng = world.rng
    for number, (count, region) in enumerate([(110, INDIA), (70, POLAND)]):
        count = world.size(count)
        office = world.pools.add(2, 2, 20_100 + number, 1.5, 9)
        profiles = members(world, count, "enterprise", "contract", COUNTRIES[region])
        profiles["created_at"] = START_MS - 60 * DAY_MS + rng.integers(0, 2 * HOUR_MS, count)
        profiles["organisation"] = world.fresh(1)
        rows = put(
            chatting(world, count, 45, 0.15),
            steadiness=20,
            rhythm=OFFICE,
            on_weekdays=0.85,
            on_weekends=0.4,
            zone=ZONES[region],
            task_share=tasks(rng, "support", count, 60),
            adopts=NEVER,
        )
        with_one_program(world, rows, (0.8, 0.2), (1.0,))
        office_and_home(world, rows, office, 1.0)
        world.join("call_centre", profiles, rows)


def labelling_vendors(world: World) -> None:
    """Grading and writing reasoning all day: the first is exempt by contract, the rest is not."""
    rng = world.rng
    for number, count in enumerate([20, 35, 15, 40]):
        count = world.size(count)
        region = int(rng.integers(0, len(ZONES)))
        office = world.pools.add(2, 2, 20_200 + number, 1.5, 9)
        tier = "enterprise" if number < 3 else "team"
        verification = "contract" if number < 2 else "document"
        profiles = members(world, count, tier, verification, COUNTRIES[region])
        profiles["created_at"] = START_MS - 100 * DAY_MS + rng.integers(0, 30 * DAY_MS, count)
        profiles["organisation"] = world.fresh(1)
        exempt = number == 0
        profiles["exempt_until"] = START_MS + 200 * DAY_MS if exempt else 0
        rows = put(
            chatting(world, count, 60, 0.25),
            steadiness=10,
            rhythm=OFFICE,
            zone=ZONES[region],
            on_weekdays=0.9,
            on_weekends=0.1,
            surface=API,
            task_share=tasks(rng, "labelling", count, 50),
            elicitation=[6, 3],
            piped=0.8,
            prompts=4_000,
            likeness=4,
            model_share=[0.8, 0.1, 0.1],
            adopts=NEVER,
        )
        with_one_program(world, rows, (0.6, 0.3, 0.1), (1.0,))
        office_and_home(world, rows, office, 1.0)
        world.join("exempt_labelling_vendor" if exempt else "labelling_vendor", profiles, rows)


def laboratories(world: World) -> None:
    """University groups, each with a harness of its own; half of them pay with one card."""
    rng = world.rng
    for number in range(world.groups(16)):
        count = world.size(int(rng.integers(4, 22)))
        region = int(rng.integers(0, len(ZONES)))
        campus = world.pools.add(8, 8, 690 + number, 1.5, 10)
        profiles, _ = people(world, count, "research")
        if rng.random() < 0.5:
            profiles["payment"] = world.fresh(1)
        profiles["email_domain"] = world.fresh(1)
        profiles["billing"] = profiles["access"] = COUNTRIES[region]
        work = str(rng.choice(["mathematics", "benchmark", "agent", "planning"]))
        rows = put(
            calling(world, count, 28, 0.9, work),
            template=world.fresh(4),
            template_share=[0.5, 0.3, 0.15, 0.05],
            cadence=rng.choice([0, 4.0]),
            zone=ZONES[region],
            elicitation=[rng.uniform(3, 6), 3],
            rhythm=STUDENT,
            piped=0.9,
            prompts=500,
            likeness=5,
            reasoning=0.8,
            steadiness=0.5,
            on_weekdays=rng.beta(2, 3, count),
            on_weekends=0.3,
        )
        with_libraries(world, rows, first=5)
        office_and_home(world, rows, campus, 0.8)
        world.join("laboratory", profiles, rows)


def contract_resellers(world: World) -> None:
    """Licensed: many sub-accounts of one organisation, everything asked, through proxies."""
    rng = world.rng
    for number, count in enumerate([150, 90, 60]):
        count = world.size(count)
        exits = world.pools.add(60, 20, 21_000 + number, 9, 3)
        profiles = members(world, count, "reseller", "contract", "SG")
        profiles["created_at"] = created(world, count, 300)
        profiles["organisation"], profiles["device"] = world.fresh(1), 0
        rows = put(
            calling(world, count, 20, 1.6, "chat"),
            client=world.fresh(2),
            client_share=[0.9, 0.1],
            conversation=True,
            task_share=rng.dirichlet(np.full(TASK_COUNT, 0.5), count),
            zone=rng.choice(ZONES, count),
            rhythm=DAYTIME,
        )
        behind(rows, exits)
        world.join("contract_reseller", profiles, rows)


def grey_resellers(world: World) -> None:
    """Without a contract: one card and device, an account opened a day, a chat page of its own."""
    rng = world.rng
    profiles, home = people(world, world.size(70))
    count = len(profiles)
    exits = world.pools.add(12, 12, 21_010, 9, 3)
    profiles["payment"], profiles["device"], profiles["email_domain"] = world.fresh(3)
    opened = np.sort(rng.integers(0, 90, count))
    profiles["created_at"] = START_MS - opened * DAY_MS - rng.integers(0, DAY_MS, count)
    page = np.broadcast_to(world.fresh(1), count)
    rows = put(
        live_at(chatting(world, count, 14, 1.2), home),
        surface=API,
        template=np.stack([page, world.fresh(count), world.fresh(count)], 1),
        template_share=[0.5, 0.3, 0.2],
        client=world.fresh(2),
        client_share=[0.9, 0.1],
    )
    behind(rows, exits)
    world.join("grey_reseller", profiles, rows)


def startups(world: World) -> None:
    """Three to ten accounts on one card, with agents that work all night, some on one machine."""
    rng = world.rng
    for _ in range(world.groups(60)):
        count = int(rng.integers(3, 11))
        region = int(rng.integers(0, len(ZONES)))
        office = world.pools.add(3, 3, HOME_ASN + int(rng.integers(0, 40)), 1.2, 12)
        profiles = members(world, count, "startup", "card", COUNTRIES[region])
        founded = START_MS - int(rng.integers(5, 300)) * DAY_MS
        within = 5 * DAY_MS if rng.random() < 0.5 else HOUR_MS
        profiles["created_at"] = founded + rng.integers(0, within, count)
        if rng.random() < 0.2:
            profiles["email_domain"] = free_mail(world, count)
        rows = put(
            coding(world, count, 60, 0.6),
            steadiness=3,
            on_weekdays=0.95,
            on_weekends=0.75,
            zone=ZONES[region],
            rhythm=world.one_of([FLAT, NIGHT, DEVELOPER]),
            task_share=tasks(rng, str(rng.choice(["agent", "code"])), count, 25),
            elicitation=[rng.uniform(1, 3), 8],
        )
        with_agents(world, rows, int(rng.choice(len(AGENT_SHARE), p=AGENT_SHARE)))
        office_and_home(world, rows, office, 0.7)
        if rng.random() < 0.4:
            behind(rows, office)
        if rng.random() < 0.5:
            rows["template"][:, 4:] = world.fresh(2)
            put(rows, template_share=[0.4, 0.1, 0.05, 0.05, 0.25, 0.15])
        world.join("startup", profiles, rows)


def outsourcers(world: World) -> None:
    """Developers for hire: one office, one coding agent, each with a card."""
    rng = world.rng
    shops = [(25, INDIA), (40, INDIA), (60, POLAND), (20, INDONESIA), (33, BRAZIL)]
    for number, (count, region) in enumerate(shops):
        profiles, _ = people(world, world.size(count))
        count = len(profiles)
        office = world.pools.add(3, 3, HOME_ASN + number, 1.2, 10)
        profiles["billing"] = profiles["access"] = COUNTRIES[region]
        founded = START_MS - int(rng.integers(20, 200)) * DAY_MS
        profiles["created_at"] = founded + rng.integers(0, 14 * DAY_MS, count)
        rows = put(
            coding(world, count, 30, 0.5),
            steadiness=3,
            on_weekdays=0.9,
            on_weekends=0.15,
            zone=ZONES[region],
            rhythm=OFFICE,
            task_share=tasks(rng, "code", count, 30),
        )
        with_agents(world, rows, 0 if number % 2 else 1)
        office_and_home(world, rows, office, 0.8)
        world.join("outsourcer", profiles, rows)


KINDS = (
    enterprises,
    call_centres,
    labelling_vendors,
    laboratories,
    contract_resellers,
    grey_resellers,
    startups,
    outsourcers,
)
