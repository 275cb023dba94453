"""The figures that explain a decision: threshold, percentile and contribution of each feature."""

import math

from app.kernels import parameters as p
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Float, Int, Record
from app.kernels.evidence import (
    Floats,
    feature_evidence,
    percentile_of,
    reliability,
    threshold_deviation,
)
from app.kernels.features import FAMILY_OF, FEATURES, weight_at
from app.kernels.regimes import Regimes
from app.state.layout import EVIDENCE_FAMILIES


@lean_kernel
def describe(
    row: Record, now: Int, regimes: Regimes, r: Int, ignored: Int, decision: Record
) -> None:
    """Complete ``decision``, whose observed, deviation and evidence arrays are those of ``row``.

    The contribution of a family goes to the feature that brought it; families in the mask
    ``ignored`` contribute nothing.
    """
    policy = regimes.parameters[r]
    total = 0.0
    for k in range(EVIDENCE_FAMILIES):
        if not ignored & (1 << k):
            total += decision["evidence"][k]
    requests = weight_at(row, now)
    for f in range(FEATURES):
        decision["threshold"][f] = math.nan
        decision["percentile"][f] = math.nan
        decision["contribution"][f] = 0.0
        if math.isnan(decision["observed"][f]) or math.isnan(regimes.location[r, f]):
            continue
        trust = reliability(row, f, requests, policy[p.SHRINKAGE])
        starts = threshold_deviation(row, f, policy)
        decision["threshold"][f] = regimes.location[r, f] + starts * regimes.scale[r, f] / trust
        decision["percentile"][f] = percentile_of(decision["observed"][f], regimes.quantiles[r, f])
        if total > 0.0 and not ignored & (1 << FAMILY_OF[f]) and _leads(row, f, decision, policy):
            decision["contribution"][f] = decision["evidence"][FAMILY_OF[f]] / total


@lean_kernel
def _leads(row: Record, f: Int, decision: Record, policy: Floats) -> Bool:
    """Whether feature ``f`` is the first of its family that brings the family's evidence."""
    k = FAMILY_OF[f]
    if not decision["evidence"][k] > 0.0:
        return False
    for other in range(f):
        if (
            FAMILY_OF[other] == k
            and _evidence_of(row, other, decision, policy) == decision["evidence"][k]
        ):
            return False
    return _evidence_of(row, f, decision, policy) == decision["evidence"][k]


@lean_kernel
def _evidence_of(row: Record, f: Int, decision: Record, policy: Floats) -> Float:
    return feature_evidence(row, f, decision["deviation"][f], policy)
