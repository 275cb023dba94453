"""Settings of what holds detection back: guards, staged rollout, operators' reversals."""

from typing import Self

from pydantic import model_validator

from app.policy.setting import Section, setting


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


class Campaigns(Section):
    """What a confirmed campaign does to its members, by the probability of membership."""

    throttle_probability: float = setting(
        0.9,
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
    first_share: float = setting(
        0.5,
        "Share of a link's members that are told in the first hour after it was found; each later"
        " hour adds as much.",
        unit="share of members",
        why="a mistake shows on half of the accounts first; it costs a campaign an hour",
        gt=0,
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
