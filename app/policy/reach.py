"""How far a policy's evidence can go."""

import math

from app.detection.features import EVIDENCE_NAMES, FEATURES
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


def out_of_reach(evidence: Evidence) -> str | None:
    """A need that no account could meet, or None: as the path of the setting."""
    for name, detector in zip(EVIDENCE_NAMES, detectors(evidence), strict=True):
        signals = [getattr(detector, signal) for signal in signals_of(name)] or [1.0]
        most = max(signals) if detector.weight > 0 else 0.0
        for need in ("throttle_needs", "suspend_needs"):
            if getattr(detector, need) > most:
                return f"evidence.{name}.{need}"
    return None


def signals_of(evidence: str) -> list[str]:
    """The settings of a family of evidence that weigh its features; a lone feature has none."""
    names = [feature.signal for feature in FEATURES if feature.evidence == evidence]
    return names if len(names) > 1 else []
