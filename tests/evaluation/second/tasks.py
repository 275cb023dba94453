"""What different kinds of work are made of, by the classifier's labels."""

import numpy as np

from tests.evaluation.second.world import Floats

# In the order of `vocabulary.TASKS`:
# agentic, software, planning, tools, mathematics, computer use, vision,
# data, writing, chat, translation, extraction, classification, other.
WORK: dict[str, tuple[float, ...]] = {
    "chat": (1, 8, 2, 1, 5, 0, 6, 6, 22, 36, 5, 2, 1, 5),
    "code": (14, 52, 5, 17, 1, 1, 1, 4, 1, 2, 0, 1, 0, 1),
    "agent": (34, 22, 14, 24, 1, 1, 0, 3, 0, 0, 0, 1, 0, 0),
    "pipeline": (2, 2, 1, 4, 0, 0, 4, 14, 8, 3, 6, 30, 24, 2),
    "benchmark": (14, 26, 4, 6, 30, 0, 2, 4, 2, 2, 0, 4, 4, 2),
    "mathematics": (2, 8, 2, 1, 66, 0, 3, 6, 4, 6, 0, 0, 1, 1),
    "writing": (0, 0, 3, 0, 0, 0, 2, 1, 76, 15, 1, 1, 0, 1),
    "support": (1, 0, 0, 6, 0, 0, 0, 1, 40, 30, 6, 6, 8, 2),
    "translation": (0, 0, 0, 0, 0, 0, 1, 1, 14, 6, 74, 2, 1, 1),
    "labelling": (4, 12, 3, 1, 14, 0, 1, 2, 14, 10, 2, 4, 30, 3),
    "review": (6, 84, 1, 5, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0),
    "planning": (16, 2, 52, 8, 0, 0, 0, 8, 8, 4, 0, 1, 0, 1),
    "data": (6, 10, 2, 8, 4, 0, 3, 50, 4, 4, 0, 6, 2, 1),
}


def tasks(rng: np.random.Generator, work: str, count: int, alike: float) -> Floats:
    """Shares of tasks for each of ``count``; the larger ``alike``, the more alike they are."""
    return shares_near(rng, WORK[work], count, alike)


def shares_near(
    rng: np.random.Generator, weights: tuple[float, ...], count: int, alike: float
) -> Floats:
    mean = np.array(weights) / sum(weights)
    return rng.dirichlet(mean * alike + 0.01, count)
