"""Membership: an account held against its group's profile, by the formula in plain Python."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernels.membership import CAP, LEAST_MEAN, TOTAL_CAP, membership
from app.state.link_layout import NORMAL_SCORES

PRIOR = math.log(0.96 / 0.04)
SCORES = len(NORMAL_SCORES)


def asked(means: list[float], own: list[float], trust: float) -> tuple[Any, Any, int]:
    """The profile of a link whose members have ``means``; and the scores of an account with
    deviations ``own``, with the trust in them."""
    profile = np.rint((np.array(means) + 4) * 125 / 4).astype(np.uint8)
    scores = np.rint((np.array(own) + 4) * 125).astype(np.int64)
    return profile, scores, round(1000 * trust)


def plainly(profile: Any, scores: Any, trust: int, prior: float) -> float:
    total = 0.0
    for k in range(SCORES):
        mean = (4 * float(profile[k]) - 500) / 125
        own = (float(scores[k]) - 500) / 125
        if abs(mean) >= LEAST_MEAN:
            total += max(min(mean * own - trust / 1000 * mean**2 / 2, CAP), -CAP)
    total = max(min(total, TOTAL_CAP), -TOTAL_CAP)
    return 1 / (1 + math.exp(-prior - total))


deviations = st.lists(st.floats(-4, 4), min_size=SCORES, max_size=SCORES)


@given(deviations, deviations, st.floats(0, 1), st.floats(-3, 3))
def test_it_is_the_formula(
    means: list[float], own: list[float], trust: float, prior: float
) -> None:
    case = asked(means, own, trust)
    assert membership(*case, prior) == pytest.approx(plainly(*case, prior), abs=1e-9)


def test_likeness_convicts_and_a_stranger_is_spared() -> None:
    means = [3.0, 2.0, 0.0, 2.0, 1.0, 2.5, 1.0, 0.0, 0.0]
    alike = membership(*asked(means, [0.8 * mean for mean in means], 0.8), PRIOR)
    stranger = membership(*asked(means, [0.0] * SCORES, 0.8), PRIOR)
    assert alike > 0.99
    assert stranger < 0.5


def test_a_new_account_is_recognised_by_little() -> None:
    """Six requests are shrunk by a quarter: a member shows a quarter of what the group does."""
    means, trust = [3.0, 2.0, 0.0, 2.0, 0.0, 2.5, 0.0, 0.0, 0.0], 0.25
    new = membership(*asked(means, [trust * mean for mean in means], trust), PRIOR)
    assert new > 0.96
    assert new > membership(*asked(means, [0.0] * SCORES, trust), PRIOR)


def test_a_group_like_everybody_tells_nobody_apart() -> None:
    ordinary = [0.3] * SCORES
    assert membership(*asked(ordinary, [4.0] * SCORES, 1.0), 0.5) == pytest.approx(
        1 / (1 + math.exp(-0.5))
    )
