from functools import cache

import numpy as np
import pytest

from app.simulation.campaigns import LADDER
from app.simulation.leak_features import Summaries
from app.simulation.leaks import FEATURE_BOUND, Examination, examine
from app.simulation.oracle import auc, banded_auc, cross_validated
from app.simulation.population import Labels, Population
from app.simulation.rows import Rows

RNG = np.random.default_rng(8)


@cache
def summarised(rung: str, seed: int = 3) -> tuple[Summaries, Labels]:
    accounts = 200 if rung == "slow" else 100
    population = Population(
        seed, 700, LADDER[rung](accounts=accounts), days=4.0, heaviest_per_day=150.0
    )
    summaries = Summaries(population)
    for batch in population.batches():
        summaries.take(batch.rows)
    return summaries, population.labels


def world(rung: str) -> Examination:
    return examine(*summarised(rung), rung)


@pytest.mark.parametrize("rung", sorted(set(LADDER) - {"naive"}))
def test_no_rung_has_a_fingerprint_that_it_could_have_hidden(rung: str) -> None:
    found = world(rung)
    assert min(found.positives, found.negatives) > 50
    assert found.fingerprints == []
    hideable = [leak.feature for leak in found.leaks if not leak.by_definition]
    for feature in ("input_tokens", "output_tokens", "temperature", "surface.api", "tier.team"):
        assert feature in hideable
    assert len(hideable) > 40


def test_what_a_rung_is_by_definition_shows() -> None:
    naive = world("naive")
    assert naive.verdict == "marked"
    assert naive.leaks[0].auc > 0.98
    assert naive.leaks[0].by_definition
    hours = {leak.feature: leak.auc for leak in world("diurnal").leaks}
    flat = {leak.feature: leak.auc for leak in world("seed").leaks}
    assert flat["hours.kept"] > hours["hours.kept"] + 0.05


def test_a_planted_fingerprint_is_found() -> None:
    class Planted(Summaries):
        def take(self, rows: Rows) -> None:
            rows = rows.copy()
            theirs = population.labels.fraudulent[rows["account"]]
            rows["task_confidence"][theirs] = 0.31
            super().take(rows)

    population = Population(3, 400, LADDER["seed"](accounts=50), days=2.0, heaviest_per_day=150.0)
    summaries = Planted(population)
    for batch in population.batches():
        summaries.take(batch.rows)
    found = examine(summaries, population.labels, "seed")
    assert [leak.feature for leak in found.fingerprints] == ["task_confidence"]
    assert found.verdict == "marked"
    assert "task_confidence" in found.reasons[0]


def test_too_few_accounts_tell_nothing() -> None:
    population = Population(3, 100, LADDER["seed"](accounts=5), days=0.5, heaviest_per_day=150.0)
    summaries = Summaries(population)
    for batch in population.batches():
        summaries.take(batch.rows)
    assert examine(summaries, population.labels, "seed").verdict == "unknown"


def test_summaries_do_not_depend_on_how_the_stream_is_cut() -> None:
    tables = []
    for slice_ms in (3_600_000, 86_400_000):
        population = Population(4, 120, LADDER["seed"](accounts=10), heaviest_per_day=150.0)
        summaries = Summaries(population)
        for batch in population.batches(slice_ms):
            summaries.take(batch.rows)
        names, table = summaries.table()
        assert len(names) == table.shape[1] == len(set(names))
        assert np.all(np.isfinite(table))
        tables.append(table)
    assert np.allclose(*tables)


def test_pairs_are_compared_across_batches() -> None:
    population = Population(4, 60, None, heaviest_per_day=150.0)
    rows = np.concatenate([batch.rows for batch in population.batches()])
    account = np.bincount(rows["account"]).argmax()
    mine = rows[rows["account"] == account]
    summaries = Summaries(population)
    for row in range(len(mine)):
        summaries.take(mine[row : row + 1])
    names, table = summaries.table()
    moves = np.mean(mine["task"][1:] != mine["task"][:-1])
    assert table[account, names.index("task.moves")] == pytest.approx(moves)
    gaps = np.log1p(np.maximum(np.diff(mine["ts"]), 0))
    assert table[account, names.index("gap.mean")] == pytest.approx(gaps.mean())
    assert table[account, names.index("gap.spread")] == pytest.approx(gaps.std(), abs=1e-6)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    scores = RNG.integers(0, 6, 80).astype(float)
    truth = RNG.random(80) < 0.4
    pairs = scores[truth][:, None] - scores[~truth]
    assert auc(scores, truth) == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)))


def test_a_narrow_band_in_the_midst_is_found_and_chance_is_not() -> None:
    truth = np.arange(800) < 300
    wide = RNG.standard_normal(800)
    narrow = np.where(truth, 0.1 * wide, 2.0 * wide)
    fold = RNG.integers(0, 4, 800)
    assert abs(auc(narrow, truth) - 0.5) < 0.1
    assert banded_auc(narrow, truth, fold) > 0.8
    assert abs(banded_auc(wide, truth, fold) - 0.5) < 0.1
    noise = RNG.standard_normal((800, 30))
    assert abs(auc(cross_validated(noise, truth, fold), truth) - 0.5) < 0.1
    assert auc(cross_validated(np.column_stack([noise, narrow]), truth, fold), truth) > 0.8
    assert FEATURE_BOUND > 0.8
