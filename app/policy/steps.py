"""Settings of the ladder: what each step takes, how long it holds, when it ends."""

from typing import Any, Self

from pydantic import Field, model_validator

from app.policy.setting import Section, setting


def _risk(default: float, description: str, why: str) -> Any:
    return setting(default, description, unit="probability", why=why, gt=0, lt=1)


def _requests(default: float, why: str) -> Any:
    return setting(
        default,
        "Decayed requests of the week below which the step is never taken.",
        unit="requests",
        why=why,
        ge=1,
        le=1_000_000,
    )


def _hours(default: float, description: str, why: str, *, ge: float = 0.0) -> Any:
    return setting(default, description, unit="hours", why=why, ge=ge, le=8_784)


def _active_hours(default: int, why: str) -> Any:
    return setting(
        default,
        "Hours of the last 24 with a request below which the step is never taken.",
        unit="hours",
        why=why,
        ge=0,
        le=24,
    )


def _idle_hours(default: int, why: str) -> Any:
    return setting(
        default,
        "Hours of the last 24 without a request, since its first one, above which the step is never"
        " taken.",
        unit="hours",
        why=why,
        ge=0,
        le=24,
    )


def _families(default: int, why: str) -> Any:
    return setting(
        default,
        "Independent families of evidence that must speak.",
        unit="families",
        why=why,
        ge=1,
        le=6,
    )


class Observe(Section):
    """Note an account: no limit, only a record."""

    risk: float = _risk(0.5, "Risk from which the step is taken.", "more likely than not: 6.9 nats")
    requests: float = _requests(40.0, "two thirds of every deviation are then the account's own")
    lapses_after_hours: float = _hours(24.0, "How long it holds.", "a day's shift", ge=0.1)


class Throttle(Section):
    """Limit an account's rate for a while; it lapses by itself."""

    risk: float = _risk(0.9, "Risk from which the step is taken.", "nine cases in ten: 9.1 nats")
    release_risk: float = _risk(
        0.4, "Risk below which it ends early.", "half of what brought it: no flapping"
    )
    release_after_hours: float = _hours(
        1.0, "How long the risk must have stayed below.", "one quiet request proves nothing"
    )
    requests: float = _requests(60.0, "three quarters of every deviation are the account's own")
    active_hours: int = _active_hours(12, "longer than a working day or the run of a suite")
    idle_hours: int = _idle_hours(4, "people and offices rest longer")
    families: int = _families(3, "no honest trait alone, and no pair of them")
    lapses_after_hours: float = _hours(
        6.0, "How long it holds.", "a mistake ends within a working day", ge=0.1
    )
    renew_within_hours: float = _hours(
        1.0,
        "How long before its end it is renewed if it is still deserved.",
        "a request an hour is enough to keep it",
    )
    requests_per_minute: int = setting(
        2,
        "Requests that a throttled account may still send.",
        unit="requests per minute",
        why="a person hardly notices, a machine does",
        ge=1,
        le=1_000_000,
    )
    tokens_per_minute: int = setting(
        10_000,
        "Tokens that a throttled account may still use.",
        unit="tokens per minute",
        why="two long answers",
        ge=1,
        le=2_000_000_000,
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.release_risk >= self.risk:
            raise ValueError("release_risk must be below risk, or the throttle would flap")
        if self.renew_within_hours >= self.lapses_after_hours:
            raise ValueError("renew_within_hours must be below lapses_after_hours")
        return self


class Suspend(Section):
    """Refuse an account, after it has been throttled."""

    alone: bool = setting(
        False,
        "Whether what one account does suspends it. If not it is throttled at most, and suspended"
        " with the campaign that it is found in, or by an operator.",
        unit="switch",
        why="in simulated worlds nearly all it suspended were customers of niche products, and no"
        " member of a campaign whom the campaign did not suspend as well",
    )
    risk: float = _risk(
        0.95, "Risk from which the step is taken.", "nineteen cases in twenty: 9.9 nats"
    )
    requests: float = _requests(100.0, "five sixths of every deviation are the account's own")
    active_hours: int = _active_hours(16, "longer than anybody works, teaches or crams")
    idle_hours: int = _idle_hours(2, "whatever has an office behind it rests for longer than that")
    families: int = _families(5, "volume and four others")
    after_throttle_hours: float = _hours(
        1.0,
        "How long the account must have been throttled before.",
        "a customer hears of it first, and an operator can step in",
    )
    lapses_after_hours: float | None = Field(
        default=None,
        description="How long it holds; null: until it is released.",
        json_schema_extra={
            "unit": "hours",
            "why": "abuse does not end by waiting; whoever reviews the case releases it",
        },
        gt=0,
        le=87_840,
    )
    renew_within_hours: float = _hours(
        24.0, "How long before its end it is renewed if it is still deserved.", "as for a throttle"
    )
    released_by_detector: bool = setting(
        False,
        "Whether the detector may release a suspension when the risk falls.",
        unit="switch",
        why="a refused account has every reason to look harmless",
    )
    release_risk: float = _risk(
        0.2, "Risk below which it ends, if the detector may release it.", "one case in five"
    )
    release_after_hours: float = _hours(
        72.0, "How long the risk must have stayed below.", "three days of refused requests"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.release_risk >= self.risk:
            raise ValueError("release_risk must be below risk, or the suspension would flap")
        lapses = self.lapses_after_hours
        if lapses is not None and self.renew_within_hours >= lapses:
            raise ValueError("renew_within_hours must be below lapses_after_hours")
        return self


class Ladder(Section):
    """Observe, throttle, suspend; release is the way back."""

    observe: Observe = Field(default_factory=Observe, description=str(Observe.__doc__))
    throttle: Throttle = Field(default_factory=Throttle, description=str(Throttle.__doc__))
    suspend: Suspend = Field(default_factory=Suspend, description=str(Suspend.__doc__))

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.throttle.risk < self.observe.risk:
            raise ValueError("throttle.risk must not be below observe.risk")
        if self.suspend.risk < self.throttle.risk:
            raise ValueError("suspend.risk must not be below throttle.risk")
        if self.suspend.release_risk > self.throttle.risk:
            raise ValueError("suspend.release_risk must not be above throttle.risk")
        held = self.throttle.lapses_after_hours - self.throttle.renew_within_hours
        if self.suspend.after_throttle_hours >= held:
            raise ValueError(
                "suspend.after_throttle_hours must be below throttle.lapses_after_hours less"
                " throttle.renew_within_hours, or every renewal would put a suspension off"
            )
        return self
