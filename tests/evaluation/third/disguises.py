"""Campaigns that each put their effort into one way to hide, from easy to hopeless."""

import numpy as np

from tests.evaluation.second.calendar import (
    DAY_MS,
    DAYTIME,
    DEVELOPER,
    EVENING,
    OFFICE,
    START_MS,
)
from tests.evaluation.second.campaign import BEGIN
from tests.evaluation.second.habits import chatting, coding
from tests.evaluation.second.profiles import created
from tests.evaluation.second.programs import AGENTS, NO_TEMPLATE, with_agents, with_browsers
from tests.evaluation.second.reach import at_home, behind, numbers, on_rotating_lines
from tests.evaluation.second.rows import WORK, put
from tests.evaluation.second.tasks import shares_near
from tests.evaluation.third import tasks
from tests.evaluation.third.campaign import (
    CAPABILITY,
    MATHEMATICS,
    MIXED,
    REASONING,
    TRAJECTORIES,
    Campaign,
    paced,
    weighed,
)
from tests.evaluation.third.groups import scores
from tests.evaluation.third.rows import PER_ACCOUNT, wide

WAKING = (DEVELOPER, EVENING, DAYTIME)


def one_day(campaign: Campaign) -> None:
    """Opened by a script in one day, eight to a card, eight templates, even loads around the
    clock, half of it from known datacentre proxies. Easy.

    Tell: nearly everything.
    """
    count = campaign.world.size(500)
    start = campaign.starts(count)
    profiles, zone = campaign.profiles(start, 1)
    opened = START_MS + int(2.4 * DAY_MS)
    profiles["created_at"] = opened + campaign.rng.integers(0, DAY_MS, count)
    profiles["payment"] = campaign.dealt(count, 8, 8)
    rows = put(campaign.extraction(start, zone, MIXED), elicitation=[5, 2.5])
    campaign.templates(rows, 8)
    campaign.through(rows, (campaign.world.pools.vpns, 0.5), (campaign.sold_lines, 0.5))
    paced(rows)
    campaign.world.join("one_day", profiles, rows)


def prepaid_weekly(campaign: Campaign) -> None:
    """A prepaid card for each account, forty templates that are all replaced every week, even
    loads, clean residential exits.

    Tell: forty rare templates that come and go together, without a heavy tail.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 5, count)
    profiles, zone = campaign.profiles(start, 21)
    profiles["billing"] = ""
    rows = campaign.extraction(start, zone, MIXED, 45)
    put(rows, elicitation=[3.5, 3], steadiness=8, cadence=7.0, phase=3.0, session_length=3)
    campaign.templates(rows, 40, own=6)
    campaign.through(rows, (campaign.residential, 1.0))
    paced(rows)
    world.join("prepaid_weekly", profiles, rows)


def mobile_diurnal(campaign: Campaign) -> None:
    """Mobile proxies on the carriers that honest people use, devices of an anti-detect browser,
    each account awake in its time zone, weekends mostly off; eight templates.

    Tell: eight templates whose users all came lately and do one narrow work alike.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 4, count)
    profiles, zone = campaign.profiles(start, 21)
    rows = campaign.extraction(start, zone, MIXED, 30)
    put(rows, rhythm=rng.choice(WAKING, count), on_weekdays=0.88, on_weekends=0.15)
    put(rows, steadiness=1.5, session_length=7, log_gap=4, conversation=True, piped=0.3)
    put(rows, elicitation=[3, 3], requests_per_day=world.volumes(count, 26, 0.4))
    with_browsers(world, rows)
    campaign.templates(rows, 8)
    campaign.through(rows, (world.pools.carriers, 1.0))
    paced(rows)
    world.join("mobile_diurnal", profiles, rows)


def template_each(campaign: Campaign) -> None:
    """A template for each account, heavy-tailed loads on purpose, own card and line; only the
    elicitation of reasoning.

    Tell: hardly more than many new accounts with the same unusual work; prompts alone would say.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 8, count)
    profiles, zone = campaign.profiles(start, 21)
    rows = campaign.extraction(start, zone, REASONING, 30)
    put(rows, requests_per_day=world.volumes(count, 14, 1.1, 400), elicitation=[5.5, 2.5])
    put(rows, rhythm=rng.choice(WAKING, count), on_weekdays=0.8, on_weekends=0.5)
    put(rows, steadiness=1.2, session_length=5, salt=PER_ACCOUNT)
    campaign.templates(rows, 3)
    on_rotating_lines(world, rows)
    paced(rows)
    world.join("template_each", profiles, rows)


def popular_agent_maths(campaign: Campaign) -> None:
    """The template, tools and client of the most popular coding agent, and nothing but
    mathematics through it.

    Tell: among that agent's users these alone do not code.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 4, count)
    profiles, zone = campaign.profiles(start, 21)
    rows = put(wide(coding(world, count, 26, 0.4)), start=start, zone=zone, attack=True)
    with_agents(world, rows, 0)
    put(rows, task_share=shares_near(rng, MATHEMATICS, count, 60), elicitation=[3.5, 3])
    put(rows, steadiness=3, on_weekdays=0.9, on_weekends=0.85, tools=AGENTS[0].tools)
    campaign.through(rows, (campaign.residential, 1.0))
    paced(rows)
    world.join("popular_agent_maths", profiles, rows)


def popular_agent_like_everybody(campaign: Campaign) -> None:
    """The same agent for software tasks, with its users' mix of work, hours and heavy tail, from
    homes: trajectories are what is wanted anyway.

    Tell: nobody could from metadata, but for a growth of that agent's new accounts.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 14, count)
    profiles, zone = campaign.profiles(start, 21)
    rows = put(wide(coding(world, count, 20, 1.0)), start=start, zone=zone, attack=True)
    with_agents(world, rows, 0)
    at_home(world, rows, 0.15)
    paced(rows)
    world.join("popular_agent_like_everybody", profiles, rows)


def plain_capabilities(campaign: Campaign) -> None:
    """No system prompt, ordinary libraries and clean lines; narrow capability tasks without a word
    about reasoning, heavy-tailed and by day.

    Tell: nobody could account by account; a rise of such tasks among strangers' new accounts.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 6, count)
    profiles, zone = campaign.profiles(start, 60)
    rows = campaign.extraction(start, zone, CAPABILITY, 30)
    put(rows, template=NO_TEMPLATE, template_share=[1], tools=0, piped=0, session_length=4)
    put(rows, elicitation=[1, 10], requests_per_day=world.volumes(count, 16, 0.9, 300))
    put(rows, rhythm=rng.choice(WAKING, count), on_weekdays=0.85, on_weekends=0.5, steadiness=1.2)
    on_rotating_lines(world, rows, 7.0)
    paced(rows)
    world.join("plain_capabilities", profiles, rows)


def bought_with_cover(campaign: Campaign) -> None:
    """Accounts years old, bought with their history, each still used half for chat; the other half
    is extraction from 300 templates.

    Tell: a change from each account's own past, at about the same time for strangers.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    sale = BEGIN + rng.uniform(0, 5, count)
    profiles, zone = campaign.profiles(sale, 10)
    profiles["created_at"] = created(world, count, 1_400) - 200 * DAY_MS
    rows = campaign.extraction(sale, zone, MIXED, 30)
    put(rows, elicitation=[3.5, 3], rhythm=rng.choice(WAKING, count), steadiness=2)
    put(rows, on_weekdays=0.85, on_weekends=0.7, session_length=5)
    campaign.templates(rows, 300, own=6)
    at_home(world, rows)
    chat = put(wide(chatting(world, count, 13, 0.5)), start=sale, zone=zone, steadiness=2)
    put(chat, on_weekdays=0.85, on_weekends=0.7)
    past = put(wide(chatting(world, count, 6, 0.9)), start=0, end=sale, zone=zone)
    for cover in (chat, past):
        for place in ("pool", "address", "lease", "at_leisure", "at_work"):
            cover[place] = rows[place]
    paced(weighed(rows, 0.5), weighed(chat, 0.5))
    world.join("bought_with_cover", profiles, rows, chat, past)


def ramping(campaign: Campaign) -> None:
    """Thirty accounts in the first two and a half days, then each time twice as many, until there
    are 800; each grows over six days. Forty templates, mostly residential exits.

    Tell: links that grow like nothing else, early enough for the last accounts only.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(800)
    grown = 2 ** (12 / 2.5) - 1
    start = BEGIN + 2.5 * np.log2(1 + np.sort(rng.random(count)) * grown)
    profiles, zone = campaign.profiles(start, 4)
    profiles["email_domain"] = campaign.dealt(count, 5, 15)
    rows = campaign.extraction(start, zone, MIXED, 45)
    put(rows, ramp=6, elicitation=[4, 3], steadiness=4, session_length=4)
    campaign.templates(rows, 40, own=8)
    campaign.through(rows, (campaign.residential, 0.7), (campaign.sold_lines, 0.3))
    paced(rows)
    world.join("ramping", profiles, rows)


def taking_turns(campaign: Campaign) -> None:
    """Five shifts: each works for two days of five, hard, and rests; within a shift cards are
    shared by three to eight, templates are the shift's own sixty.

    Tell: members are on and off together, and shifts follow on each other.
    """
    world, rng = campaign.world, campaign.rng
    for shift in range(5):
        count = world.size(100)
        start = campaign.starts(count)
        profiles, zone = campaign.profiles(start, 21)
        profiles["payment"] = campaign.dealt(count, 3, 8)
        rows = campaign.extraction(start, zone, MIXED, 40)
        put(rows, cycle=5, on_days=2, cycle_phase=shift, elicitation=[3.5, 3])
        put(rows, steadiness=3, session_length=6, rhythm=rng.choice(WAKING, count))
        campaign.templates(rows, 60, own=8)
        campaign.through(rows, (campaign.residential, 1.0))
        paced(rows)
        world.join("taking_turns", profiles, rows)


def shell_startups(campaign: Campaign) -> None:
    """Fifty shells of ten, each a small company to look at: a domain, virtual cards, an office
    line, its own agent with a dozen prompts and its own hours, opened within a day.

    Tell: nobody by one shell; fifty new companies of ten with the same uncommon mix of work.
    """
    world, rng = campaign.world, campaign.rng
    for _ in range(world.groups(50)):
        count, first = 10, BEGIN + float(rng.uniform(0, 5))
        start = first + rng.uniform(0, 1, count)
        profiles, _ = campaign.profiles(start, 0.5)
        founded = START_MS + int((first - rng.uniform(1, 20)) * DAY_MS)
        profiles["created_at"] = founded + rng.integers(0, DAY_MS // 2, count)
        profiles["tier"], profiles["email_domain"] = "team", world.fresh(1)
        zone = np.full(count, float(rng.choice([-8, -5, 0, 1, 5.5, 8])))
        rows = campaign.extraction(start, zone, (30, 40, 14, 12, 2, 0, 0, 2), 15)
        put(rows, rhythm=rng.choice([OFFICE, DEVELOPER]), on_weekdays=0.9, on_weekends=0.2)
        put(rows, steadiness=2, session_length=8, conversation=True, piped=0.15, tools=9)
        put(rows, elicitation=scores(world, count, float(rng.uniform(0.15, 0.5))))
        put(rows, requests_per_day=world.volumes(count, 24, 0.6), client=world.fresh(2))
        put(rows, client_share=[0.7, 0.3])
        campaign.templates(rows, 12)
        at_home(world, rows)
        line = int(rng.choice(world.pools.homes))
        rows["pool"][:, WORK], rows["address"][:, WORK] = line, numbers(world, 1)
        put(rows, at_work=[0.3, 0.0, 0.7])
        paced(rows)
        world.join("shell_startups", profiles, rows)


def fake_course(campaign: Campaign) -> None:
    """Pretends to be an online course: 300 learners who enrolled together, a tutor's six prompts,
    weekly problem sets with more on Sundays, homes and telephones.

    Tell: nobody drops out, and the load has no tail; an attacker who adds both is a course.
    """
    world = campaign.world
    count = world.size(300)
    start = campaign.starts(count)
    profiles, zone = campaign.profiles(start, 3)
    profiles["referral"] = world.fresh(1)
    rows = campaign.extraction(start, zone, tasks.WORK["mathematics"], 60)
    put(rows, elicitation=[5, 3], rhythm=EVENING, peak_weekday=6, peak=1.8, steadiness=3)
    put(rows, prompt_cadence=7.0, prompts=2_000, piped=0.7, conversation=True, session_length=6)
    put(rows, requests_per_day=world.volumes(count, 26, 0.25))
    campaign.templates(rows, 6)
    at_home(world, rows)
    paced(rows)
    world.join("fake_course", profiles, rows)


def best_of_eight(campaign: Campaign) -> None:
    """Each prompt of a set of 25,000 is asked from about eight accounts, word for word, to sample
    answers; nothing else is shared, not even the template.

    Tell: identical prompts between strangers who have nothing popular in common.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 4, count)
    profiles, zone = campaign.profiles(start, 25)
    rows = campaign.extraction(start, zone, TRAJECTORIES, 40)
    # At a smaller scale a smaller set, so that each is still asked eight times.
    put(rows, piped=0.95, prompts=max(50, count * 50), likeness=7, elicitation=[2, 5])
    put(rows, salt=PER_ACCOUNT, steadiness=4, session_length=4)
    put(rows, requests_per_day=world.volumes(count, 22, 0.6), rhythm=rng.choice(WAKING, count))
    campaign.templates(rows, 2)
    campaign.through(rows, (campaign.residential, 1.0))
    paced(rows)
    world.join("best_of_eight", profiles, rows)


def cloud_functions(campaign: Campaign) -> None:
    """From the serverless addresses of strangers' programs: domains of ten accounts, one template
    for each ten, bursts at two hours of the day, code and agents.

    Tell: fifty groups of ten with like work and like bursts; addresses say nothing here.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 21 - BEGIN, count) * (rng.random(count) < 0.4)
    profiles, zone = campaign.profiles(start + 0.1, 9)
    cell = np.arange(count) // 10
    profiles["email_domain"] = world.fresh(count)[cell]
    rows = campaign.extraction(start + 0.1, zone, (30, 48, 10, 10, 2), 40)
    put(rows, scheduled_hours=2, session_length=14, log_gap=1.5, steadiness=3, plain=0.6)
    put(rows, elicitation=[4, 4], conversation=True, piped=0.3)
    put(rows, template=world.fresh(count)[cell][:, None], template_share=[1], variants=4)
    behind(rows, world.pools.serverless)
    paced(rows)
    world.join("cloud_functions", profiles, rows)


ATTACKS = (
    one_day,
    prepaid_weekly,
    mobile_diurnal,
    template_each,
    popular_agent_maths,
    popular_agent_like_everybody,
    plain_capabilities,
    bought_with_cover,
    ramping,
    taking_turns,
    shell_startups,
    fake_course,
    best_of_eight,
    cloud_functions,
)
