"""Who may be observed but never limited, and how far the ladder goes for whom."""

import numpy as np

from app.kernels import parameters as p
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Int, Record
from app.kernels.regimes import Regimes
from app.state.layout import ACTION_OBSERVE, FLAG_PROFILE, VERIFICATIONS

EXEMPT_NONE = 0
EXEMPT_TIER = 1
EXEMPT_VERIFICATION = 2
EXEMPT_ORG = 3
EXEMPT_PAYMENT = 4
EXEMPT_EMAIL_DOMAIN = 5


@lean_kernel
def verification_of(row: Record) -> Int:
    """The account's verification; that of a stranger while no profile is known."""
    if not row["flags"] & FLAG_PROFILE or row["verification"] >= len(VERIFICATIONS):
        return 0
    return row["verification"]


@lean_kernel
def is_exempt(row: Record, now: Int, regimes: Regimes, r: Int) -> Bool:
    """Whether profile, operator or policy exempt the account at event time ``now`` (ms)."""
    if row["exempt_until"] > now or row["operator_exempt_until"] > now:
        return True
    for i in range(regimes.exempt_kind.shape[1]):
        kind = regimes.exempt_kind[r, i]
        if kind == EXEMPT_NONE:
            return False
        if regimes.exempt_until[r, i] > now and _matches(row, kind, regimes.exempt_value[r, i]):
            return True
    return False


@lean_kernel
def _matches(row: Record, kind: Int, value: Int) -> Bool:
    if not row["flags"] & FLAG_PROFILE:
        return False
    if kind == EXEMPT_TIER:
        return row["tier"] == value
    if kind == EXEMPT_VERIFICATION:
        return row["verification"] == value
    if kind == EXEMPT_ORG:
        return row["org"] == value
    if kind == EXEMPT_PAYMENT:
        return row["payment"] == value
    return kind == EXEMPT_EMAIL_DOMAIN and row["email_domain"] == value


@lean_kernel
def ceiling_of(row: Record, now: Int, regimes: Regimes, r: Int) -> Int:
    """The highest action that detectors may take on the account."""
    if is_exempt(row, now, regimes, r):
        return ACTION_OBSERVE
    return np.int64(regimes.parameters[r, p.CEILING + verification_of(row)])
