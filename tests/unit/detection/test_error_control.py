import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.detection.error_control import discoveries, log_mean_exp


def by_definition(log_e: list[float], rate: float) -> int:
    """The number of rejections of e-BH, straight from the paper, in logarithms."""
    n = len(log_e)
    ordered = sorted(log_e, reverse=True)
    bar = [math.log(n) - float(np.log(k)) - math.log(rate) for k in range(1, n + 1)]
    return max((k for k in range(1, n + 1) if ordered[k - 1] >= bar[k - 1]), default=0)


@given(st.lists(st.floats(-5, 20), max_size=40), st.sampled_from([0.01, 0.05, 0.2, 1.0]))
def test_rejects_as_many_as_the_definition(log_e: list[float], rate: float) -> None:
    rejected = discoveries(np.array(log_e, np.float64), rate)
    assert rejected.sum() == by_definition(log_e, rate)
    if 0 < rejected.sum() < len(log_e):
        values = np.array(log_e)
        assert values[rejected].min() >= values[~rejected].max()


def test_an_honest_world_has_few_discoveries() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(2_000):
        # exp(x - 1/2) of a standard normal has mean one: an e-value.
        found += bool(discoveries(rng.standard_normal(200) * 1.0 - 0.5, 0.05).any())
    assert found <= 0.05 * 2_000


def test_many_suspects_lower_the_bar_for_each() -> None:
    alone = np.zeros(100)
    alone[0] = math.log(500.0)
    assert not discoveries(alone, 0.05).any()
    together = np.zeros(100)
    together[:10] = math.log(500.0)
    assert discoveries(together, 0.05)[:10].all()


@pytest.mark.parametrize("rate", [0.0, -1.0, 1.5])
def test_a_rate_must_be_a_rate(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        discoveries(np.zeros(1), rate)


def test_the_mean_of_exponentials() -> None:
    values = np.array([0.0, 1.0, 2.0])
    assert log_mean_exp(values) == pytest.approx(math.log(np.exp(values).mean()))
    assert log_mean_exp(np.array([1000.0, 1000.0])) == pytest.approx(1000.0)
    assert log_mean_exp(np.empty(0)) == -math.inf
