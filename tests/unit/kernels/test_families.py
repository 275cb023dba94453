"""What the rows remember of prompts: families, fresh prompts, suites."""

import numpy as np
import pytest

from app.kernels.families import popcount, uniform
from app.kernels.features import fresh_share
from app.kernels.fold_row import fold_request
from app.kernels.windows import SATURATION
from app.state.layout import TASKS, WEEK
from tests.reference.portraits import new_row
from tests.reference.requests import START, Ask, columns_of


def templated(rng: np.random.Generator, centres: list[int], flips: int) -> int:
    prompt = int(rng.choice(centres))
    for bit in rng.choice(64, flips, replace=False).tolist():
        prompt ^= 1 << bit
    return prompt


def centres(rng: np.random.Generator, count: int) -> list[int]:
    return [int(bits) for bits in rng.integers(0, 2**63, count)]


def share_of(prompts: list[int], turn: int = 1) -> float:
    row = new_row()
    for i, prompt in enumerate(prompts):
        fold_request(
            row, columns_of(Ask(START + i * 60_000, prompt=prompt, turn=turn)), START + i * 60_000
        )
    return float(fresh_share(row))


def test_fresh_prompts_of_few_templates_are_seen() -> None:
    rng = np.random.default_rng(1)
    templates = centres(rng, 4)
    assert share_of([templated(rng, templates, 4) for _ in range(300)]) > 0.9


def test_unrelated_prompts_are_not_templated() -> None:
    rng = np.random.default_rng(2)
    assert share_of(centres(rng, 300)) < 0.05


def test_a_suite_that_is_run_again_stops_being_fresh() -> None:
    rng = np.random.default_rng(3)
    templates = centres(rng, 4)
    suite = [templated(rng, templates, 4) for _ in range(100)]
    runs = [share_of(suite * n) for n in (1, 2, 4, 12)]
    assert runs[0] > 0.9
    assert runs == sorted(runs, reverse=True)
    assert runs[1] < 0.6
    assert runs[3] < 0.05


def test_the_same_prompt_again_and_again_is_not_fresh() -> None:
    assert share_of([0xABCDEF] * 200) == 0.0


def test_several_answers_to_each_prompt_do_not_make_a_suite() -> None:
    rng = np.random.default_rng(4)
    templates = centres(rng, 3)
    fresh = [templated(rng, templates, 4) for _ in range(100)]
    sampled = share_of([prompt for prompt in fresh for _ in range(4)])
    assert sampled > 0.2  # a quarter are new: the rest decide nothing


def test_chance_agreements_do_not_make_a_suite() -> None:
    rng = np.random.default_rng(5)
    templates = centres(rng, 3)
    # One prompt in five is the template word for word.
    prompts = [
        int(rng.choice(templates)) if rng.random() < 0.2 else templated(rng, templates, 4)
        for _ in range(1_000)
    ]
    assert share_of(prompts) > 0.4


def test_later_turns_found_no_family() -> None:
    assert np.isnan(share_of([1, 2, 3], turn=2))


@pytest.mark.parametrize("word", [0, 1, 2**63, 2**64 - 1, 0xF0F0, 0x8000000000000001])
def test_popcount_counts_bits(word: int) -> None:
    assert popcount(np.uint64(word)) == word.bit_count()


def test_uniform_is_uniform_enough() -> None:
    draws = np.array([uniform(i) for i in range(20_000)])
    assert 0.0 <= draws.min() < 0.001
    assert 0.999 < draws.max() < 1.0
    assert abs(np.histogram(draws, 10)[0] / 20_000 - 0.1).max() < 0.01


def test_a_full_window_keeps_its_shares() -> None:
    row = new_row()
    row["events"] = 1
    row["first_ts"] = row["last_ts"] = START
    row["requests"] = SATURATION - 100
    row["tasks"][3] = SATURATION - 100
    for i in range(30_000):
        ts = START + i * 100  # ten a second
        fold_request(row, columns_of(Ask(ts, task=i % 2 * 3, elicitation=0.2)), ts)
    assert row["requests"][WEEK] <= SATURATION + 1
    assert row["events"] == 30_001
    assert row["last_ts"] == START + 29_999 * 100
    assert row["tasks"].sum() == pytest.approx(float(row["requests"][WEEK]), rel=1e-3)
    forgotten = SATURATION * (1 - np.exp(-3_000_000 / 604_800_000))
    assert row["tasks"][0] == pytest.approx(forgotten / 2, rel=0.1)
    assert len(TASKS) == row["tasks"].size
