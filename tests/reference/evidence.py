"""Evidence in plain Python: from figures by name and a policy document to nats and risk."""

import math
from collections.abc import Mapping
from typing import Any

from app.detection.features import EVIDENCE_NAMES, FEATURES
from app.policy.document import PolicyDocument
from app.state.layout import VERIFICATIONS


def deviations_of(
    observed: Mapping[str, float],
    samples: Mapping[str, float],
    location: Mapping[str, float],
    scale: Mapping[str, float],
    policy: PolicyDocument,
) -> dict[str, float]:
    """Shrunk deviation of each feature; ``samples`` are requests, infinite for counts."""
    result = {}
    for name, value in observed.items():
        if math.isnan(value) or math.isnan(location[name]):
            result[name] = 0.0
            continue
        sample = samples[name]
        prior = policy.evidence.shrinkage_requests
        trust = 1.0 if math.isinf(sample) else sample / (sample + prior)
        result[name] = trust * (value - location[name]) / scale[name]
    return result


def evidence_of(
    deviations: Mapping[str, float], policy: PolicyDocument, cleared: Mapping[str, float]
) -> dict[str, float]:
    """Nats of each family; ``cleared`` holds the families that an operator's reversal cleared."""
    nats = dict.fromkeys(EVIDENCE_NAMES, 0.0)
    for feature in FEATURES:
        family = feature.evidence
        detector: Any = getattr(policy.evidence, family)
        deviation = deviations[feature.name]
        if family in cleared:
            beyond = cleared[family] + policy.operators.cleared_margin
            if deviation < beyond:
                continue
        if deviation < detector.starts_at:
            continue
        ramp = (deviation - detector.starts_at) / (detector.saturates_at - detector.starts_at)
        signal = getattr(detector, feature.signal, 1.0)
        nats[family] = max(nats[family], detector.weight * signal * min(ramp, 1.0))
    return nats


def risk_of(
    nats: Mapping[str, float], policy: PolicyDocument, verification: int, *, shadow: bool
) -> float:
    """Probability of abuse; the live one without the families that are in shadow."""
    prior = policy.evidence.prior
    total = math.log(prior / (1 - prior))
    total -= getattr(policy.customers, VERIFICATIONS[verification]).bar
    for family, value in nats.items():
        if shadow or not getattr(policy.evidence, family).shadow:
            total += value
    return 1 / (1 + math.exp(-total))
