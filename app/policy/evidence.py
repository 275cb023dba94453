"""Settings of the evidence: from which deviation each family counts, and what it is worth.

Deviations are robust standard deviations above the live population's median, so no setting here
names an amount of requests or a share of anything: those come from the population.
"""

from typing import Any, Self

from pydantic import Field, model_validator

from app.policy.setting import Section, setting


def _starts_at(default: float, why: str) -> Any:
    return setting(
        default,
        "Deviation from the population at which this evidence begins to count.",
        unit="robust standard deviations",
        why=why,
        ge=0,
        le=20,
    )


def _saturates_at(default: float, why: str) -> Any:
    return setting(
        default,
        "Deviation from which it counts in full; a larger one makes no difference.",
        unit="robust standard deviations",
        why=why,
        gt=0,
        le=50,
    )


def _weight(default: float, why: str) -> Any:
    return setting(
        default,
        "What it is worth in full: a log likelihood ratio of abuse over honest use.",
        unit="nats",
        why=why,
        ge=0,
        le=20,
    )


def _needed(default: float, step: str, why: str) -> Any:
    return setting(
        default,
        f"Share of its weight that it must bring, or there is no {step}; 0: none.",
        unit="share of the weight",
        why=why,
        ge=0,
        le=1,
    )


def _for_throttle(default: float, why: str) -> Any:
    return _needed(default, "throttle", why)


def _for_suspension(default: float, why: str) -> Any:
    return _needed(default, "suspension", why)


def _signal(default: float, description: str, why: str) -> Any:
    return setting(default, description, unit="share of the weight", why=why, ge=0, le=1)


class Detector(Section):
    """One family of evidence; the families below set its defaults."""

    shadow: bool = setting(
        False,
        "Count this evidence for shadow decisions only.",
        unit="switch",
        why="what is in the default policy has been tried",
    )
    starts_at: float = _starts_at(1.0, "one account in six of a normal population is beyond")
    saturates_at: float = _saturates_at(3.0, "one account in 740 of a normal population is beyond")
    weight: float = _weight(2.0, "seven times as likely under abuse")
    throttle_needs: float = _for_throttle(0.0, "it may be absent in a true case")
    suspend_needs: float = _for_suspension(0.0, "it may be absent in a true case")

    @model_validator(mode="after")
    def _ramp_rises(self) -> Self:
        if self.saturates_at <= self.starts_at:
            raise ValueError("saturates_at must be above starts_at")
        return self


class Volume(Detector):
    """How much the account takes in a day."""

    starts_at: float = _starts_at(0.5, "three accounts in ten of a normal population are beyond")
    saturates_at: float = _saturates_at(2.0, "beyond, honest heavy users are no rarer than abuse")
    weight: float = _weight(2.0, "heavy users are honest as a rule: e^2 = 7 times as likely")
    throttle_needs: float = _for_throttle(0.1, "harm takes more than the usual volume")
    suspend_needs: float = _for_suspension(0.1, "harm takes more than the usual volume")
    requests: float = _signal(1.0, "Most that requests of the day may bring.", "the plain measure")
    output_tokens: float = _signal(
        0.6, "Most that output tokens of the day may bring.", "long answers are honest"
    )


class Content(Detector):
    """How far the account's tasks lean to capabilities, against the population's mix."""

    starts_at: float = _starts_at(0.5, "three accounts in ten of a normal population are beyond")
    saturates_at: float = _saturates_at(2.0, "coding tools are narrow too, and many")
    weight: float = _weight(2.0, "narrow work is honest as a rule: e^2 = 7 times as likely")


class Elicitation(Detector):
    """How much it asks for reasoning, grading and rewritten reasoning."""

    starts_at: float = _starts_at(1.0, "one account in six of a normal population is beyond")
    saturates_at: float = _saturates_at(3.0, "one account in 740 of a normal population is beyond")
    weight: float = _weight(4.0, "what distillation is after: e^4 = 55 times as likely")
    throttle_needs: float = _for_throttle(0.75, "at 0.5 one customer of a niche product in 30 was")
    suspend_needs: float = _for_suspension(1.0, "honest programs ask for reasoning too, if less")


class Templates(Detector):
    """How far it opens conversations with ever new prompts of few templates."""

    starts_at: float = _starts_at(1.5, "one account in fifteen of a normal population is beyond")
    saturates_at: float = _saturates_at(5.0, "half of all openings, where most accounts have none")
    weight: float = _weight(4.0, "how data sets are made: e^4 = 55 times as likely")
    throttle_needs: float = _for_throttle(0.5, "whoever repeats the same prompts extracts nothing")
    suspend_needs: float = _for_suspension(0.5, "as for a throttle")


class Rhythm(Detector):
    """Whether it keeps the hours of a machine, or has changed its pace."""

    starts_at: float = _starts_at(1.0, "one account in six of a normal population is beyond")
    saturates_at: float = _saturates_at(3.0, "agents and products never sleep either")
    weight: float = _weight(2.0, "machines are honest as a rule: e^2 = 7 times as likely")
    active_hours: float = _signal(1.0, "Most that hours active may bring.", "the plain measure")
    steadiness: float = _signal(0.5, "Most that an even pace may bring.", "products are steady")
    surge: float = _signal(0.5, "Most that a change of pace may bring.", "projects start and end")


class Conduct(Detector):
    """Whether it behaves like a client that only asks and never talks, from places that hide."""

    starts_at: float = _starts_at(0.5, "three accounts in ten of a normal population are beyond")
    saturates_at: float = _saturates_at(2.5, "one account in 160 of a normal population is beyond")
    weight: float = _weight(1.5, "scripts and privacy are honest: e^1.5 = 4.5 times as likely")
    openings: float = _signal(1.0, "Most that single-turn use may bring.", "the plain measure")
    networks: float = _signal(0.5, "Most that changing networks may bring.", "people travel")
    proxy: float = _signal(0.6, "Most that proxies may bring.", "privacy is no offence")


class Evidence(Section):
    """How evidence becomes risk."""

    prior: float = setting(
        0.001,
        "Share of accounts believed to be abusive before any evidence.",
        unit="share of accounts",
        why="one in a thousand, ln(0.001 / 0.999) = -6.9 nats",
        gt=0,
        lt=0.5,
    )
    shrinkage_requests: float = setting(
        20.0,
        "Requests that the belief in an account being ordinary is worth.",
        unit="requests",
        why="a share of 20 requests has a standard error of 0.11, as wide as populations are",
        ge=0,
        le=10_000,
    )
    volume: Volume = Field(default_factory=Volume, description=str(Volume.__doc__))
    content: Content = Field(default_factory=Content, description=str(Content.__doc__))
    elicitation: Elicitation = Field(
        default_factory=Elicitation, description=str(Elicitation.__doc__)
    )
    templates: Templates = Field(default_factory=Templates, description=str(Templates.__doc__))
    rhythm: Rhythm = Field(default_factory=Rhythm, description=str(Rhythm.__doc__))
    conduct: Conduct = Field(default_factory=Conduct, description=str(Conduct.__doc__))
