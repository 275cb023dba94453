"""Settings of how groups are judged: which links belong to campaigns."""

import math
from typing import Any, Self

from pydantic import Field, model_validator

from app.detection.assess import GroupPolicy
from app.detection.group_evidence import GROUP_FAMILIES, Detector
from app.detection.ties import MANNER
from app.policy.limits import Campaigns
from app.policy.setting import Section, setting


def _starts_at(default: float, why: str) -> Any:
    return setting(
        default,
        "Deviation from honest groups of like size at which this evidence begins to count.",
        unit="standard deviations between groups",
        why=why,
        ge=0,
        le=20,
    )


def _saturates_at(default: float, why: str) -> Any:
    return setting(
        default,
        "Deviation from which it counts in full.",
        unit="standard deviations between groups",
        why=why,
        gt=0,
        le=50,
    )


def _weight(default: float, why: str) -> Any:
    return setting(
        default,
        "What it is worth in full: a log likelihood ratio of campaigns over honest groups.",
        unit="nats",
        why=why,
        ge=0,
        le=20,
    )


class GroupDetector(Section):
    """One family of evidence about a group; the families below set its defaults."""

    starts_at: float = _starts_at(1.0, "one honest group in six is beyond")
    saturates_at: float = _saturates_at(3.0, "one honest group in 740 is beyond")
    weight: float = _weight(3.0, "twenty times as likely in a campaign")

    @model_validator(mode="after")
    def _ramp_rises(self) -> Self:
        if self.saturates_at <= self.starts_at:
            raise ValueError("saturates_at must be above starts_at")
        return self


class GroupContent(GroupDetector):
    """How much members ask for reasoning, and how far their tasks lean to capabilities."""

    weight: float = _weight(4.0, "what a campaign comes for, and cannot do without")


class GroupConduct(GroupDetector):
    """How far members ask single questions and never go on: how data sets are made."""

    weight: float = _weight(2.0, "programs are honest as a rule")


class GroupConcealment(GroupDetector):
    """How much members move between networks and come through proxies."""

    weight: float = _weight(2.0, "privacy is honest as a rule")


class GroupRhythm(GroupDetector):
    """Whether members keep the hours and the pace of machines."""

    weight: float = _weight(2.0, "machines are honest as a rule")


class GroupLoad(GroupDetector):
    """Whether members share the load evenly, where honest groups are heavy-tailed."""

    weight: float = _weight(3.0, "who shares work out shares it evenly; niche products do too")


class GroupOrigin(GroupDetector):
    """Whether strangers among the members were created together, in a day or in two weeks."""

    weight: float = _weight(1.5, "classes and advertising bring bursts too")


class GroupLinkage(GroupDetector):
    """Whether strangers share what strangers do not: a payment method, a device."""

    starts_at: float = _starts_at(1.0, "four strangers may be a family")
    saturates_at: float = _saturates_at(4.0, "cards by the dozen, each for several strangers")
    weight: float = _weight(
        8.0, "no honest ring of simulated worlds had a quarter of what saturates"
    )


class GroupAssociation(GroupDetector):
    """Whether the members are held by a campaign already, through other links."""

    starts_at: float = _starts_at(0.8, "one account in five may be a victim")
    saturates_at: float = _saturates_at(2.0, "half of them")
    weight: float = _weight(6.0, "what only members of a campaign have is the campaign's")


class Groups(Section):
    """How links are judged: what their members have in common beyond the link itself."""

    prior: float = setting(
        0.003,
        "Share of links with several members believed to be a campaign's before any evidence;"
        " where many of them are alike, their number says how many at least.",
        unit="share of links",
        why="one in three hundred, ln(0.003 / 0.997) = -5.8 nats",
        gt=0,
        lt=0.5,
    )
    null_nats: float = setting(
        2.5,
        "Logarithm of the mean, over honest groups, of the highest likelihood ratio that each comes"
        " to: it is taken off before error is controlled.",
        unit="nats",
        why="in held-back worlds (seeds 8 and 9, 60,000 accounts, three weeks) nothing ties any of"
        " 1,571 groups; it is for populations unlike them",
        ge=0,
        le=40,
    )
    false_discovery_rate: float = setting(
        0.1,
        "Expected share of honest links among those flagged at a time, at most.",
        unit="share of flagged links",
        why="to be flagged is to be throttled at most; suspension asks for several families, and"
        " each member for its own likeness to the group",
        gt=0,
        le=1,
    )
    trust_nats: float = setting(
        4.0,
        "What speaks against a campaign when all members are verified by document or contract, or"
        " are an enterprise's or a reseller's.",
        unit="nats",
        why="fifty times as likely honest: identities can be bought, but not by the thousand",
        ge=0,
        le=20,
    )
    membership_prior: float = setting(
        0.96,
        "Share of the accounts under a flagged link believed to be members.",
        unit="share of accounts",
        why="a link is flagged if its members on the whole are alike; some are there by chance",
        gt=0,
        lt=1,
    )
    suspend_families: int = setting(
        3,
        "Independent families of evidence before a campaign suspends: what ties the members is one,"
        " the others are of conduct, concealment, rhythm and load. The members must ask for what a"
        " campaign comes for besides. Where cards and devices are dealt out to strangers of other"
        " programs, one of those others is enough, or none if they ask for hardly anything else.",
        unit="families",
        why="a class, a launch or a contest explains who came, when and what for, and hardly two of"
        " how they work",
        ge=2,
        le=1 + len(MANNER),
    )
    content: GroupContent = Field(
        default_factory=GroupContent, description=str(GroupContent.__doc__)
    )
    conduct: GroupConduct = Field(
        default_factory=GroupConduct, description=str(GroupConduct.__doc__)
    )
    concealment: GroupConcealment = Field(
        default_factory=GroupConcealment, description=str(GroupConcealment.__doc__)
    )
    rhythm: GroupRhythm = Field(default_factory=GroupRhythm, description=str(GroupRhythm.__doc__))
    load: GroupLoad = Field(default_factory=GroupLoad, description=str(GroupLoad.__doc__))
    origin: GroupOrigin = Field(default_factory=GroupOrigin, description=str(GroupOrigin.__doc__))
    linkage: GroupLinkage = Field(
        default_factory=GroupLinkage, description=str(GroupLinkage.__doc__)
    )
    association: GroupAssociation = Field(
        default_factory=GroupAssociation, description=str(GroupAssociation.__doc__)
    )

    @property
    def membership_log_odds(self) -> float:
        """``membership_prior`` in nats."""
        return math.log(self.membership_prior / (1.0 - self.membership_prior))


JUST_BELOW = 0.99
"""How near to the probability that suspends a group without enough families comes at most."""


def group_policy(groups: Groups, campaigns: Campaigns) -> GroupPolicy:
    """The settings as ``assess`` takes them."""
    throttle, suspend = campaigns.throttle_probability, campaigns.suspend_probability
    return GroupPolicy(
        detectors=tuple(
            Detector(each.starts_at, each.saturates_at, each.weight)
            for each in (getattr(groups, name) for name in GROUP_FAMILIES)
        ),
        prior_log_odds=math.log(groups.prior / (1.0 - groups.prior)),
        null_nats=groups.null_nats,
        false_discovery_rate=groups.false_discovery_rate,
        trust_nats=groups.trust_nats,
        suspend_families=groups.suspend_families,
        suspend_below=throttle + JUST_BELOW * (suspend - throttle),
        flag_probability=throttle,
    )
