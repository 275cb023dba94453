"""A dozen kinds of customers and one of distillers, drawn from a few numbers each.

Small on purpose and blind to the detector: what somebody does, how often, when, and with which
prompts. ``app.simulation`` has the populations that are fitted to traces.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import columns as c
from app.state.layout import TASKS, VERIFICATIONS

Floats = npt.NDArray[np.float64]

DAY_MS = 86_400_000


class Kind(NamedTuple):
    """One kind of account.

    ``hours`` of the day in which it is active, on its own local time; ``burst`` requests that come
    together, ``turns`` of a conversation; ``templates`` of its opening prompts, 0: every one is
    new; ``suite`` prompts repeated in order, 0: never repeats.
    """

    per_day: float
    spread: float = 0.7  # of the logarithm
    hours: tuple[float, float] = (8.0, 22.0)
    burst: float = 4.0
    turns: int = 1
    tasks: str = "chat"
    focus: float = 6.0
    elicitation: float = 0.15
    templates: int = 0
    suite: int = 0
    proxy: float = 0.05
    tokens: float = 300.0
    verification: str = "card"


ALWAYS = (0.0, 24.0)
HONEST = {
    "individual": Kind(8, 1.2, turns=4, focus=1.5),
    "developer": Kind(60, 1.0, tasks="software_engineering data_analysis chat", turns=3, focus=3.0),
    "coding_tool": Kind(150, tasks="software_engineering tool_use", turns=12, elicitation=0.22),
    "agent": Kind(1_200, 0.5, ALWAYS, 40, 30, "agentic_reasoning tool_use", elicitation=0.25),
    "cron": Kind(120, 0.3, ALWAYS, 5, tasks="extraction", templates=2, suite=10, proxy=0.4),
    "product": Kind(1_500, 1.0, ALWAYS, 3, tasks="extraction writing", templates=4, proxy=0.4),
    "translator": Kind(250, 0.5, (8, 20), 10, tasks="translation", templates=2),
    "suite_by_day": Kind(
        400, 0.3, (9, 18), 100, 1, "software_engineering mathematics", 6, 0.7, 5, tokens=1_200
    ),
    "suite_around_the_clock": Kind(
        900, 0.3, ALWAYS, 40, 1, "software_engineering mathematics", 6, 0.7, 5, 120, tokens=1_200
    ),
    "class": Kind(80, 0.5, (13, 24), 5, 3, "software_engineering mathematics", 6, 0.4),
    "teacher": Kind(40, 0.5, (8, 18), 4, 2, "mathematics writing", 4, 0.75),
    "heavy_user": Kind(1_500, 0.5, (7, 25), 8, 5, "chat software_engineering", 2, 0.25),
    "load_test": Kind(3_000, 0.2, (10, 11), 1_000, tasks="chat", templates=1, suite=1),
    "labelling_vendor": Kind(
        900, 0.3, ALWAYS, 3, 1, "mathematics writing", 6, 0.75, 5, verification="contract"
    ),
}
SHARES = {
    "individual": 0.42,
    "developer": 0.16,
    "coding_tool": 0.14,
    "product": 0.05,
    "teacher": 0.03,
    "class": 0.04,
}
DISTILLER = Kind(
    320,
    0.2,
    ALWAYS,
    1,
    1,
    "agentic_reasoning software_engineering long_horizon_planning",
    20,
    0.75,
    4,
    proxy=0.7,
    tokens=1_800,
)


def population(
    count: int, distillers: int, days: float, seed: int
) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.int64], list[int]]:
    """(kind of each account, its number of each request, values int64[n, REQ_WIDTH] by time,
    verification of each account)."""
    rng = np.random.default_rng(seed)
    names = []
    for name in HONEST:
        names += [name] * max(round(SHARES.get(name, 0.0) * count), 4)
    names += ["distiller"] * distillers
    kinds = [HONEST.get(name, DISTILLER) for name in names]
    drawn = [requests(kind, days, rng) for kind in kinds]
    owner = np.repeat(np.arange(len(drawn)), [len(values) for values in drawn])
    values = np.concatenate(drawn)
    order = np.argsort(values[:, c.REQ_TS], kind="stable")
    checks = [VERIFICATIONS.index(kind.verification) for kind in kinds]
    return names, owner[order], values[order], checks


def requests(kind: Kind, days: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """The requests of one account of this kind, int64[n, REQ_WIDTH], in order."""
    rate = kind.per_day * np.exp(rng.normal(0, kind.spread))
    ts = times(kind, rate, days, rng)
    count = len(ts)
    turn = np.arange(count) % kind.turns + 1
    values = np.zeros((count, c.REQ_WIDTH), np.int64)
    values[:, c.REQ_TS] = ts
    values[:, c.REQ_STATUS] = 200
    values[:, c.REQ_TASK] = rng.choice(len(TASKS), count, p=tasks(kind, rng))
    mean = np.clip(rng.normal(kind.elicitation, 0.06), 0.02, 0.95)
    values[:, c.REQ_ELICITATION] = bits(rng.beta(6 * mean, 6 * (1 - mean), count))
    values[:, c.REQ_PROXY] = bits(np.clip(rng.normal(kind.proxy, 0.05, count), 0, 1))
    values[:, c.REQ_OUTPUT_TOKENS] = kind.tokens * np.exp(rng.normal(0, 0.7, count))
    values[:, c.REQ_TURN] = turn
    values[:, c.REQ_PROMPT_SIMHASH] = prompts(kind, count, rng).view(np.int64)
    values[:, c.REQ_NET_HASH] = rng.integers(1, 3, count)
    return values


def times(kind: Kind, rate: float, days: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    bursts = rng.poisson(rate * days / kind.burst)
    first, last = kind.hours
    zone = rng.uniform(0, 24)
    day = rng.integers(0, max(int(np.ceil(days)), 1), bursts)
    hour = (rng.uniform(first, last, bursts) + zone) % 24
    size = rng.poisson(kind.burst, bursts) if kind.burst > 1 else np.ones(bursts, np.int64)
    start = np.repeat((day + hour / 24) * DAY_MS, size)
    ts = start + rng.uniform(0, 20_000 * kind.burst, len(start)) * (kind.burst > 1)
    return np.sort(ts[ts < days * DAY_MS]).astype(np.int64)


def tasks(kind: Kind, rng: np.random.Generator) -> Floats:
    wanted = np.full(len(TASKS), 0.02)
    for name in kind.tasks.split():
        wanted[TASKS.index(name)] = 1.0
    return rng.dirichlet(np.maximum(wanted * kind.focus, 0.01))


def prompts(kind: Kind, count: int, rng: np.random.Generator) -> npt.NDArray[np.uint64]:
    length = kind.suite or count
    made = rng.integers(0, 2**64, length, np.uint64)
    if kind.templates:
        made = rng.choice(rng.integers(0, 2**64, kind.templates, np.uint64), length)
        for _ in range(4):
            made ^= np.uint64(1) << rng.integers(0, 64, length, np.uint64)
    return made[np.arange(count) % length]


def bits(values: Floats) -> npt.NDArray[np.int64]:
    return values.astype(np.float64).view(np.int64)
