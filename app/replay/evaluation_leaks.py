"""The leak tests of one world, run before anything is scored on it."""

import math
from typing import Any

from app.simulation.leak_features import Summaries
from app.simulation.leaks import examine
from app.simulation.population import Population

NAMED = 5


def examine_world(population: Population, rung: str, until_ms: int) -> dict[str, Any]:
    """What the leak tests find in ``population`` up to ``until_ms``, as nobody interferes with it.

    ``verdict`` is ``clean``, ``marked`` (results on this world say little) or ``unknown`` (too few
    accounts); ``oracle`` and ``hideable_oracle`` are AUCs of a classifier that is told the answer;
    ``fingerprints`` are features that a campaign could have hidden and did not.
    """
    summaries = Summaries(population)
    for batch in population.batches():
        summaries.take(batch.rows)
        if batch.to_ms >= until_ms:
            break
    found = examine(summaries, population.labels, rung, population.seed)
    return {
        "verdict": found.verdict,
        "oracle": _number(found.oracle),
        "hideable_oracle": _number(found.hideable_oracle),
        "positives": found.positives,
        "negatives": found.negatives,
        "fingerprints": {leak.feature: round(leak.auc, 4) for leak in found.fingerprints},
        "strongest": {leak.feature: round(leak.auc, 4) for leak in found.leaks[:NAMED]},
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
