"""Campaigns as the published facts have them: the likeliest first."""

import numpy as np

from tests.evaluation.second.calendar import FLAT, LAUNCH, NEVER, START_MS
from tests.evaluation.second.campaign import BEGIN
from tests.evaluation.second.habits import calling, chatting, coding
from tests.evaluation.second.hashes import mix
from tests.evaluation.second.profiles import created
from tests.evaluation.second.programs import CHAT_PAGE, with_agents
from tests.evaluation.second.rows import put
from tests.evaluation.second.tasks import shares_near
from tests.evaluation.second.vocabulary import API, CHINESE, CONSOLE, ENGLISH, PARTNERS
from tests.evaluation.third.campaign import (
    BROAD,
    MIXED,
    REASONING,
    TRAJECTORIES,
    Campaign,
    paced,
    weighed,
)
from tests.evaluation.third.rows import wide


def proxy_service(campaign: Campaign) -> None:
    """A commercial proxy that resells access: every account carries the traffic of many ordinary
    customers, and 45 % extraction among it, all dealt out evenly over 600 accounts.

    Tell: each account is the same sample of one mixture; cards of three to eight; shared exits.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(600)
    start = BEGIN + np.sort(rng.uniform(0, 9, count)) * (rng.random(count) < 0.5)
    start += rng.uniform(0, 0.8, count)
    profiles, zone = campaign.profiles(start, 12)
    profiles["payment"] = campaign.dealt(count, 3, 8)
    profiles["email_domain"] = campaign.dealt(count, 10, 10)
    rows = put(campaign.extraction(start, zone, MIXED, 150), elicitation=[4.5, 3], steadiness=8)
    campaign.templates(rows, 36)
    page = put(wide(chatting(world, count)), surface=API, template=world.fresh(2))
    put(page, template_share=[0.8, 0.2], language=rng.choice([ENGLISH, CHINESE], count))
    agents = wide(coding(world, count))
    with_agents(world, agents)
    others = wide(calling(world, count, 12, 0.4, "translation"))
    parts = ((rows, 0.45), (page, 0.25), (agents, 0.2), (others, 0.1))
    spread = rng.lognormal(0, 0.2, count)
    client = world.fresh(2)
    for part, share in parts:
        put(part, start=start, on_weekdays=0.97, on_weekends=0.94, requests_per_day=26 * spread)
        put(part, rhythm=FLAT, steadiness=6, client=client, client_share=[0.8, 0.2])
        campaign.through(part, (campaign.rented, 0.5), (campaign.sold_lines, 0.5))
        weighed(part, share)
    paced(*(part for part, _ in parts))
    accounts = world.join("proxy_service", profiles)
    for part, _ in parts:
        world.behave(accounts, part)


def reasoning_farm(campaign: Campaign) -> None:
    """Load-balanced and synchronised: one queue feeds 500 accounts with requests to write out the
    reasoning behind answers and to grade by rubrics; cards of three to eight, 40 templates.

    Tell: card groups, even loads, common pauses of the queue, narrow and eliciting.
    """
    count = campaign.world.size(500)
    start = campaign.starts(count)
    profiles, zone = campaign.profiles(start, 18)
    profiles["payment"] = campaign.dealt(count, 3, 8)
    rows = campaign.extraction(start, zone, REASONING, 90)
    put(rows, elicitation=[6, 2], piped=0.8, steadiness=20, likeness=3, log_output=7.1)
    put(rows, crowd=campaign.world.fresh(1), crowd_sigma=0.45, tools=0)
    campaign.templates(rows, 40, own=12)
    campaign.through(rows, (campaign.sold_lines, 0.6), (campaign.rented, 0.4))
    paced(rows)
    campaign.world.join("reasoning_farm", profiles, rows)


def several_pathways(campaign: Campaign) -> None:
    """Hundreds of accounts of all tiers over API, console and partner clouds: agents, tools, data,
    screens and pictures from 300 templates; on the fourteenth day all turn to reasoning traces.

    Tell: prompts in common across pathways and tiers, and a turn that strangers make together.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(400)
    start = BEGIN + rng.uniform(0, 4, count)
    profiles, zone = campaign.profiles(start, 25)
    old = rng.random(count) < 0.3
    profiles["created_at"] = np.where(old, created(world, count, 300), profiles["created_at"])
    tier = rng.choice(["individual", "team", "startup", "education"], count, p=[0.5, 0.2, 0.2, 0.1])
    profiles["tier"] = tier
    profiles["payment"] = np.where(tier == "education", 0, campaign.dealt(count, 1, 4))
    profiles["email_domain"] = np.where(
        tier == "individual", profiles["email_domain"], campaign.dealt(count, 4, 12)
    )
    surface = rng.choice([API, CONSOLE, *PARTNERS], count, p=[0.5, 0.15, 0.2, 0.15])
    volume = world.volumes(count, 20, 0.7)
    broad = campaign.extraction(start, zone, BROAD, 20)
    traces = campaign.extraction(start, zone, REASONING, 50)
    for rows in (broad, traces):
        put(rows, requests_per_day=volume, surface=surface, rhythm=rng.integers(3, 7, count))
        put(rows, on_weekdays=0.9, on_weekends=0.75, steadiness=2.5, session_length=7)
        campaign.through(rows, (campaign.residential, 0.7), (world.pools.clouds, 0.3))
        campaign.templates(rows, 300, own=8)
    put(broad, end=13.2, piped=0.3, tools=12, elicitation=[1.5, 7], conversation=True)
    put(traces, start=np.maximum(start, 13.2), elicitation=[6, 2.5], piped=0.6)
    both = rng.uniform(0, 0.8, count)
    broad["end"] += both
    traces["start"] += both
    paced(broad, traces)
    world.join("several_pathways", profiles, broad, traces)


def trajectories_pivot(campaign: Campaign) -> None:
    """Whole runs of a known open agent on the same repositories, tools and all, from 700 accounts
    with prepaid cards; when a model is launched, half of the traffic turns to it within a day.

    Tell: one task opened from several accounts, the turn, domains of ten; not the template.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(700)
    start = BEGIN + rng.uniform(0, 3, count)
    profiles, zone = campaign.profiles(start, 20)
    profiles["email_domain"] = campaign.dealt(count, 10, 10)
    profiles["billing"] = ""
    rows = campaign.extraction(start, zone, TRAJECTORIES, 60)
    with_agents(world, rows, 2)
    put(rows, piped=0.06, prompts=3_000, likeness=6, conversation=True, session_length=22)
    put(rows, log_gap=2.3, elicitation=[1, 8], log_input=9.2, log_output=5.8, steadiness=5)
    put(rows, requests_per_day=world.volumes(count, 26, 0.25), model_share=[0.97, 0.03])
    moved = LAUNCH + 0.1 + rng.uniform(0, 0.8, count)
    put(rows, adopts=np.where(rng.random(count) < 0.5, moved, NEVER))
    campaign.through(rows, (campaign.residential, 0.8), (campaign.rented, 0.2))
    paced(rows)
    world.join("trajectories_pivot", profiles, rows)


def published(campaign: Campaign) -> None:
    """The bare facts: 500 accounts of 25,000, proxies of all sorts, cards of a handful, agentic
    reasoning, code and planning, about 200 templates that are replaced now and then.

    Tell: cards, a new population of even loads with one mix, and what the proxies have in common.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 6, count)
    profiles, zone = campaign.profiles(start, 22)
    profiles["payment"] = campaign.dealt(count, 2, 6)
    profiles["email_domain"] = np.where(
        rng.random(count) < 0.6, campaign.dealt(count, 6, 14), profiles["email_domain"]
    )
    rows = campaign.extraction(start, zone, (36, 34, 24, 4, 2), 50)
    put(rows, requests_per_day=world.volumes(count, 26, 0.3), steadiness=5, elicitation=[3, 3.5])
    put(rows, plain=0.3, session_length=4, cadence=12.0, phase=rng.integers(0, 12, count))
    campaign.templates(rows, 200, own=6)
    campaign.through(
        rows, (campaign.residential, 0.55), (campaign.sold_lines, 0.25), (campaign.rented, 0.2)
    )
    paced(rows)
    world.join("published", profiles, rows)


def rolling_burners(campaign: Campaign) -> None:
    """A hydra that does not wait to be caught: an account works for five days on a trial's card
    and is dropped for a new one; a thousand in all, some 280 of them at a time, 60 templates.

    Tell: short lives one after the other under the same templates and pools.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(1_000)
    start = BEGIN + np.sort(rng.uniform(-1.5, 15, count)).clip(0)
    profiles, zone = campaign.profiles(start, 1.5)
    rows = campaign.extraction(start, zone, MIXED, 50)
    put(rows, end=start + rng.uniform(4, 6, count), steadiness=4, elicitation=[3.5, 3])
    put(rows, requests_per_day=world.volumes(count, 26, 0.3), session_length=6)
    campaign.templates(rows, 60, own=5)
    campaign.through(rows, (campaign.residential, 1.0))
    paced(rows)
    world.join("rolling_burners", profiles, rows)


def console_crawl(campaign: Campaign) -> None:
    """Browsers on the vendor's own page, driven by anti-detect software: its template and honest
    browsers, free accounts by telephone number, long multi-turn reasoning talks.

    Tell: the page's users are a broad crowd, and these are narrow, even and behind mobile proxies.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 7, count)
    profiles, zone = campaign.profiles(start, 10)
    profiles["tier"], profiles["verification"] = "free", "phone"
    profiles["payment"], profiles["billing"] = 0, ""
    pages = put(wide(chatting(world, count, 26, 0.35)), start=start, zone=zone, attack=True)
    put(pages, template=CHAT_PAGE, template_share=[0.86, 0.09, 0.05], steadiness=4)
    put(pages, task_share=shares_near(rng, REASONING, count, 25), elicitation=[4, 3])
    put(pages, on_weekdays=0.9, on_weekends=0.85, session_length=8, log_output=6.8)
    put(pages, piped=0.15, prompts=200_000, prompt_key=mix(np.array([START_MS]), world.seed))
    campaign.through(pages, (world.pools.carriers, 0.8), (campaign.residential, 0.2))
    paced(pages)
    world.join("console_crawl", profiles, pages)


ATTACKS = (
    proxy_service,
    reasoning_farm,
    several_pathways,
    trajectories_pivot,
    published,
    rolling_burners,
    console_crawl,
)
