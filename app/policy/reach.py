"""How far a policy's evidence can go."""

import math

from app.detection.features import EVIDENCE_NAMES
from app.policy.evidence import Detector, Evidence


def detectors(evidence: Evidence) -> list[Detector]:
    """The families of evidence, in the order of ``EVIDENCE_NAMES``."""
    return [getattr(evidence, name) for name in EVIDENCE_NAMES]


def prior_log_odds(evidence: Evidence) -> float:
    """The belief before any evidence, in nats."""
    return math.log(evidence.prior / (1.0 - evidence.prior))


def highest_risk(evidence: Evidence) -> float:
    """The risk of an account for which every family speaks in full."""
    total = prior_log_odds(evidence) + sum(each.weight for each in detectors(evidence))
    return 1.0 / (1.0 + math.exp(-total))
