"""Attacks that look like somebody honest: an old customer, a user of a tool, a product's users.

None of them links its accounts, and all come from clean lines.
"""

from tests.evaluation.second.calendar import DAY_MS, DAYTIME, DEVELOPER, FLAT, OFFICE, START_MS
from tests.evaluation.second.campaign import BEGIN, FRAUDULENT, REQUESTS_PER_DAY, WORK, Campaign
from tests.evaluation.second.habits import coding
from tests.evaluation.second.ladder import WAKING
from tests.evaluation.second.profiles import created
from tests.evaluation.second.programs import LIBRARIES, NO_TEMPLATE, with_agents, with_one_program
from tests.evaluation.second.reach import on_rotating_lines
from tests.evaluation.second.rows import Rows, put
from tests.evaluation.second.tasks import shares_near, tasks


def aged_bought(campaign: Campaign) -> None:
    """Old accounts of honest owners, sold one by one; the buyer uses clean lines."""
    world, rng = campaign.world, campaign.rng
    sale = BEGIN + rng.uniform(0, 4, world.size(FRAUDULENT))
    count = len(sale)
    profiles, zone = campaign.sign_up(sale, linked=False)
    profiles["created_at"] = created(world, count)
    rows = put(campaign.work(sale, zone), steadiness=2, on_weekdays=0.9, on_weekends=0.8)
    on_rotating_lines(world, rows)
    accounts = campaign.send("aged_bought", profiles, rows)
    owner = put(rows.copy(), start=0, end=sale, on_weekdays=0.6, on_weekends=0.4)
    campaign.cover(accounts, owner, world.volumes(count, 6, 0.4))


def framework(campaign: Campaign) -> None:
    """Drives the most popular coding agent: template, client and tools of everybody."""
    world, rng = campaign.world, campaign.rng
    start = campaign.starts(world.size(FRAUDULENT))
    profiles, zone = campaign.sign_up(start, linked=False)
    count = len(start)
    rows = put(
        coding(world, count, REQUESTS_PER_DAY, 0.5),
        start=start,
        zone=zone,
        steadiness=2,
        on_weekdays=0.9,
        on_weekends=0.8,
        elicitation=[1.2, 8],
        task_share=shares_near(rng, (40, 38, 16, 6) + 10 * (0,), count, 60),
        attack=True,
    )
    with_agents(world, rows, 0)
    on_rotating_lines(world, rows)
    campaign.send("framework", profiles, rows)


def plain_qa(campaign: Campaign) -> None:
    """Short plain questions without a system prompt, from homes whose address stays."""
    rows, profiles = _at_ease(campaign, 18, 0.9, (0.75, 0.5))
    count = len(rows)
    put(
        rows,
        steadiness=1,
        session_length=3,
        piped=0,
        tools=0,
        elicitation=[1, 9],
        log_input=4.8,
        template=NO_TEMPLATE,
        template_share=[1],
        task_share=shares_near(campaign.rng, WORK, count, 40),
    )
    on_rotating_lines(campaign.world, rows, lease=0)
    campaign.send("plain_qa", profiles, rows)


def product_front(campaign: Campaign) -> None:
    """A "study and code helper" of the attacker's, to look at a niche product with its users."""
    world, rng = campaign.world, campaign.rng
    rows, profiles = _at_ease(campaign, 18, 0.9, (0.8, 0.4))
    count = len(rows)
    profiles["created_at"] = START_MS - rng.integers(0, 60 * DAY_MS, count)
    put(
        rows,
        steadiness=1,
        rhythm=rng.choice([OFFICE, DEVELOPER], count),
        session_length=4,
        conversation=True,
        piped=0.4,
        prompts=50,
        elicitation=[2.5, 5],
        cadence=8,
        task_share=shares_near(rng, WORK, count, 12),
    )
    with_one_program(world, rows, (0.5, 0.25, 0.15, 0.07, 0.03), (0.85, 0.15))
    campaign.send("product_front", profiles, rows)


CELLS = (
    "review",
    "mathematics",
    "planning",
    "agent",
    "code",
    "data",
    "agent",
    "review",
    "planning",
    "mathematics",
)
ALPHAS = (5.0, 2.0, 1.5, 4.0, 3.0)


def ten_cells(campaign: Campaign) -> None:
    """Ten cells, each with its templates, client, hours and kind of work, one after the other."""
    world, rng = campaign.world, campaign.rng
    for cell, work in enumerate(CELLS):
        start = campaign.starts(world.size(FRAUDULENT // len(CELLS))) + 0.4 * cell
        profiles, zone = campaign.sign_up(start, linked=False)
        count = len(start)
        rows = put(
            campaign.work(start, zone),
            requests_per_day=world.volumes(count, 22, 0.4),
            steadiness=2,
            on_weekdays=0.9,
            on_weekends=0.7,
            rhythm=[DEVELOPER, DAYTIME, FLAT][cell % 3],
            template=world.fresh(3),
            template_share=[0.6, 0.3, 0.1],
            client=world.fresh(1) if cell % 2 else LIBRARIES[cell : cell + 1],
            client_share=[1],
            elicitation=[ALPHAS[cell % 5], 4],
            task_share=tasks(rng, work, count, 25),
        )
        on_rotating_lines(world, rows)
        campaign.send("ten_cells", profiles, rows)


def own_template(campaign: Campaign) -> None:
    """Nothing shared: an account's templates are its own, as are card and line."""
    rows, profiles = _at_ease(campaign, 18, 0.9, (0.8, 0.5))
    count = len(rows)
    put(
        rows,
        steadiness=1,
        session_length=4,
        template=campaign.world.fresh(3 * count).reshape(count, 3),
        template_share=[0.6, 0.3, 0.1],
        elicitation=[3, 4],
    )
    campaign.send("own_template", profiles, rows)


def multimodal(campaign: Campaign) -> None:
    """Breadth as camouflage: vision, data, computer use and translation among the rest."""
    rows, profiles = _at_ease(campaign, 20, 0.7, (0.85, 0.6))
    count = len(rows)
    broad = (16, 16, 12, 8, 8, 8, 8, 10, 5, 3, 2, 2, 2, 0)
    put(
        rows,
        steadiness=1.5,
        session_length=4,
        task_share=shares_near(campaign.rng, broad, count, 14),
        elicitation=[2.5, 5],
        model_share=campaign.rng.dirichlet([4, 3, 1], count),
    )
    campaign.send("multimodal", profiles, rows)


def _at_ease(
    campaign: Campaign, median: float, sigma: float, active: tuple[float, float]
) -> tuple[Rows, Rows]:
    """Streams and profiles of an attack without links: uneven volumes, waking hours, clean lines,
    and an ``active`` chance for weekdays and weekends."""
    world = campaign.world
    start = campaign.starts(world.size(FRAUDULENT))
    profiles, zone = campaign.sign_up(start, linked=False)
    rows = put(
        campaign.work(start, zone),
        requests_per_day=world.volumes(len(start), median, sigma),
        rhythm=campaign.rng.choice(WAKING, len(start)),
        on_weekdays=active[0],
        on_weekends=active[1],
    )
    on_rotating_lines(world, rows)
    return rows, profiles


ATTACKS = (
    aged_bought,
    framework,
    plain_qa,
    product_front,
    ten_cells,
    own_template,
    multimodal,
)
