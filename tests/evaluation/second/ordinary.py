"""Ordinary people and their programs: the mass that all else hides in or stands out from."""

from tests.evaluation.second.calendar import FLAT, OFFICE
from tests.evaluation.second.habits import beta_pairs, calling, chatting, coding, live_at
from tests.evaluation.second.profiles import own_domains, people
from tests.evaluation.second.reach import vpn_at_times
from tests.evaluation.second.rows import put
from tests.evaluation.second.tasks import tasks
from tests.evaluation.second.vocabulary import API
from tests.evaluation.second.world import World


def free_chats(world: World) -> None:
    profiles, home = people(world, world.size(1_700), "free", "email")
    rows = live_at(chatting(world, len(profiles), 4), home)
    world.join("free_chat", profiles, rows)


def paid_chats(world: World) -> None:
    profiles, home = people(world, world.size(1_100))
    world.join("paid_chat", profiles, live_at(chatting(world, len(profiles), 8), home))


def agent_users(world: World) -> None:
    """A few popular coding agents: thousands of strangers with one template and client."""
    profiles, home = people(world, world.size(2_000))
    own_domains(world, profiles, 0.3)
    rows = put(coding(world, len(profiles)), zone=home.zone)
    world.join("coding_agent_user", profiles, rows)


def api_developers(world: World) -> None:
    profiles, home = people(world, world.size(1_300))
    count = len(profiles)
    own_domains(world, profiles, 0.5)
    tiers = ["individual", "team", "startup"]
    profiles["tier"] = world.rng.choice(tiers, count, p=[0.5, 0.35, 0.15])
    rows = live_at(calling(world, count), home)
    world.join("api_developer", profiles, put(rows, flushed=world.rng.random(count) < 0.03))


def agent_builders(world: World) -> None:
    """Agents of their own: long conversations, tools, reasoning."""
    profiles, home = people(world, world.size(150))
    count = len(profiles)
    rows = put(
        calling(world, count, 25, 1.2, "agent"),
        zone=home.zone,
        conversation=True,
        piped=0.2,
        tools=6,
        reasoning=0.6,
        elicitation=beta_pairs(world, count, 1, 4, 8),
    )
    world.join("agent_builder", profiles, rows)


def vpn_users(world: World) -> None:
    profiles, home = people(world, world.size(380))
    rows = live_at(chatting(world, len(profiles), 9, 1.0), home)
    vpn_at_times(world, rows)
    world.join("vpn_user", profiles, rows)


def vpn_coders(world: World) -> None:
    profiles, home = people(world, world.size(120))
    rows = put(coding(world, len(profiles), 30, 1.0), zone=home.zone)
    vpn_at_times(world, rows)
    world.join("vpn_coder", profiles, rows)


def translators(world: World) -> None:
    profiles, home = people(world, world.size(120))
    count = len(profiles)
    rows = put(
        chatting(world, count, 20),
        task_share=tasks(world.rng, "translation", count, 30),
        zone=home.zone,
        language=world.rng.integers(1, 12, count),
        rhythm=OFFICE,
    )
    world.join("translator", profiles, rows)


def teachers_and_auditors(world: World) -> None:
    """Who must see how an answer came about, and asks for it."""
    profiles, home = people(world, world.size(90))
    rows = put(
        live_at(chatting(world, len(profiles), 14, 0.8), home),
        elicitation=[5, 2.5],
        task_share=tasks(world.rng, "mathematics", len(profiles), 10),
    )
    world.join("teacher_or_auditor", profiles, rows)


def heavy_users(world: World) -> None:
    """A thousand times what others send, every day."""
    profiles, home = people(world, world.size(9))
    rows = put(
        calling(world, len(profiles), 2_200, 0.5),
        zone=home.zone,
        on_weekdays=1,
        on_weekends=1,
        session_length=80,
        log_gap=0.5,
        steadiness=2,
    )
    world.join("heavy_user", profiles, rows)


def overnight_agents(world: World) -> None:
    """Loops that work while people sleep."""
    profiles, home = people(world, world.size(130))
    rows = put(
        coding(world, len(profiles), 140, 0.7),
        rhythm=FLAT,
        on_weekdays=0.9,
        on_weekends=0.8,
        steadiness=2,
        session_length=60,
        task_share=tasks(world.rng, "agent", len(profiles), 15),
        zone=home.zone,
    )
    world.join("overnight_agent", profiles, rows)


def scheduled_jobs(world: World) -> None:
    """At the full hour, once a day or every hour: mostly the same prompts again."""
    profiles, home = people(world, world.size(260))
    rows = put(
        calling(world, len(profiles), 45, 1.0),
        zone=home.zone,
        scheduled_hours=world.rng.choice([1, 2, 4, 24], len(profiles)),
        session_length=40,
        log_gap=0.8,
        steadiness=15,
        on_weekdays=0.98,
        on_weekends=0.9,
        piped=0.95,
    )
    world.join("scheduled_job", profiles, rows)


def private_suites(world: World) -> None:
    """An evaluation of one's own: fixed prompts that ask for reasoning, at temperature 0."""
    profiles, home = people(world, world.size(60))
    rows = put(
        calling(world, len(profiles), 90, 0.9, "benchmark"),
        zone=home.zone,
        elicitation=[5, 3],
        piped=1,
        prompts=300,
        likeness=5,
        temperature=0,
        reasoning=0.8,
    )
    world.join("private_suite", profiles, rows)


def annotators(world: World) -> None:
    """Piece workers who label from home, in one platform's template."""
    profiles, home = people(world, world.size(50))
    rows = put(
        live_at(chatting(world, len(profiles), 22, 0.5), home),
        steadiness=2,
        on_weekdays=0.6,
        on_weekends=0.4,
        surface=API,
        template=world.fresh(2),
        template_share=[0.8, 0.2],
        task_share=tasks(world.rng, "labelling", len(profiles), 40),
        elicitation=[5, 3],
    )
    world.join("annotator", profiles, rows)


def multilingual_products(world: World) -> None:
    """One company's translation service, on several accounts."""
    profiles, home = people(world, world.size(9), "team")
    count = len(profiles)
    profiles["payment"], profiles["email_domain"] = world.fresh(2)
    rows = put(
        calling(world, count, 250, 0.4, "translation"),
        zone=home.zone,
        language=world.rng.integers(0, 12, count),
        template=world.fresh(2),
        template_share=[0.7, 0.3],
        steadiness=6,
    )
    world.join("multilingual_product", profiles, rows)


KINDS = (
    free_chats,
    paid_chats,
    agent_users,
    api_developers,
    agent_builders,
    vpn_users,
    vpn_coders,
    translators,
    teachers_and_auditors,
    heavy_users,
    overnight_agents,
    scheduled_jobs,
    private_suites,
    annotators,
    multilingual_products,
)
