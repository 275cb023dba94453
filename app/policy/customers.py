"""Settings of how far the ladder goes for whom: customers known by name, and exemptions."""

import re
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from app.events.fields import MILLIS_MAX
from app.policy.setting import Section, setting
from app.state.layout import TIERS, VERIFICATIONS

Ceiling = Literal["observe", "throttle", "suspend"]


def _bar(default: float, why: str) -> Any:
    return setting(
        default,
        "Evidence that the verification outweighs.",
        unit="nats",
        why=why,
        ge=0,
        le=50,
    )


def _ceiling(default: str, why: str) -> Any:
    return setting(default, "The highest step that detectors may take.", unit="step", why=why)


class Customer(Section):
    """A verification that anybody can buy: no credit."""

    bar: float = _bar(0.0, "addresses, numbers and cards are what fraudulent accounts come with")
    ceiling: Ceiling = _ceiling("suspend", "an account like any other")


class KnownCustomer(Customer):
    """A checked identity: labelling vendors look like distillers, but they can be asked."""

    bar: float = _bar(2.3, "abuse is ten times less likely")
    ceiling: Ceiling = _ceiling("throttle", "somebody known is asked before being cut off")


class ContractCustomer(Customer):
    """A customer with a contract is called, not cut off."""

    bar: float = _bar(4.6, "abuse is a hundred times less likely")
    ceiling: Ceiling = _ceiling("observe", "a limit would break the contract on a suspicion")


class Customers(Section):
    """How far the ladder goes, by what is known of the customer (the profile's verification)."""

    none: Customer = Field(default_factory=Customer, description=str(Customer.__doc__))
    email: Customer = Field(default_factory=Customer, description=str(Customer.__doc__))
    phone: Customer = Field(default_factory=Customer, description=str(Customer.__doc__))
    card: Customer = Field(default_factory=Customer, description=str(Customer.__doc__))
    document: KnownCustomer = Field(
        default_factory=KnownCustomer, description=str(KnownCustomer.__doc__)
    )
    contract: ContractCustomer = Field(
        default_factory=ContractCustomer, description=str(ContractCustomer.__doc__)
    )

    def by_verification(self) -> list[Customer]:
        """In the order of ``VERIFICATIONS``."""
        return [getattr(self, name) for name in VERIFICATIONS]


ExemptionKind = Literal["tier", "verification", "org", "payment", "email_domain"]


class Exemption(Section):
    """A class of accounts that is observed, never limited, until a date."""

    kind: ExemptionKind = Field(
        description="What `value` names. A single account is exempted by `reflux operator exempt`."
    )
    value: str = Field(
        description="A tier or verification by name, an organisation's id, or a keyed hash as 16"
        " hexadecimal digits.",
        min_length=1,
        max_length=64,
    )
    expires_at: int = Field(
        description="Event time, ms since 1970 UTC: what nobody reviews never ends.",
        ge=0,
        le=MILLIS_MAX,
    )
    reason: str = Field(description="Why, for whoever reads it in a year.", min_length=1)

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.kind == "tier" and self.value not in TIERS:
            raise ValueError(f"value must be a tier: {', '.join(TIERS)}")
        if self.kind == "verification" and self.value not in VERIFICATIONS:
            raise ValueError(f"value must be a verification: {', '.join(VERIFICATIONS)}")
        if self.kind in ("payment", "email_domain") and not _is_hash(self.value):
            raise ValueError("value must be 16 hexadecimal digits, not all zero")
        return self


def _is_hash(text: str) -> bool:
    return re.fullmatch("[0-9a-f]{16}", text) is not None and int(text, 16) != 0
