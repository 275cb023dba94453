"""Where each number of a policy stands in the array that kernels read.

``app/policy/parameters.py`` fills the array; the document says what each number means.
"""

from app.kernels.features import FEATURES
from app.state.layout import EVIDENCE_FAMILIES, VERIFICATIONS

ALLOWED_LATENESS_MS = 0
RETENTION_MS = 1
EPOCH_MS = 2
PRIOR = 3  # log odds
SHRINKAGE = 4  # requests
CLEARED_MARGIN = 5  # deviations
SHADOW = 6  # 1: every decision is a shadow one
SHADOW_FAMILIES = 7  # bit mask of evidence families, and CAMPAIGN_BIT
LEAST_REQUESTS = 8  # the smallest sample that any step asks for

OBSERVE_RISK = 9
OBSERVE_REQUESTS = 10
OBSERVE_MS = 11

THROTTLE_RISK = 12
THROTTLE_REQUESTS = 13
THROTTLE_ACTIVE_HOURS = 14  # at least, of the last 24
THROTTLE_IDLE_HOURS = 15  # at most, of the last 24
THROTTLE_FAMILIES = 16
THROTTLE_MS = 17
THROTTLE_RENEW_MS = 18
THROTTLE_RELEASE_RISK = 19
THROTTLE_RELEASE_MS = 20
THROTTLE_REQUESTS_PER_MINUTE = 21
THROTTLE_TOKENS_PER_MINUTE = 22

SUSPEND_RISK = 23
SUSPEND_REQUESTS = 24
SUSPEND_ACTIVE_HOURS = 25
SUSPEND_IDLE_HOURS = 26
SUSPEND_FAMILIES = 27
SUSPEND_AFTER_THROTTLE_MS = 28
SUSPEND_MS = 29  # 0: until released
SUSPEND_RENEW_MS = 30
SUSPEND_RELEASE_RISK = 31  # below 0: only an operator releases
SUSPEND_RELEASE_MS = 32

CAMPAIGN_THROTTLE = 33
CAMPAIGN_SUSPEND = 34
CAMPAIGN_ROLLOUT = 35  # share of a campaign's accounts that are acted on

GUARD_PER_MINUTE = 36
GUARD_SHARE_PER_HOUR = 37
GUARD_LEAST_PER_HOUR = 38
GUARD_HOLD_MS = 39

STARTS_AT = 40  # per evidence family: deviations
SATURATES_AT = STARTS_AT + EVIDENCE_FAMILIES
WEIGHT = SATURATES_AT + EVIDENCE_FAMILIES  # nats
THROTTLE_NEEDS = WEIGHT + EVIDENCE_FAMILIES  # share of the weight without which no throttle
SUSPEND_NEEDS = THROTTLE_NEEDS + EVIDENCE_FAMILIES  # and no suspension
SIGNAL = SUSPEND_NEEDS + EVIDENCE_FAMILIES  # per feature: the most of its family it may bring
BAR = SIGNAL + FEATURES  # per verification: nats
CEILING = BAR + len(VERIFICATIONS)  # per verification: the highest ACTION_*
PARAMETERS = CEILING + len(VERIFICATIONS)

CAMPAIGN_BIT = 1 << EVIDENCE_FAMILIES
