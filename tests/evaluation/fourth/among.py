"""Campaigns that take the shape of honest customers, and stand among these."""

import numpy as np

from tests.evaluation.fourth.groups import dealt, on_telephones
from tests.evaluation.second.calendar import (
    DAY_MS,
    DAYTIME,
    DEVELOPER,
    EVENING,
    FLAT,
    LAUNCH,
    OFFICE,
    START_MS,
)
from tests.evaluation.second.campaign import BEGIN
from tests.evaluation.second.habits import calling, chatting, coding
from tests.evaluation.second.programs import with_agents
from tests.evaluation.second.reach import at_home, behind
from tests.evaluation.second.rows import put
from tests.evaluation.second.tasks import shares_near
from tests.evaluation.second.vocabulary import CONSOLE, INDIA, REGION_LANGUAGES, ZONES
from tests.evaluation.third.campaign import (
    MIXED,
    REASONING,
    TRAJECTORIES,
    Campaign,
    paced,
    weighed,
)
from tests.evaluation.third.groups import at_office, office, scores, servers
from tests.evaluation.third.rows import wide
from tests.evaluation.third.tasks import tasks

WAKING = (DEVELOPER, EVENING, DAYTIME)


def company_shape(campaign: Campaign) -> None:
    """Eight firms of sixty seats to look at: one domain, two cards and one office line each,
    opened in a morning, office hours; two fifths of what they send is a firm's ordinary work, by
    the same programs as the extraction.

    Tell: eight new firms whose seats all do the same narrow three fifths, hardly one idle.
    """
    world, rng = campaign.world, campaign.rng
    for firm in range(8):
        count = world.size(63)
        start = BEGIN + 1.5 * firm / 8 + rng.uniform(0, 0.5, count)
        profiles, _ = campaign.profiles(start, 1)
        founded = START_MS + int((BEGIN - rng.uniform(0.2, 12)) * DAY_MS)
        profiles["created_at"] = founded + rng.integers(0, DAY_MS // 8, count)
        profiles["tier"], profiles["email_domain"] = "team", world.fresh(1)
        profiles["payment"] = rng.choice(world.fresh(2), count)
        zone = np.full(count, float(rng.choice([-8, -5, 0, 1])))
        rows = campaign.extraction(start, zone, MIXED, 25)
        desk = wide(calling(world, count, 12, 0.5, str(rng.choice(["writing", "data", "support"]))))
        mean = float(rng.uniform(0.25, 0.55))
        put(rows, elicitation=scores(world, count, mean), conversation=True, piped=0.2)
        program, client, line = world.fresh(1), world.fresh(2), office(world, firm)
        for part, share in ((rows, 0.6), (desk, 0.4)):
            put(part, start=start, zone=zone, rhythm=OFFICE, on_weekdays=0.92, on_weekends=0.06)
            put(part, template=program, template_share=[1], variants=9, own_variants=4)
            put(part, client=client, client_share=[0.8, 0.2], steadiness=2, session_length=8)
            at_home(world, part)
            at_office(part, line, 0.85)
            weighed(part, share)
        paced(rows, desk)
        world.join("company_shape", profiles, rows, desk)


def agent_host(campaign: Campaign) -> None:
    """Passes for a host of autonomous agents: one to twelve accounts to an operator's card, opened
    by a script over two weeks, one framework's forty prompts, tools, long runs, the host's own
    cloud addresses.

    Tell: operators of such a host want different things; these all want one mix.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 12, count)
    profiles, zone = campaign.profiles(start, 0.3)
    profiles["payment"], profiles["email_domain"] = dealt(world, count, 1, 12), world.fresh(1)
    profiles["device"] = 0
    rows = campaign.extraction(start, zone, (40, 26, 16, 16, 1, 0, 0, 1), 22)
    put(rows, elicitation=[2.5, 5], conversation=True, piped=0.15, session_length=20)
    put(rows, log_gap=2.5, steadiness=2.5, tools=18, client=world.fresh(1), client_share=[1])
    put(rows, requests_per_day=world.volumes(count, 24, 0.8))
    campaign.templates(rows, 40, own=6)
    behind(rows, servers(world, 1, 80))
    paced(rows)
    world.join("agent_host", profiles, rows)


def telephone_farm(campaign: Campaign) -> None:
    """Racks of telephones: 500 accounts on 45 of them, verified by telephone number, gift cards
    for two or three, two carriers; one third of the traffic is chat by a script of its own.

    Tell: eleven accounts to a device which all do the same, and a chat without a person's tail.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 5, count)
    profiles, zone = campaign.profiles(start, 14)
    profiles["device"] = rng.choice(world.fresh(max(2, count // 11)), count)
    profiles["verification"], profiles["payment"] = "phone", dealt(world, count, 2, 3)
    rows = put(campaign.extraction(start, zone, REASONING, 35), elicitation=[3.5, 3], plain=0.2)
    chat = put(wide(chatting(world, count, 9, 0.3)), start=start, zone=zone, steadiness=4)
    awake = rng.choice(WAKING, count)
    campaign.templates(rows, 24, own=5)
    for part, share in ((rows, 0.67), (chat, 0.33)):
        put(part, rhythm=awake, on_weekdays=0.92, on_weekends=0.88, session_length=6)
        put(part, steadiness=4)
        on_telephones(world, part, 2, 4)
        weighed(part, share)
    paced(rows, chat)
    world.join("telephone_farm", profiles, rows, chat)


def framework_rare_prompt(campaign: Campaign) -> None:
    """The second most popular coding agent, with its templates, tools and releases; into two
    fifths of the requests a plug-in of the attacker puts one of six prompts of its own.

    Tell: six rare templates, all of whose users are new and run the same agent.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 6, count)
    profiles, zone = campaign.profiles(start, 30)
    rows = put(wide(coding(world, count, 22, 0.7)), start=start, zone=zone, attack=True)
    with_agents(world, rows, 1)
    rows["template"][:, 4] = rng.choice(world.fresh(6), count)
    put(rows, template_share=[0.42, 0.09, 0.05, 0.04, 0.4])
    put(rows, task_share=shares_near(rng, TRAJECTORIES, count, 25), elicitation=[2, 5])
    at_home(world, rows, 0.1)
    paced(rows)
    world.join("framework_rare_prompt", profiles, rows)


def paid_crowd(campaign: Campaign) -> None:
    """People of one country, hired through a chat group to ask, by hand and on the vendor's page,
    the questions that a list gives them: own cards, lines and telephones, a day shift, a quota.

    Tell: one list of questions between them, one country and fortnight, and the quota.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 8, count)
    profiles, _ = campaign.profiles(start, 6)
    profiles["access"] = profiles["billing"] = "IN"
    rows = put(wide(chatting(world, count, 26, 0.2)), start=start, attack=True)
    put(rows, zone=ZONES[INDIA], language=REGION_LANGUAGES[INDIA], surface=CONSOLE)
    put(rows, task_share=shares_near(rng, REASONING, count, 40), elicitation=[4, 3])
    put(rows, rhythm=OFFICE, on_weekdays=0.93, on_weekends=0.35, steadiness=8)
    put(rows, session_length=12, log_gap=4.7, log_output=6.5)
    put(rows, piped=0.5, prompt_key=world.fresh(1), prompts=20_000, likeness=5)
    paced(rows)
    world.join("paid_crowd", profiles, rows)


def honest_filler(campaign: Campaign) -> None:
    """Three tenths extraction; the rest is what a person of each account's make would send: half
    are coders with a popular agent, a quarter chat, a quarter call from their own programs. Cards
    of two to four, a program of twenty prompts.

    Tell: cards, and twenty rare prompts that people of all sorts have beside their own.
    """
    world, rng = campaign.world, campaign.rng
    prompts = world.fresh(1)
    for share, make in ((0.5, coding), (0.25, chatting), (0.25, calling)):
        count = world.size(round(500 * share))
        start = BEGIN + rng.uniform(0, 6, count)
        profiles, zone = campaign.profiles(start, 45)
        profiles["payment"] = campaign.dealt(count, 2, 4)
        own = put(wide(make(world, count, 18, 0.6)), start=start, zone=zone)
        rows = campaign.extraction(start, zone, MIXED, 30)
        put(campaign.templates(rows, 20, own=5), template=prompts)
        put(rows, elicitation=[4, 3], plain=0.2, session_length=4, steadiness=2)
        for name in ("rhythm", "pool", "address", "lease", "at_leisure", "at_work"):
            rows[name] = own[name]
        for name in ("on_weekdays", "on_weekends"):
            rows[name] = own[name] = rng.beta(7, 2, count)
        paced(weighed(own, 0.7), weighed(rows, 0.3))
        world.join("honest_filler", profiles, own, rows)


def study_app(campaign: Campaign) -> None:
    """Passes for pupils before an examination: one application's four prompts, referrals in
    clusters, a parent's card for two or three, telephones of one country, growth, even a third who
    give up; what is solved step by step is no school's mathematics.

    Tell: beside pupils, harder work in longer answers, and no two pupils at the same paper.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.gamma(2, 2, count).clip(0, 12)
    profiles, _ = campaign.profiles(start, 0.6)
    profiles["access"] = profiles["billing"] = "TR"
    profiles["payment"], profiles["referral"] = dealt(world, count, 1, 3), dealt(world, count, 3, 9)
    rows = campaign.extraction(start, np.full(count, 3.0), (18, 10, 8, 0, 52, 0, 4, 4, 4), 40)
    gone = rng.random(count) < 0.33
    put(rows, end=np.where(gone, start + rng.uniform(4, 16, count), 99.0), ramp=5)
    put(rows, rhythm=EVENING, steadiness=2.5, on_weekdays=0.85, on_weekends=0.9)
    put(rows, requests_per_day=world.volumes(count, 20, 0.5), session_length=6)
    put(rows, elicitation=[5, 2.8], conversation=True, log_output=6.7, tools=0)
    campaign.templates(rows, 4)
    on_telephones(world, rows, 3, 0)
    paced(rows)
    world.join("study_app", profiles, rows)


def preference_harvest(campaign: Campaign) -> None:
    """Wants judgements, not answers: pairs to rank, rubrics to apply, rewrites to prefer. To the
    classifier it is classification and writing, as a support product's; thirty templates, cards
    of two to five, by day, exits in homes.

    Tell: a dull mix with the highest elicitation, cards, and one even load.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = BEGIN + rng.uniform(0, 4, count)
    profiles, zone = campaign.profiles(start, 25)
    profiles["payment"] = campaign.dealt(count, 2, 5)
    rows = campaign.extraction(start, zone, (4, 4, 2, 0, 4, 0, 0, 4, 34, 6, 0, 4, 38), 35)
    put(rows, elicitation=[5, 2.5], log_input=8.4, log_output=5.6, tools=0, steadiness=6)
    put(rows, rhythm=rng.choice(WAKING, count), on_weekdays=0.93, on_weekends=0.6)
    campaign.templates(rows, 30, own=6)
    campaign.through(rows, (campaign.residential, 0.8), (world.pools.clouds, 0.2))
    paced(rows)
    world.join("preference_harvest", profiles, rows)


def launch_rush(campaign: Campaign) -> None:
    """Five hundred idle accounts, opened one by one over two months and each used for a little
    chat, are kept for the launch; then all ask the new model as much as they can for eight days or
    eleven, with everybody else who tries it, and fall silent.

    Tell: accounts that never coded turn within hours to one narrow work, and stop together.
    """
    world, rng = campaign.world, campaign.rng
    count = world.size(500)
    start = LAUNCH + 0.05 + rng.exponential(0.3, count).clip(0, 2)
    profiles, zone = campaign.profiles(start, 60)
    created = (profiles["created_at"] - START_MS) / DAY_MS
    profiles["payment"] = campaign.dealt(count, 2, 6)
    rows = campaign.extraction(start, zone, MIXED, 35)
    put(rows, end=16.8 + rng.uniform(0, 3, count), elicitation=[4, 3], steadiness=3)
    put(rows, rhythm=rng.choice((FLAT, *WAKING), count), session_length=9, log_gap=3)
    put(rows, adopts=LAUNCH, model_share=[0.97, 0.03])
    campaign.templates(rows, 50, own=6)
    campaign.through(rows, (campaign.residential, 1.0))
    idle = put(wide(chatting(world, count, 4, 0.6)), zone=zone, end=start)
    put(idle, start=np.maximum(created, 0) + 0.02, task_share=tasks(rng, "any", count, 8))
    put(idle, start=np.minimum(idle["start"], start))
    paced(rows)
    world.join("launch_rush", profiles, rows, idle)


ATTACKS = (
    company_shape,
    agent_host,
    telephone_farm,
    framework_rare_prompt,
    paid_crowd,
    honest_filler,
    study_app,
    preference_harvest,
    launch_rush,
)
