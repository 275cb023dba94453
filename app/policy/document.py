"""The policy: everything that decides besides the evidence itself, in one versioned document.

The shipped ``default.yaml`` holds exactly the defaults of this model. A document may leave out what
it does not change. It takes effect at an event time, so that a replay obeys it where the first run
did.
"""

from typing import Self

from pydantic import Field, model_validator

from app.events.fields import MILLIS_MAX
from app.policy.clock import Clock, Population
from app.policy.customers import Customers, Exemption
from app.policy.evidence import Evidence
from app.policy.groups import Groups
from app.policy.limits import Campaigns, Guards, Operators
from app.policy.reach import highest_risk, out_of_reach
from app.policy.setting import Section, setting
from app.policy.steps import Ladder

MAX_EXEMPTIONS = 64


class PolicyDocument(Section):
    """A whole policy."""

    name: str = setting(
        "default",
        "Which policy; the key it is published under.",
        unit="name",
        why="there is one policy unless somebody needs a second",
        min_length=1,
        max_length=128,
    )
    version: str = setting(
        "1",
        "Named by every action that it judges; never published twice with different content.",
        unit="name",
        why="the first",
        min_length=1,
        max_length=128,
    )
    author: str = setting(
        "reflux", "Who wrote it.", unit="name", why="shipped", min_length=1, max_length=128
    )
    reason: str = setting(
        "The defaults that Reflux ships with.",
        "Why it was written, for whoever reads it in a year.",
        unit="sentence",
        why="shipped",
        min_length=1,
        max_length=1000,
    )
    published_at: int | None = Field(
        default=None,
        description="Wall clock at publication; null: it was not published.",
        json_schema_extra={"unit": "ms since 1970 UTC", "why": "a file is not published"},
        ge=0,
        le=MILLIS_MAX,
    )
    effective_from: int | None = Field(
        default=None,
        description="Event time from which it judges; null: from its publication, or always if it"
        " was not published.",
        json_schema_extra={"unit": "ms since 1970 UTC", "why": "what is published should work"},
        ge=0,
        le=MILLIS_MAX,
    )
    shadow: bool = setting(
        False,
        "Decide everything in shadow; live standings are left as they are.",
        unit="switch",
        why="a detector that acts on nothing stops nothing",
    )
    evidence: Evidence = Field(default_factory=Evidence, description=str(Evidence.__doc__))
    ladder: Ladder = Field(default_factory=Ladder, description=str(Ladder.__doc__))
    guards: Guards = Field(default_factory=Guards, description=str(Guards.__doc__))
    customers: Customers = Field(default_factory=Customers, description=str(Customers.__doc__))
    campaigns: Campaigns = Field(default_factory=Campaigns, description=str(Campaigns.__doc__))
    groups: Groups = Field(default_factory=Groups, description=str(Groups.__doc__))
    operators: Operators = Field(default_factory=Operators, description=str(Operators.__doc__))
    population: Population = Field(default_factory=Population, description=str(Population.__doc__))
    clock: Clock = Field(default_factory=Clock, description=str(Clock.__doc__))
    exemptions: list[Exemption] = Field(
        default_factory=list,
        description=str(Exemption.__doc__),
        json_schema_extra={"unit": "list", "why": "nobody is exempt unless somebody says so"},
        max_length=MAX_EXEMPTIONS,
    )

    @property
    def judges_from(self) -> int:
        """Event time (ms) from which the policy is in force; 0: always."""
        if self.effective_from is not None:
            return self.effective_from
        return self.published_at or 0

    @model_validator(mode="after")
    def _can_act(self) -> Self:
        highest = highest_risk(self.evidence)
        for step in ("throttle", "suspend"):
            if getattr(self.ladder, step).risk > highest:
                raise ValueError(
                    f"ladder.{step}.risk is out of reach: with these weights and this prior no"
                    f" account's risk exceeds {highest:.3f}"
                )
        need = out_of_reach(self.evidence)
        if need is not None:
            raise ValueError(f"{need} is out of reach: no signal of that evidence brings as much")
        if self.clock.retention_days * 24 < self.clock.allowed_lateness_hours:
            raise ValueError("clock.retention_days must not be below clock.allowed_lateness_hours")
        return self
