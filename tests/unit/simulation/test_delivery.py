import numpy as np

from app.simulation.delivery import UNAVAILABLE, strike
from app.simulation.population import START_MS, Population
from app.simulation.rows import DELIVERY, Rows

MINUTE = 60_000
OUTAGES = np.array([[100, 130], [400, 420]]) * MINUTE


def requests(count: int = 6_000) -> Rows:
    rows = np.zeros(count, DELIVERY)
    rows["ts"] = np.linspace(0, 600 * MINUTE, count, endpoint=False)
    rows["account"] = np.arange(count) % 50
    rows["prompt_simhash"] = np.arange(count)
    rows["status"], rows["output_tokens"], rows["reasoning_tokens"] = 200, 80, 40
    rows["attack"] = rows["account"] == 7
    return rows


def test_what_is_asked_during_an_outage_fails_and_nothing_else() -> None:
    before = requests()
    rows = strike(requests(), OUTAGES, np.random.default_rng(1))
    struck = rows[: len(before)]
    inside = np.zeros(len(before), np.bool_)
    for begin, end in OUTAGES:
        inside |= (begin <= before["ts"]) & (before["ts"] < end)
    assert inside.sum() == 500
    assert np.array_equal(struck["status"] == UNAVAILABLE, inside)
    assert not struck["output_tokens"][inside].any()
    assert not struck["reasoning_tokens"][inside].any()
    assert np.array_equal(struck[~inside], before[~inside])


def test_everyone_retries_at_once_when_it_is_over() -> None:
    before = requests()
    rows = strike(before.copy(), OUTAGES, np.random.default_rng(1))
    again = rows[len(before) :]
    assert 350 < len(again) < 450
    original = before[again["prompt_simhash"].astype(np.int64)]
    ends = OUTAGES[np.searchsorted(OUTAGES[:, 0], original["ts"], side="right") - 1, 1]
    delay = again["ts"] - ends
    assert delay.min() >= 0
    assert np.quantile(delay, 0.9) < 3 * MINUTE
    for kept in ("account", "prompt_simhash", "status", "output_tokens", "attack"):
        assert np.array_equal(again[kept], original[kept])


def test_a_world_without_an_outage_is_left_alone() -> None:
    before = requests()
    calm = strike(before.copy(), np.empty((0, 2), np.int64), np.random.default_rng(1))
    assert np.array_equal(calm, before)
    quiet = strike(before.copy(), OUTAGES + 10_000 * MINUTE, np.random.default_rng(1))
    assert np.array_equal(quiet, before)


def test_a_population_has_outages_and_storms_after_them() -> None:
    population = Population(3, 4_000, days=1.0, busy=10.0, heaviest_per_day=2_000.0)
    rows = np.concatenate([batch.rows for batch in population.batches()])
    failed = rows[rows["status"] == UNAVAILABLE]
    assert len(failed) > 300
    # Of an account whose clock is right: the whole failure within 35 minutes, half way through.
    begin, end = np.quantile(failed["ts"], [0.05, 0.95])
    assert end - begin < 35 * MINUTE
    assert 0.5 < (begin - START_MS) / (population.end_ms - START_MS) < 0.6
    per_minute = np.bincount((rows["ts"] - START_MS).clip(0) // MINUTE, minlength=1_440)
    over = int(failed["ts"].max() - START_MS) // MINUTE
    storm = per_minute[over - 4 : over + 3].max()
    assert storm > 4 * np.median(per_minute)
