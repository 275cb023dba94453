"""What further kinds of work are made of, by the classifier's labels."""

from tests.evaluation.third.tasks import WORK as THIRD

# agentic, software, planning, tools, mathematics, computer use, vision,
# data, writing, chat, translation, extraction, classification, other.
WORK: dict[str, tuple[float, ...]] = {
    **THIRD,
    "claims": (6, 0, 8, 6, 3, 0, 12, 6, 10, 0, 1, 36, 12, 0),
    "triage": (14, 0, 18, 4, 1, 0, 2, 8, 12, 8, 2, 9, 21, 1),
    "alerts": (34, 8, 14, 16, 0, 0, 0, 12, 4, 0, 0, 6, 6, 0),
    "patents": (10, 2, 8, 1, 2, 0, 5, 12, 16, 1, 9, 28, 5, 1),
    "quant": (18, 22, 10, 4, 24, 0, 0, 20, 0, 0, 0, 2, 0, 0),
    "puzzles": (14, 4, 12, 0, 64, 0, 2, 1, 0, 3, 0, 0, 0, 0),
    "test data": (4, 40, 2, 8, 1, 0, 0, 22, 8, 0, 2, 13, 0, 0),
    "migration": (24, 58, 10, 6, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0),
    "clerk": (2, 0, 4, 10, 0, 34, 8, 6, 6, 0, 0, 26, 4, 0),
    "radio": (10, 8, 14, 22, 6, 0, 2, 8, 4, 16, 4, 4, 1, 1),
    "shop": (1, 0, 3, 2, 0, 0, 8, 6, 44, 4, 18, 8, 6, 0),
    "survey": (4, 0, 8, 0, 1, 0, 1, 18, 20, 26, 8, 4, 10, 0),
    "rationale": (16, 0, 16, 2, 8, 0, 0, 20, 14, 0, 0, 8, 16, 0),
    "crisis": (6, 0, 16, 8, 0, 0, 12, 8, 4, 0, 14, 24, 8, 0),
    "coaching": (8, 46, 8, 0, 18, 0, 0, 6, 6, 8, 0, 0, 0, 0),
    "homework": (1, 6, 3, 0, 48, 0, 9, 4, 14, 13, 2, 0, 0, 0),
}
