"""Does a simulated world give its campaign away?

A detector can look brilliant on a world whose generator has left fingerprints: one temperature, one
token law, one kind of date. Here two examinations look for them before anything is scored, with
the labels in hand: each feature of an account by itself, and a logistic regression over all of
them. Both see what one account's own records tell and nothing of what accounts share: that is what
a campaign cannot hide, and what the detector is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from app.simulation.leak_features import Summaries
from app.simulation.oracle import auc, banded_auc, cross_validated
from app.simulation.population import Labels
from app.simulation.rows import FloatArray, IntArray

FEATURE_BOUND = 0.9
"""A feature that a campaign could hide and that separates better than this is a fingerprint.

AUC, against honest accounts that use the API. Above it an account threshold catches most of the
campaign for a few false alarms in a hundred, and what the detector adds cannot be seen."""

ORACLE_BOUND = 0.995
"""Likewise for all features together: above it no group evidence is needed at all."""

LEAST_REQUESTS = 10
LEAST_ACCOUNTS = 20
OWN_PROGRAMS = 0.5
"""Share of requests outside the console from which an honest account counts as an API user."""

ALWAYS_TOLD = (
    "task.",
    "elicitation",
    "model.",
    "reasoning",
    "latency",
    "volume",
    "template.moves",
)
"""Features that no rung hides: what it is after and how much of it, as the ladder prescribes. The
most capable model thinks longest and its answers take longest, and a few hundred template families
are not one program.

At a low attack share cover hides them too, but for ``volume``, which the share modes prescribe."""

PLACES = ("proxy", "hosted", "net.moves", "ip.moves")

TOLD_BY: dict[str, tuple[str, ...]] = {
    "naive": ("",),
    "seed": (*PLACES, "hours."),
    "paraphrase": (*PLACES, "hours.", "prompt."),
    "unlinked": (*PLACES, "hours.", "verification.", "payment"),
    "diurnal": PLACES,
    "slow": (*PLACES, "hours.", "gap."),
    "pivot": (*PLACES, "hours."),
    "hydra": (*PLACES, "hours.", "age"),
    "sleeper": (*PLACES, "hours."),
    "combined": (*PLACES, "verification.", "payment", "prompt.", "age"),
}
"""What else each rung cannot hide, by the beginnings of names: proxies, working round the clock,
paraphrasing. Whoever is replaced within the hour is young."""


@dataclass(frozen=True)
class Leak:
    """One feature: how well it separates, and whether the campaign's own definition says so."""

    feature: str
    auc: float
    by_definition: bool


@dataclass(frozen=True)
class Examination:
    """What was found in one world.

    ``leaks`` holds every feature, the worst first. ``hideable_oracle`` is the AUC of the regression
    without what is told by definition, ``oracle`` with it. ``positives`` and ``negatives`` are the
    accounts compared; where there are too few of either, nothing can be said.
    """

    leaks: tuple[Leak, ...]
    oracle: float
    hideable_oracle: float
    positives: int
    negatives: int

    @property
    def fingerprints(self) -> list[Leak]:
        """Features that a campaign could have hidden and did not."""
        return [leak for leak in self.leaks if leak.auc > FEATURE_BOUND and not leak.by_definition]

    @property
    def reasons(self) -> list[str]:
        """Why the world is marked, in words; empty where it is not."""
        found = [
            f"{leak.feature} alone separates with AUC {leak.auc:.3f}, though it could be hidden"
            for leak in self.fingerprints
        ]
        if self.oracle > ORACLE_BOUND:
            found.append(
                f"a regression that knows the labels separates single accounts with AUC"
                f" {self.oracle:.3f} ({self.hideable_oracle:.3f} without what the rung is by"
                f" definition)"
            )
        return found

    @property
    def verdict(self) -> Literal["clean", "marked", "unknown"]:
        """``marked``: results on this world say little, and must carry the mark."""
        if min(self.positives, self.negatives) < LEAST_ACCOUNTS:
            return "unknown"
        return "marked" if self.reasons else "clean"


def examine(summaries: Summaries, labels: Labels, rung: str, seed: int = 0) -> Examination:
    """Compare the fraudulent accounts with honest ones that use the API, feature by feature.

    ``summaries`` has taken in the batches of the world that ``labels`` are of.
    """
    names, features = summaries.table()
    enough = summaries.requests >= LEAST_REQUESTS
    positive = enough & labels.fraudulent
    negative = enough & ~labels.fraudulent & (summaries.outside_console >= OWN_PROGRAMS)
    chosen = np.flatnonzero(positive | negative)
    truth = positive[chosen]
    counts = int(truth.sum()), int((~truth).sum())
    if min(counts) < LEAST_ACCOUNTS:
        return Examination((), np.nan, np.nan, *counts)
    values = features[chosen]
    told = [_told(name, rung) for name in names]
    rng = np.random.default_rng(seed)
    fold = rng.integers(0, 4, truth.size)
    leaks = [
        Leak(name, _separation(values[:, column], truth, fold), by_definition)
        for column, (name, by_definition) in enumerate(zip(names, told, strict=True))
    ]
    leaks.sort(key=lambda leak: -leak.auc)
    hideable = values[:, ~np.array(told)]
    return Examination(
        tuple(leaks),
        auc(cross_validated(values, truth, fold), truth),
        auc(cross_validated(hideable, truth, fold), truth) if hideable.size else np.nan,
        *counts,
    )


def _told(name: str, rung: str) -> bool:
    prefixes: Sequence[str] = (*ALWAYS_TOLD, *TOLD_BY[rung])
    return name.startswith(tuple(prefixes))


def _separation(values: FloatArray, truth: npt.NDArray[np.bool_], fold: IntArray) -> float:
    one_sided = auc(values, truth)
    return max(one_sided, 1.0 - one_sided, banded_auc(values, truth, fold))
