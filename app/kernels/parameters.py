"""Where each number of a policy stands in the array that kernels read.

``app/policy/parameters.py`` fills the array; the document says what each number means.
"""

from app.kernels.features import FEATURES
from app.state.layout import EVIDENCE_FAMILIES, VERIFICATIONS

ALLOWED_LATENESS_MS = 0
RETENTION_MS = 1
PRIOR = 2  # log odds
SHRINKAGE = 3  # requests
CLEARED_MARGIN = 4  # deviations
SHADOW = 5  # 1: every decision is a shadow one
SHADOW_FAMILIES = 6  # bit mask of evidence families, and CAMPAIGN_BIT
LEAST_REQUESTS = 7  # the smallest sample that any step asks for

OBSERVE_RISK = 8
OBSERVE_REQUESTS = 9
OBSERVE_MS = 10

THROTTLE_RISK = 11
THROTTLE_REQUESTS = 12
THROTTLE_ACTIVE_HOURS = 13  # at least, of the last 24
THROTTLE_IDLE_HOURS = 14  # at most, of the last 24
THROTTLE_FAMILIES = 15
THROTTLE_MS = 16
THROTTLE_RENEW_MS = 17
THROTTLE_RELEASE_RISK = 18
THROTTLE_RELEASE_MS = 19
THROTTLE_REQUESTS_PER_MINUTE = 20
THROTTLE_TOKENS_PER_MINUTE = 21

SUSPEND_RISK = 22
SUSPEND_REQUESTS = 23
SUSPEND_ACTIVE_HOURS = 24
SUSPEND_IDLE_HOURS = 25
SUSPEND_FAMILIES = 26
SUSPEND_AFTER_THROTTLE_MS = 27
SUSPEND_MS = 28  # 0: until released
SUSPEND_RENEW_MS = 29
SUSPEND_RELEASE_RISK = 30  # below 0: only an operator releases
SUSPEND_RELEASE_MS = 31

CAMPAIGN_THROTTLE = 32
CAMPAIGN_SUSPEND = 33
CAMPAIGN_ROLLOUT = 34  # share of a campaign's accounts that are acted on

GUARD_PER_MINUTE = 35
GUARD_SHARE_PER_HOUR = 36
GUARD_LEAST_PER_HOUR = 37
GUARD_HOLD_MS = 38

STARTS_AT = 39  # per evidence family: deviations
SATURATES_AT = STARTS_AT + EVIDENCE_FAMILIES
WEIGHT = SATURATES_AT + EVIDENCE_FAMILIES  # nats
THROTTLE_NEEDS = WEIGHT + EVIDENCE_FAMILIES  # share of the weight without which no throttle
SUSPEND_NEEDS = THROTTLE_NEEDS + EVIDENCE_FAMILIES  # and no suspension
SIGNAL = SUSPEND_NEEDS + EVIDENCE_FAMILIES  # per feature: the most of its family it may bring
BAR = SIGNAL + FEATURES  # per verification: nats
CEILING = BAR + len(VERIFICATIONS)  # per verification: the highest ACTION_*
PARAMETERS = CEILING + len(VERIFICATIONS)

CAMPAIGN_BIT = 1 << EVIDENCE_FAMILIES
