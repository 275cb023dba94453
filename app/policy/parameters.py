"""A policy as the array of numbers that kernels read."""

import numpy as np
import numpy.typing as npt

from app.detection.features import EVIDENCE_NAMES, FEATURES
from app.kernels import parameters as p
from app.policy.document import PolicyDocument
from app.policy.reach import detectors, prior_log_odds
from app.policy.steps import Ladder
from app.state.layout import ACTIONS, EVIDENCE_FAMILIES

HOUR_MS = 3_600_000
NEVER_RELEASED = -1.0
MORE_THAN_ALL = EVIDENCE_FAMILIES + 1.0


def compile_parameters(policy: PolicyDocument) -> npt.NDArray[np.float64]:
    """float64[PARAMETERS], indexed by ``app.kernels.parameters``."""
    values = np.zeros(p.PARAMETERS, np.float64)
    clock = policy.clock
    values[p.ALLOWED_LATENESS_MS] = clock.allowed_lateness_hours * HOUR_MS
    values[p.RETENTION_MS] = clock.retention_days * 24 * HOUR_MS
    values[p.SHADOW] = policy.shadow
    _evidence(values, policy)
    _ladder(values, policy.ladder)
    campaigns = policy.campaigns
    values[p.CAMPAIGN_THROTTLE] = campaigns.throttle_probability
    values[p.CAMPAIGN_SUSPEND] = campaigns.suspend_probability
    values[p.CAMPAIGN_ROLLOUT] = campaigns.rollout
    guards = policy.guards
    values[p.GUARD_PER_MINUTE] = guards.actions_per_minute
    values[p.GUARD_SHARE_PER_HOUR] = guards.active_share_per_hour
    values[p.GUARD_LEAST_PER_HOUR] = guards.least_per_hour
    values[p.GUARD_HOLD_MS] = guards.hold_minutes * 60_000
    for v, customer in enumerate(policy.customers.by_verification()):
        values[p.BAR + v] = customer.bar
        values[p.CEILING + v] = ACTIONS.index(customer.ceiling)
    return values


def _evidence(values: npt.NDArray[np.float64], policy: PolicyDocument) -> None:
    values[p.PRIOR] = prior_log_odds(policy.evidence)
    values[p.SHRINKAGE] = policy.evidence.shrinkage_requests
    values[p.CLEARED_MARGIN] = policy.operators.cleared_margin
    shadow = p.CAMPAIGN_BIT if policy.campaigns.shadow else 0
    for k, detector in enumerate(detectors(policy.evidence)):
        values[p.STARTS_AT + k] = detector.starts_at
        values[p.SATURATES_AT + k] = detector.saturates_at
        values[p.WEIGHT + k] = detector.weight
        shadow |= detector.shadow << k
        values[p.THROTTLE_NEEDS + k] = detector.throttle_needs
        values[p.SUSPEND_NEEDS + k] = detector.suspend_needs
    values[p.SHADOW_FAMILIES] = shadow
    for f, feature in enumerate(FEATURES):
        detector = getattr(policy.evidence, EVIDENCE_NAMES[feature.family])
        # A family of one feature has no signal to weigh.
        values[p.SIGNAL + f] = getattr(detector, feature.signal, 1.0)


def _ladder(values: npt.NDArray[np.float64], ladder: Ladder) -> None:
    observe, throttle, suspend = ladder.observe, ladder.throttle, ladder.suspend
    values[p.OBSERVE_RISK] = observe.risk
    values[p.OBSERVE_REQUESTS] = observe.requests
    values[p.OBSERVE_MS] = observe.lapses_after_hours * HOUR_MS
    values[p.THROTTLE_RISK] = throttle.risk
    values[p.THROTTLE_REQUESTS] = throttle.requests
    values[p.THROTTLE_ACTIVE_HOURS] = throttle.active_hours
    values[p.THROTTLE_IDLE_HOURS] = throttle.idle_hours
    values[p.THROTTLE_FAMILIES] = throttle.families
    values[p.THROTTLE_MS] = throttle.lapses_after_hours * HOUR_MS
    values[p.THROTTLE_RENEW_MS] = throttle.renew_within_hours * HOUR_MS
    values[p.THROTTLE_RELEASE_RISK] = throttle.release_risk
    values[p.THROTTLE_RELEASE_MS] = throttle.release_after_hours * HOUR_MS
    values[p.THROTTLE_REQUESTS_PER_MINUTE] = throttle.requests_per_minute
    values[p.THROTTLE_TOKENS_PER_MINUTE] = throttle.tokens_per_minute
    values[p.SUSPEND_RISK] = suspend.risk
    values[p.SUSPEND_REQUESTS] = suspend.requests
    values[p.SUSPEND_ACTIVE_HOURS] = suspend.active_hours
    values[p.SUSPEND_IDLE_HOURS] = suspend.idle_hours
    values[p.SUSPEND_FAMILIES] = suspend.families if suspend.alone else MORE_THAN_ALL
    values[p.SUSPEND_AFTER_THROTTLE_MS] = suspend.after_throttle_hours * HOUR_MS
    values[p.SUSPEND_MS] = (suspend.lapses_after_hours or 0.0) * HOUR_MS
    values[p.SUSPEND_RENEW_MS] = suspend.renew_within_hours * HOUR_MS
    values[p.SUSPEND_RELEASE_RISK] = (
        suspend.release_risk if suspend.released_by_detector else NEVER_RELEASED
    )
    values[p.SUSPEND_RELEASE_MS] = suspend.release_after_hours * HOUR_MS
    values[p.LEAST_REQUESTS] = min(observe.requests, throttle.requests, suspend.requests)
