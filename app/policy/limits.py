"""Settings of what holds detection back: guards, customers known by contract, exemptions."""

import re
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from app.events.fields import MILLIS_MAX
from app.policy.setting import Section, setting
from app.state.layout import TIERS, VERIFICATIONS

Ceiling = Literal["observe", "throttle", "suspend"]


class Guards(Section):
    """Blast radius: what may be limited before somebody must have looked."""

    actions_per_minute: float = setting(
        120.0,
        "Accounts newly throttled or suspended, over all partitions.",
        unit="actions per minute of event time",
        why="a campaign of 25,000 accounts is throttled in three and a half hours; a mistake is"
        " stopped in its first minute",
        ge=1,
        le=1_000_000,
    )
    active_share_per_hour: float = setting(
        0.05,
        "Accounts newly throttled or suspended, over those active in the last day.",
        unit="share of active accounts per hour",
        why="a broken classifier would limit everybody within the hour; abuse by one account in"
        " twenty deserves a look first",
        gt=0,
        le=1,
    )
    least_per_hour: float = setting(
        20.0,
        "Actions per partition and hour that the share never goes below.",
        unit="actions per partition and hour",
        why="a share of few accounts is less than one of them",
        ge=1,
        le=1_000_000,
    )
    hold_minutes: float = setting(
        60.0,
        "How long actions go to shadow after a limit was reached.",
        unit="minutes",
        why="time to wake up and look",
        ge=1,
        le=10_080,
    )


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


class Campaigns(Section):
    """What a confirmed campaign does to its members, by the probability of membership."""

    throttle_probability: float = setting(
        0.8,
        "Membership from which an account is throttled.",
        unit="probability",
        why="as for an account's own risk",
        gt=0,
        le=1,
    )
    suspend_probability: float = setting(
        0.95,
        "Membership from which an account is suspended.",
        unit="probability",
        why="as for an account's own risk",
        gt=0,
        le=1,
    )
    rollout: float = setting(
        1.0,
        "Share of a campaign's members that are acted on live; the others in shadow.",
        unit="share of members",
        why="lower it to try a change of the campaign detector on some first; raising it only"
        " adds members",
        ge=0,
        le=1,
    )
    shadow: bool = setting(
        False,
        "Act on campaigns in shadow only.",
        unit="switch",
        why="what is in the default policy has been tried",
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.throttle_probability > self.suspend_probability:
            raise ValueError("throttle_probability must not be above suspend_probability")
        return self


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


class Operators(Section):
    """What follows when an operator overrules the detector."""

    release_hold_hours: float = setting(
        24.0,
        "How long after a manual release the detector leaves the account alone altogether.",
        unit="hours",
        why="until the next working day",
        ge=0,
        le=8_784,
    )
    cleared_margin: float = setting(
        1.0,
        "How far a family of evidence that spoke when an operator released the account must go"
        " beyond what it then was, or beyond saturation, to speak again.",
        unit="robust standard deviations",
        why="evidence ripens with every request; the same evidence, riper, is not new",
        ge=0,
        le=50,
    )


class Clock(Section):
    """Event time."""

    epoch_minutes: int = setting(
        60,
        "Length of an epoch: how often a population snapshot is cut.",
        unit="minutes",
        why="a snapshot judges from one to two epochs after its accounts were active: a launch or"
        " an outage is in the population within two hours",
        ge=1,
        le=1_440,
    )
    allowed_lateness_hours: float = setting(
        24.0,
        "A request older than the partition's clock by more is a dead letter.",
        unit="hours",
        why="the wire contract",
        ge=0,
        le=720,
    )
    retention_days: float = setting(
        35.0,
        "An account idle for longer starts afresh, and its row is dropped.",
        unit="days",
        why="five time constants of the longest window: less than 1 % of it is left",
        ge=1,
        le=3_660,
    )


class Population(Section):
    """Which snapshots may judge."""

    minimum_accounts: int = setting(
        200,
        "Active accounts below which a snapshot is not used.",
        unit="accounts",
        why="the median of 200 has a standard error of 0.09 deviations, their spread one of 14 %",
        ge=10,
        le=1_000_000_000,
    )
    usable_for_hours: float = setting(
        168.0,
        "How long a snapshot judges while no newer one is usable.",
        unit="hours",
        why="a week-old population still has the right weekdays in it; without any, nobody is"
        " judged",
        ge=2,
        le=8_784,
    )
