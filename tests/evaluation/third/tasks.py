"""What further kinds of work are made of, by the classifier's labels."""

import numpy as np

from tests.evaluation.second.tasks import WORK as SECOND
from tests.evaluation.second.tasks import shares_near
from tests.evaluation.second.world import Floats

# agentic, software, planning, tools, mathematics, computer use, vision,
# data, writing, chat, translation, extraction, classification, other.
WORK: dict[str, tuple[float, ...]] = {
    **SECOND,
    "robot": (22, 6, 26, 20, 2, 0, 18, 3, 0, 0, 0, 1, 1, 1),
    "character": (6, 0, 8, 4, 0, 0, 0, 0, 34, 44, 1, 0, 1, 2),
    "legal": (4, 0, 14, 2, 0, 0, 2, 8, 26, 4, 2, 30, 7, 1),
    "scribe": (0, 0, 2, 1, 0, 0, 1, 3, 48, 1, 2, 36, 5, 1),
    "home": (18, 2, 10, 52, 0, 0, 2, 2, 1, 10, 1, 1, 1, 0),
    "trading": (22, 4, 24, 10, 10, 0, 0, 26, 0, 0, 0, 2, 2, 0),
    "reading": (0, 1, 0, 0, 0, 0, 1, 3, 16, 6, 6, 58, 7, 2),
    "screen": (14, 0, 6, 10, 0, 58, 8, 0, 1, 2, 0, 1, 0, 0),
    "security": (24, 44, 6, 12, 4, 1, 2, 3, 0, 2, 0, 2, 0, 0),
    "grading": (0, 4, 2, 0, 22, 0, 1, 2, 30, 4, 2, 4, 28, 3),
    "science": (10, 16, 6, 6, 14, 0, 4, 24, 12, 4, 0, 2, 1, 1),
    "any": (5, 12, 4, 4, 6, 1, 4, 7, 22, 22, 5, 4, 2, 2),
}


def tasks(rng: np.random.Generator, work: str, count: int, alike: float) -> Floats:
    """Shares of tasks for each of ``count``; the larger ``alike``, the more alike they are."""
    return shares_near(rng, WORK[work], count, alike)
