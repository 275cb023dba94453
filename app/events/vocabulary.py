"""Words that records use. Lists that rows index by position come from the row layout."""

from typing import Literal

from app.state.layout import TASKS, TIERS, VERIFICATIONS

__all__ = ["LINK_KINDS", "TASKS", "TIERS", "VERIFICATIONS"]

Tier = Literal[
    "free", "individual", "team", "enterprise", "education", "research", "startup", "reseller"
]
Verification = Literal["none", "email", "phone", "card", "document", "contract"]
Action = Literal["observe", "throttle", "suspend", "release"]
LinkKind = Literal[
    "payment",
    "network",
    "device",
    "client",
    "email_domain",
    "referral",
    "program",
    "signup_hour",
    "campaign",
    "ring",
]
LINK_KINDS: tuple[LinkKind, ...] = (
    "payment",
    "network",
    "device",
    "client",
    "email_domain",
    "referral",
    "program",  # template hash: one client program
    "signup_hour",
    "campaign",  # the campaign that an account was found to be in
    "ring",  # accounts that cards and devices, each of several of them, join together
)
