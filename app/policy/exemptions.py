"""A policy's exemptions in the form that kernels compare with rows."""

import numpy as np

from app.kernels import exemptions as k
from app.kernels.spec import string_hash
from app.policy.customers import Exemption
from app.state.layout import TIERS, VERIFICATIONS

_KINDS = {
    "tier": k.EXEMPT_TIER,
    "verification": k.EXEMPT_VERIFICATION,
    "org": k.EXEMPT_ORG,
    "payment": k.EXEMPT_PAYMENT,
    "email_domain": k.EXEMPT_EMAIL_DOMAIN,
}


def kind_of(exemption: Exemption) -> int:
    """EXEMPT_*."""
    return _KINDS[exemption.kind]


def value_of(exemption: Exemption) -> np.uint64:
    """What a row's field must equal."""
    if exemption.kind == "tier":
        return np.uint64(TIERS.index(exemption.value))
    if exemption.kind == "verification":
        return np.uint64(VERIFICATIONS.index(exemption.value))
    if exemption.kind == "org":
        return np.int64(string_hash(exemption.value)).astype(np.uint64)
    return np.uint64(int(exemption.value, 16))
