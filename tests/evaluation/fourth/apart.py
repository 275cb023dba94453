"""Campaigns that are cut up, spread out or disguised, so that no part looks like one."""

import numpy as np

from tests.evaluation.fourth.groups import on_telephones
from tests.evaluation.second.calendar import DAYTIME, DEVELOPER, EVENING, FLAT
from tests.evaluation.second.campaign import BEGIN
from tests.evaluation.second.habits import chatting
from tests.evaluation.second.reach import at_home, behind, on_rotating_lines
from tests.evaluation.second.rows import put
from tests.evaluation.third.campaign import (
    MATHEMATICS,
    MIXED,
    REASONING,
    TRAJECTORIES,
    Campaign,
    paced,
    weighed,
)
from tests.evaluation.third.groups import scores, servers
from tests.evaluation.third.rows import wide

WAKING = (DEVELOPER, EVENING, DAYTIME)


def twenty_cells(campaign: Campaign) -> None:
    """Twenty cells of twenty-five, run by different people by one manual: a cell has its own three
    cards, domain, program of a few prompts, hours and kind of exit, and shares nothing with any
    other but what is wanted.

    Tell: each cell by its cards and program; a cell of twenty-five is a small firm otherwise.
    """
    world, rng = campaign.world, campaign.rng
    wanted = (MIXED, REASONING, TRAJECTORIES, MATHEMATICS)
    for cell in range(world.groups(20)):
        count = 25
        start = BEGIN + rng.uniform(0, 6) + rng.uniform(0, 2, count)
        profiles, zone = campaign.profiles(start, float(rng.choice([1, 6, 30])))
        profiles["payment"] = rng.choice(world.fresh(3), count)
        if cell % 2:
            profiles["email_domain"] = world.fresh(1)
        if cell % 3 == 0:
            profiles["device"] = rng.choice(world.fresh(6), count)
        rows = campaign.extraction(start, zone, wanted[cell % 4], float(rng.choice([15, 40])))
        put(rows, elicitation=scores(world, count, float(rng.uniform(0.3, 0.7))))
        put(rows, rhythm=int(rng.choice([FLAT, *WAKING])), steadiness=float(rng.uniform(1.5, 10)))
        put(rows, requests_per_day=world.volumes(count, 24, float(rng.uniform(0.1, 0.7))))
        put(rows, session_length=float(rng.uniform(2, 15)), on_weekends=float(rng.uniform(0.2, 1)))
        put(rows, client=world.fresh(1), client_share=[1], tools=int(rng.integers(0, 12)))
        campaign.templates(rows, int(rng.integers(2, 9)))
        way = cell % 5
        if way == 0:
            on_rotating_lines(world, rows)
        elif way == 1:
            behind(rows, servers(world, cell, 5))
        elif way == 2:
            on_telephones(world, rows, 1, int(rng.integers(0, 12)))
        else:
            campaign.through(rows, ((campaign.residential, campaign.sold_lines)[way - 3], 1.0))
        paced(rows)
        world.join("twenty_cells", profiles, rows)


def few_cards(campaign: Campaign) -> None:
    """Five hundred accounts on sixteen stolen company cards, and all else as different as it can
    be made: a template for four or five accounts, free mail, own devices, hours of many zones,
    heavy tails, homes.

    Tell: thirty strangers to a card, all new, from everywhere.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 9, count)
    profiles, zone = campaign.profiles(start, 12)
    profiles["payment"] = rng.choice(world.fresh(max(2, count // 31)), count)
    profiles["billing"] = "US"
    rows = campaign.extraction(start, zone, MIXED, 14)
    put(rows, elicitation=scores(world, count, 0.4), rhythm=rng.choice(WAKING, count))
    put(rows, requests_per_day=world.volumes(count, 15, 0.9, 300), steadiness=1.2)
    put(rows, on_weekdays=0.85, on_weekends=0.5, session_length=7, conversation=True, piped=0.2)
    campaign.templates(rows, max(2, count // 9), own=2)
    at_home(world, rows)
    paced(rows)
    world.join("few_cards", profiles, rows)


def card_of_the_week(campaign: Campaign) -> None:
    """Every four and a half days a wave of 150 accounts on eight new cards, which lives until the
    banks notice, a week or nine days later; the next one goes on with the same work under new
    templates. Nothing is carried over.

    Tell: waves of one work; within a wave, cards, age and templates at once.
    """
    world, rng = campaign.world, campaign.rng
    for wave in range(4):
        count = world.size(150)
        start = BEGIN + 4.5 * wave + rng.uniform(0, 1.5, count)
        profiles, zone = campaign.profiles(start, 2)
        profiles["payment"] = rng.choice(world.fresh(max(2, count // 18)), count)
        rows = campaign.extraction(start, zone, MIXED, 40)
        put(rows, end=start + rng.uniform(7, 9, count), elicitation=[3.5, 3], steadiness=4)
        put(rows, requests_per_day=world.volumes(count, 24, 0.4), session_length=5)
        put(rows, rhythm=rng.choice([FLAT, *WAKING], count), on_weekends=0.8)
        campaign.templates(rows, 18, own=5)
        campaign.through(rows, (campaign.residential, 0.6), (world.pools.vpns, 0.4))
        paced(rows)
        world.join("card_of_the_week", profiles, rows)


def warehouse_accounts(campaign: Campaign) -> None:
    """Accounts half a year old from a warehouse that opened thousands in lots of twenty, with a
    lot's mail domain and device, and with cards dealt anew at the sale; idle until then, they work
    for the new owner, and a third of what they send is chat.

    Tell: lots that sleep together and wake together, cards, and templates that only they have.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 7, count)
    profiles, zone = campaign.profiles(start, 10)
    lot = np.arange(count) // 20
    age = rng.uniform(120, 260, lot[-1] + 1)[lot] + rng.uniform(0, 0.1, count)
    profiles["created_at"] -= (age * 86_400_000).astype(np.int64)
    profiles["email_domain"] = world.fresh(count)[lot]
    profiles["device"] = world.fresh(count)[lot]
    profiles["payment"] = campaign.dealt(count, 3, 6)
    rows = campaign.extraction(start, zone, MIXED, 30)
    put(rows, elicitation=[3.5, 3], rhythm=rng.choice(WAKING, count), steadiness=2)
    put(rows, session_length=7, on_weekdays=0.9, on_weekends=0.6)
    campaign.templates(rows, 80, own=6)
    at_home(world, rows)
    chat = put(wide(chatting(world, count, 9, 0.6)), start=start, zone=zone, steadiness=2)
    for name in ("on_weekdays", "on_weekends", "pool", "address", "lease", "at_leisure", "at_work"):
        chat[name] = rows[name]
    paced(weighed(rows, 0.67), weighed(chat, 0.33))
    world.join("warehouse_accounts", profiles, rows, chat)


def other_languages(campaign: Campaign) -> None:
    """Asks for chains of thought in eight languages and for their translation, so that a third of
    it counts as translation and the classifier of elicitation, trained on English, sees half of
    it; a template for each language and task, a VPN brand for each language, cards of two to four.

    Tell: cards; translators whose other work is all mathematics and planning.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 5, count)
    profiles, zone = campaign.profiles(start, 20)
    profiles["payment"] = campaign.dealt(count, 2, 4)
    language = rng.integers(1, 9, count)
    rows = campaign.extraction(start, zone, (22, 6, 16, 0, 18, 0, 0, 2, 4, 0, 32), 40)
    put(rows, language=language, elicitation=[2.2, 4], plain=0.25, steadiness=5)
    put(rows, template=world.fresh(9)[language][:, None], template_share=[1])
    put(rows, variants=5, own_variants=3, variant_skew=1.2, session_length=4)
    put(rows, pool=np.array(world.pools.vpns)[language % 8][:, None], address=[-1], lease=[0])
    put(rows, at_leisure=[1], at_work=[1], rhythm=rng.choice(WAKING, count), on_weekends=0.7)
    paced(rows)
    world.join("other_languages", profiles, rows)


def long_ramp(campaign: Campaign) -> None:
    """Patience: accounts two months old that begin with two or three requests a day and grow over
    a fortnight, each at its own pace, as a start-up's use does; a program of sixty prompts, cards
    of two or three, cloud addresses of their own.

    Tell: all grow and none shrinks; the program's users are of one growth and one work.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 3, count)
    profiles, zone = campaign.profiles(start, 70)
    profiles["payment"] = campaign.dealt(count, 2, 3)
    profiles["tier"] = rng.choice(["individual", "startup", "team"], count)
    rows = campaign.extraction(start, zone, MIXED, 25)
    put(rows, ramp=rng.uniform(10, 18, count), steadiness=2, session_length=8)
    put(rows, requests_per_day=world.volumes(count, 24, 0.5), elicitation=[2.5, 4])
    put(rows, rhythm=rng.choice([FLAT, *WAKING], count), on_weekdays=0.9, on_weekends=0.7)
    put(rows, pool=rng.choice(world.pools.clouds, count)[:, None], lease=[7.0])
    put(rows, address=rng.integers(1, 1 << 40, count)[:, None], at_leisure=[1], at_work=[1])
    campaign.templates(rows, 60, own=5)
    paced(rows)
    world.join("long_ramp", profiles, rows)


def long_conversations(campaign: Campaign) -> None:
    """Whole runs of an agent of the attacker's own, forty turns and more with tools and no word
    about reasoning, two or three an hour of the day on two days in three: it is the trajectory
    that is wanted. Five prompts, cards of one to three, homes and clouds.

    Tell: five prompts whose users all run the same long sessions, and cards here and there.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 5, count)
    profiles, zone = campaign.profiles(start, 25)
    profiles["payment"] = campaign.dealt(count, 1, 3)
    rows = campaign.extraction(start, zone, TRAJECTORIES, 30)
    put(rows, conversation=True, piped=0, session_length=45, log_gap=2.6, tools=16)
    put(rows, on_weekdays=0.65, on_weekends=0.6, steadiness=3, elicitation=[1.2, 8])
    put(rows, log_input=9.3, log_output=6.0, rhythm=rng.choice([FLAT, DEVELOPER], count))
    put(rows, client=world.fresh(2), client_share=[0.8, 0.2])
    campaign.templates(rows, 5)
    campaign.through(rows, (world.pools.homes, 0.6), (world.pools.clouds, 0.4))
    paced(rows)
    world.join("long_conversations", profiles, rows)


ATTACKS = (
    twenty_cells,
    few_cards,
    card_of_the_week,
    warehouse_accounts,
    other_languages,
    long_ramp,
    long_conversations,
)
