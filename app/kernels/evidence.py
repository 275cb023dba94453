"""How unusual an account is, and what that is worth: deviations, nats, risk.

A feature's deviation is its modified z-score against the live population (Iglewicz and Hoaglin,
"How to detect and handle outliers", 1993), with an upper semi-quantile scale taken well inside the
distribution, so that up to a quarter of fraudulent accounts cannot hide among themselves. A small
sample is shrunk towards the population (its deviation times ``n / (n + shrinkage)``), which is the
empirical Bayes estimate with a prior worth that many requests.

A family of evidence is as strong as its strongest feature, because the features of one family say
the same thing twice. It is worth nothing up to ``starts_at`` deviations, its full weight from
``saturates_at`` on, and linearly more in between: a capped log likelihood ratio, so that no single
trait, however extreme, convicts. Nats of independent families add up with the prior log odds.
"""

import math

import numpy as np
import numpy.typing as npt

from app.kernels import parameters as p
from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Float, Int, Record
from app.kernels.features import (
    FAMILY_OF,
    FEATURES,
    RHYTHM_STEADINESS,
    TEMPLATES_FRESH,
    VOLUME,
    extract_features,
    weight_at,
)
from app.kernels.regimes import COLD, LEVELS, QUANTILES, Regimes, regime_at
from app.state.layout import EVIDENCE_FAMILIES, WEEK

__all__ = ["Regimes", "deviation_from", "percentile_of", "regime_at", "risk_of", "weigh"]

Floats = npt.NDArray[np.float64]


@inlined_kernel
def weigh(
    row: Record,
    now: Int,
    regimes: Regimes,
    r: Int,
    observed: Floats,
    deviations: Floats,
    evidence: Floats,
) -> None:
    """Weigh the account ``row`` as of ``now`` (ms) under regime ``r``.

    Writes ``observed`` float64[FEATURES] (NaN: no answer), ``deviations`` float64[FEATURES], shrunk
    (0: no answer), and ``evidence`` float64[EVIDENCE_FAMILIES] in nats. All is silent (NaN, 0, 0)
    while no population is known: nothing is judged against guessed constants.
    """
    evidence[:] = 0.0
    deviations[:] = 0.0
    if regimes.snapshot[r] == COLD or not row["requests"][WEEK] > 0.0:
        observed[:] = math.nan
        return
    extract_features(row, now, regimes.mix[r], observed)
    policy = regimes.parameters[r]
    requests = weight_at(row, now)
    for f in range(FEATURES):
        trust = reliability(row, f, requests, policy[p.SHRINKAGE])
        deviation = trust * deviation_from(observed[f], regimes.location[r, f], regimes.scale[r, f])
        deviations[f] = deviation
        k = FAMILY_OF[f]
        evidence[k] = max(evidence[k], feature_evidence(row, f, deviation, policy))


@lean_kernel
def feature_evidence(row: Record, f: Int, deviation: float, policy: Floats) -> Float:
    """What ``deviation`` of feature ``f`` is worth, nats."""
    k = FAMILY_OF[f]
    if deviation < threshold_deviation(row, f, policy):
        return 0.0
    starts = policy[p.STARTS_AT + k]
    ramp = (deviation - starts) / (policy[p.SATURATES_AT + k] - starts)
    return policy[p.WEIGHT + k] * policy[p.SIGNAL + f] * min(max(ramp, 0.0), 1.0)


@lean_kernel
def threshold_deviation(row: Record, f: Int, policy: Floats) -> Float:
    """The deviation from which feature ``f`` of this account counts.

    An operator's reversal clears what spoke then: that family speaks again only when it goes
    clearly beyond (see ``app/policy/operators.py``).
    """
    k = FAMILY_OF[f]
    starts = policy[p.STARTS_AT + k]
    if row["detectors_off"] & (1 << k):
        starts = max(starts, row["cleared"][k] + policy[p.CLEARED_MARGIN])
    return starts


@lean_kernel
def reliability(row: Record, f: Int, requests: float, shrinkage: float) -> Float:
    """How much of feature ``f``'s deviation to believe, 0..1, from the size of its sample."""
    if FAMILY_OF[f] == VOLUME:
        return 1.0  # a count is no estimate
    sample = requests
    if f == RHYTHM_STEADINESS:
        sample = min(requests, np.float64(row["gap_weight"]))
    elif f == TEMPLATES_FRESH:
        sample = requests * np.float64(row["opening"]) / np.float64(row["requests"][WEEK])
    return sample / (sample + shrinkage)


@lean_kernel
def deviation_from(value: float, location: float, scale: float) -> Float:
    """The modified z-score; 0 where there is no value or the population gave no distribution."""
    if math.isnan(value) or math.isnan(location):
        return 0.0
    return (value - location) / scale


@lean_kernel
def risk_of(evidence: Floats, ignored: Int, log_odds: float) -> Float:
    """Probability of abuse: ``log_odds`` plus the evidence of the families not in ``ignored``."""
    total = log_odds
    for k in range(EVIDENCE_FAMILIES):
        if not ignored & (1 << k):
            total += evidence[k]
    return 1.0 / (1.0 + math.exp(-total))


@lean_kernel
def percentile_of(value: float, quantiles: Floats) -> Float:
    """Share of the population below ``value``, 0 to 100, from ``quantiles`` float64[QUANTILES].

    Linear between the kept quantiles; outside of them the outermost level, which is all that is
    known. NaN when there is no value or no distribution.
    """
    if math.isnan(value) or math.isnan(quantiles[0]):
        return math.nan
    if value <= quantiles[0]:
        return 0.0 if value < quantiles[0] else 100.0 * LEVELS[0]
    for q in range(1, QUANTILES):
        if value <= quantiles[q]:
            span = quantiles[q] - quantiles[q - 1]
            part = (value - quantiles[q - 1]) / span
            return 100.0 * (LEVELS[q - 1] + part * (LEVELS[q] - LEVELS[q - 1]))
    return 100.0 * LEVELS[QUANTILES - 1]
