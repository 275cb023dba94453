"""What people send requests with: browsers, libraries, coding agents, and programs of their own.

A template stands for a system prompt with its tools, a client for how a program shows on the wire.
"""

from typing import NamedTuple

import numpy as np

from tests.evaluation.second.hashes import Hashes, mix
from tests.evaluation.second.rows import TEMPLATES, Rows, put
from tests.evaluation.second.world import Floats, World

BROWSERS = mix(np.arange(40), 902)
LIBRARIES = mix(np.arange(30), 903)
NO_TEMPLATE = mix(np.array([0]), 904)
"""No system prompt and no tools: strangers without number share it."""

CHAT_PAGE = mix(np.arange(3), 905)
"""The vendor's own page, and two modes of it."""

SAMPLES = mix(np.arange(12), 906)
"""System prompts of the documentation, and the like."""


class Agent(NamedTuple):
    """A coding agent that many use: four templates (work, helper, title, summary), five clients for
    as many systems, and a release every ``cadence`` days (0: none in the time of a recording)."""

    templates: Hashes
    clients: Hashes
    cadence: float
    phase: float
    tools: int


AGENTS = tuple(
    Agent(mix(np.arange(4), 910 + i), mix(np.arange(5), 930 + i), cadence, phase, tools)
    for i, (cadence, phase, tools) in enumerate(
        [(5.0, 1.2, 16), (9.0, 3.3, 22), (14.0, 6.1, 11), (0.0, 0.0, 9)]
    )
)
AGENT_SHARE = (0.5, 0.27, 0.15, 0.08)
AGENT_TEMPLATE_SHARE = (0.72, 0.14, 0.08, 0.06)
SYSTEM_SHARE = (0.4, 0.3, 0.15, 0.1, 0.05)


def popular(choices: Hashes, exponent: float, count: int, rng: np.random.Generator) -> Hashes:
    """So many of ``choices``, whose shares fall by a power law."""
    weight: Floats = 1 / np.arange(1, len(choices) + 1) ** exponent
    return rng.choice(choices, count, p=weight / weight.sum())


def with_browsers(world: World, rows: Rows) -> None:
    """Two browsers each, one of them rarely."""
    pair = [popular(BROWSERS, 1.1, len(rows), world.rng) for _ in range(2)]
    put(rows, client=np.stack(pair, 1), client_share=[0.8, 0.2])


def with_libraries(world: World, rows: Rows, first: int | None = None) -> None:
    """A library each, any of them or one of the ``first`` few."""
    count = len(rows)
    if first is None:
        client = popular(LIBRARIES, 1.2, count, world.rng)
    else:
        client = world.rng.choice(LIBRARIES[:first], count)
    put(rows, client=client[:, None], client_share=[1])


def with_own_templates(world: World, rows: Rows) -> None:
    """Templates of their own, used unevenly; a third mostly have none, or a sample."""
    count = len(rows)
    template = world.fresh(TEMPLATES * count).reshape(count, TEMPLATES)
    kind = world.rng.random(count)
    sample = world.rng.choice(SAMPLES, count)
    template[:, 0] = np.where(
        kind < 0.25, NO_TEMPLATE, np.where(kind < 0.35, sample, template[:, 0])
    )
    share = world.rng.dirichlet(np.full(TEMPLATES, 0.35), count)
    put(rows, template=template, template_share=-np.sort(-share, axis=1))


def with_agents(world: World, rows: Rows, which: int | None = None) -> None:
    """A coding agent each, any of them or ``which``; people update at their own pace."""
    rng, count = world.rng, len(rows)
    drawn = rng.choice(len(AGENTS), count, p=AGENT_SHARE)
    agent = drawn if which is None else np.full(count, which)
    systems = rng.choice(5, (count, 2), p=SYSTEM_SHARE)
    clients = np.stack([each.clients for each in AGENTS])
    put(
        rows,
        template=np.stack([each.templates for each in AGENTS])[agent],
        template_share=AGENT_TEMPLATE_SHARE,
        client=clients[agent[:, None], systems],
        client_share=[0.92, 0.08],
        cadence=np.array([each.cadence for each in AGENTS])[agent],
        phase=np.array([each.phase for each in AGENTS])[agent],
        lag=rng.exponential(1.2, count),
        tools=np.array([each.tools for each in AGENTS])[agent],
    )


def with_one_program(
    world: World, rows: Rows, template_share: tuple[float, ...], client_share: tuple[float, ...]
) -> None:
    """A program that all of ``rows`` share and nobody else has."""
    put(
        rows,
        template=world.fresh(len(template_share)),
        template_share=template_share,
        client=world.fresh(len(client_share)),
        client_share=client_share,
    )
