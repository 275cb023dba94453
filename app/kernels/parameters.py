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
REQUIRED_FAMILIES = 8  # bit mask: without each of them no limit

OBSERVE_RISK = 9
OBSERVE_REQUESTS = 10
OBSERVE_MS = 11

THROTTLE_RISK = 12
THROTTLE_REQUESTS = 13
THROTTLE_HOURS = 14
THROTTLE_FAMILIES = 15
THROTTLE_MS = 16
THROTTLE_RENEW_MS = 17
THROTTLE_RELEASE_RISK = 18
THROTTLE_RELEASE_MS = 19
THROTTLE_REQUESTS_PER_MINUTE = 20
THROTTLE_TOKENS_PER_MINUTE = 21

SUSPEND_RISK = 22
SUSPEND_REQUESTS = 23
SUSPEND_HOURS = 24
SUSPEND_FAMILIES = 25
SUSPEND_AFTER_THROTTLE_MS = 26
SUSPEND_MS = 27  # 0: until released
SUSPEND_RENEW_MS = 28
SUSPEND_RELEASE_RISK = 29  # below 0: only an operator releases
SUSPEND_RELEASE_MS = 30

CAMPAIGN_THROTTLE = 31
CAMPAIGN_SUSPEND = 32
CAMPAIGN_ROLLOUT = 33  # share of a campaign's accounts that are acted on

GUARD_PER_MINUTE = 34
GUARD_SHARE_PER_HOUR = 35
GUARD_LEAST_PER_HOUR = 36
GUARD_HOLD_MS = 37

LEAST_REQUESTS = 38  # the smallest sample that any step asks for
OPERATOR_HOLD_MS = 39

STARTS_AT = 40  # per evidence family: deviations
SATURATES_AT = STARTS_AT + EVIDENCE_FAMILIES
WEIGHT = SATURATES_AT + EVIDENCE_FAMILIES  # nats
SIGNAL = WEIGHT + EVIDENCE_FAMILIES  # per feature: the most of its family that it may bring
BAR = SIGNAL + FEATURES  # per verification: nats
CEILING = BAR + len(VERIFICATIONS)  # per verification: the highest ACTION_*
PARAMETERS = CEILING + len(VERIFICATIONS)

CAMPAIGN_BIT = 1 << EVIDENCE_FAMILIES
