"""Populations for tests: snapshots with chosen distributions, and the regimes they make."""

import math
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np

from app.detection.features import FEATURES
from app.detection.population import Snapshot
from app.kernels.regimes import LEVELS, Regimes
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from app.state.layout import TASKS

# Medians and deviations of an ordinary population, in kernel units.
ORDINARY: dict[str, tuple[float, float]] = {
    "volume.requests": (3.0, 1.5),
    "volume.output_tokens": (9.0, 1.5),
    "content.capabilities": (0.2, 0.5),
    "elicitation.score": (0.15, 0.12),
    "templates.fresh": (0.05, 0.12),
    "rhythm.active_hours": (5.0, 4.0),
    "rhythm.steadiness": (-3.5, 1.0),
    "rhythm.surge": (0.0, 0.5),
    "conduct.openings": (0.25, 0.15),
    "conduct.networks": (0.1, 0.15),
    "conduct.proxy": (0.05, 0.1),
}
EVEN_MIX = np.full(len(TASKS), 1 / len(TASKS))


def snapshot(
    number: int = 1,
    starts: int = 0,
    accounts: int = 10_000,
    features: Mapping[str, tuple[float, float]] = ORDINARY,
) -> Snapshot:
    """A population whose features are normal with the given (median, deviation)."""
    normal = [NormalDist().inv_cdf(level) for level in LEVELS]
    quantiles = np.full((len(FEATURES), len(LEVELS)), math.nan)
    for f, feature in enumerate(FEATURES):
        if feature.name in features:
            median, deviation = features[feature.name]
            quantiles[f] = [median + deviation * z for z in normal]
    return Snapshot(number, starts, accounts, quantiles, EVEN_MIX)


def regimes(policy: PolicyDocument | None = None) -> Regimes:
    """One regime: a policy (the default) and an ordinary population, for all time."""
    built = build_regimes([policy or PolicyDocument()], [snapshot()])
    # Before the snapshot comes a cold regime, and after its life another: only it stays.
    own = {name: array[1:2] for name, array in built._asdict().items() if name != "watches"}
    return Regimes(**own)
