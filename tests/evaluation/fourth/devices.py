"""One device fingerprint for many people, or a new one every time, and nobody means harm."""

import numpy as np

from tests.evaluation.fourth.groups import besides, dealt, doing, line, on_telephones, proxy_brand
from tests.evaluation.second.calendar import DAYTIME, EVENING, NEVER, OFFICE
from tests.evaluation.second.habits import chatting, coding
from tests.evaluation.second.profiles import people
from tests.evaluation.second.reach import behind
from tests.evaluation.second.rows import put
from tests.evaluation.third.groups import (
    living_in,
    neighbours,
    opened,
    partly,
    program,
    since,
    some_opened,
)
from tests.evaluation.third.rows import wide
from tests.evaluation.third.world import World


def preset_telephones(world: World) -> None:
    """Shops that mend telephones and sell them set up: one image is one fingerprint for all
    buyers, mail on the shop's domain, gift cards for want of cards; buyers chat."""
    for number, count in enumerate(world.some(6, 12, 45)):
        profiles, region = neighbours(world, count, verification="phone")
        some_opened(world, profiles, 0.8, -60, 20)
        profiles["device"] = world.fresh(1)
        if number % 2:
            profiles["email_domain"] = world.fresh(1)
        profiles["payment"] = dealt(world, count, 1, 4)
        rows = put(wide(chatting(world, count, 9, 1.0)), start=since(profiles))
        on_telephones(world, living_in(rows, region), 2, number)
        world.join("preset_telephone", profiles, rows)


def loaner_laptops(world: World) -> None:
    """Cohorts of a course that lends laptops of one image: all new in the same week, the course's
    card for half of them, the day's exercises through one prompt that asks for every step."""
    for number, count in enumerate(world.some(4, 18, 42)):
        profiles, region = neighbours(world, count)
        opened(world, profiles, [-28.0, -1.0, 6.0][number % 3], 0.3)
        profiles["device"] = world.fresh(1)
        half = world.rng.random(count) < 0.5
        profiles["payment"] = np.where(half, world.fresh(1), profiles["payment"])
        left = world.rng.random(count) < 0.15
        rows = doing(
            world,
            profiles,
            "coaching",
            34,
            0.4,
            alike=45,
            elicits=0.5,
            end=np.where(left, world.rng.uniform(9, 22, count), NEVER),
            rhythm=DAYTIME,
            on_weekdays=0.92,
            on_weekends=0.3,
            steadiness=3,
            piped=0.5,
            prompts=30,
            prompt_cadence=1.0,
            session_length=10,
        )
        program(world, living_in(rows, region), 5, 1)
        partly(rows, line(world, 12 + number), 0.6)
        accounts = world.join("loaner_laptop", profiles, rows)
        besides(world, accounts, profiles, rows, 0.6)


def refurbished_owners(world: World) -> None:
    """Owners of second-hand machines, whose fingerprint two to five others had or have: lots of
    one company's leased laptops. They have nothing else in common, but that many code."""
    rng = world.rng
    profiles, home = people(world, world.size(110))
    count = len(profiles)
    some_opened(world, profiles, 0.5, -200, 18)
    profiles["device"] = dealt(world, count, 2, 5)[rng.permutation(count)]
    half = count // 2
    accounts = world.join("refurbished_owner", profiles)
    for rows, part in (
        (wide(chatting(world, half, 8, 1.0)), slice(None, half)),
        (wide(coding(world, count - half, 20, 1.1)), slice(half, None)),
    ):
        put(rows, start=since(profiles[part]), zone=home.zone[part])
        put(rows, language=home.language[part])
        world.behave(accounts[part], rows)


def town_clerks(world: World) -> None:
    """Clerks of a town on one virtual desktop: one image, one exit in a cloud, eight departments'
    purchase cards, a set of the town's prompts that ask for the reasons of a decision."""
    profiles, region = neighbours(world, world.size(100), tier="team")
    count = len(profiles)
    opened(world, profiles, -12.0, 9)
    profiles["payment"] = world.rng.choice(world.fresh(8), count)
    profiles["email_domain"], profiles["device"] = world.fresh(2)
    rows = doing(
        world,
        profiles,
        "legal",
        16,
        0.6,
        alike=25,
        elicits=0.5,
        rhythm=OFFICE,
        on_weekdays=0.85,
        on_weekends=0.01,
        steadiness=3,
        log_input=8.5,
    )
    program(world, living_in(rows, region), 16, 1, own_variants=4)
    behind(rows, world.pools.add(4, 4, 14_004, 7, 5))
    accounts = world.join("town_clerk", profiles, rows)
    besides(world, accounts, profiles, rows, 0.3)


def marketplace_sellers(world: World) -> None:
    """Sellers who by trade keep many shops apart: a browser with a new fingerprint for each shop,
    rotating residential exits, virtual cards of one bank, an account for each shop, listings all
    day with one tool."""
    rng = world.rng
    tools = world.fresh(6).reshape(2, 3)
    for number, count in enumerate(world.some(6, 8, 26)):
        profiles, _ = people(world, count)
        opened(world, profiles, float(rng.uniform(-50, 8)), float(rng.choice([1, 14])))
        profiles["billing"] = "HK"
        profiles["payment"] = dealt(world, count, 1, 3)
        rows = doing(
            world,
            profiles,
            "shop",
            26,
            0.5,
            alike=35,
            elicits=0.1,
            zone=8,
            rhythm=DAYTIME,
            steadiness=3,
            on_weekdays=0.9,
            on_weekends=0.8,
            conversation=False,
            piped=0.5,
            prompts=500,
        )
        put(rows, template=tools[number % 2], template_share=[0.5, 0.3, 0.2], variants=3)
        put(rows, language=rng.integers(0, 5, count))
        partly(rows, proxy_brand(world, number), 0.95)
        world.join("marketplace_seller", profiles, rows)


def ward_tablets(world: World) -> None:
    """Care homes whose residents' tablets a nephew's firm set up: one image, one mail domain, one
    friendly prompt, much the same little talk every evening."""
    image, domain, prompt = world.fresh(3)
    for number, count in enumerate(world.some(4, 10, 26)):
        profiles, region = neighbours(world, count, verification="email")
        opened(world, profiles, float(world.rng.uniform(-80, 10)), 0.2)
        profiles["device"], profiles["payment"] = image, world.fresh(1)
        profiles["email_domain"] = domain
        rows = doing(
            world, profiles, "chat", 12, 0.4, alike=30, elicits=0.05, rhythm=EVENING, steadiness=5
        )
        put(living_in(rows, region), template=[prompt], template_share=[1])
        put(rows, on_weekdays=0.9, on_weekends=0.9, client=world.fresh(1), client_share=[1])
        behind(rows, line(world, 24 + number))
        world.join("ward_tablet", profiles, rows)


KINDS = (
    preset_telephones,
    loaner_laptops,
    refurbished_owners,
    town_clerks,
    marketplace_sellers,
    ward_tablets,
)
