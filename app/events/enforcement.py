"""``enforcements.v1`` and its two siblings: what infrastructure consumes.

A record is the account's whole standing and replaces the last one. A throttle lapses by itself at
``expires_at``; no release follows.
"""

import uuid
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from app.events.fields import (
    Id,
    Millis,
    Name,
    Number,
    Percentile,
    Positive,
    Text,
    Total,
    Unit,
)
from app.events.record import Part, Record
from app.events.source import Source
from app.events.vocabulary import Action

# Namespaces of action ids. Never change them: consumers drop repeats by the id. A shadow action
# has its own sequence, so it needs its own namespace lest it share an id with a live one.
LIVE_NAMESPACE = uuid.UUID("6f2c1a52-7f0d-5c1b-9a35-3c8f5e0b7d11")
SHADOW_NAMESPACE = uuid.UUID("a94e0d3b-1c86-5f27-8b60-d5720f6e4c92")

ActionId = Annotated[
    str,
    Field(
        strict=True,
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    ),
]

DETECTOR = "detector"
"""``actor`` of an action that no person took."""


def action_id(account_id: str, sequence: int, action: str, *, shadow: bool = False) -> uuid.UUID:
    """The id of a decision: equal for the same decision, however often it is computed (RFC 9562).

    ``sequence`` holds digits only and ``action`` is a word of the contract, so that no two
    decisions share a name, whatever an account id contains.
    """
    namespace = SHADOW_NAMESPACE if shadow else LIVE_NAMESPACE
    return uuid.uuid5(namespace, f"{account_id}:{sequence}:{action}")


class Limit(Part):
    """What a throttled account may still do."""

    requests_per_minute: Positive
    tokens_per_minute: Positive


class Reason(Part):
    """One piece of evidence, for the person who must answer the customer."""

    detector: Name = Field(description="Which evidence.")
    observed: Number | None = Field(default=None, description="Its value for this account.")
    threshold: Number | None = Field(default=None, description="Where it starts to count.")
    population_percentile: Percentile | None = Field(
        default=None,
        description="Share of active accounts below the observed value, 0 to 100, in the"
        " population snapshot that the action names; null when no snapshot judged it.",
    )
    contribution: Unit = Field(description="Its share in the score.")
    text: Text = Field(description="The same in words, and what would have to change.")


class Enforcement(Record):
    """An account's whole standing; it replaces the last one."""

    schema_name: ClassVar[str] = "enforcement"

    action_id: ActionId = Field(
        description="UUIDv5 of account, sequence and action: the same decision always has the same"
        " id, so a consumer can drop a repeat."
    )
    sequence: Total = Field(
        description="Per account, strictly increasing; a consumer applies the highest it has seen."
    )
    account_id: Id = Field(description="Equals the record key.")
    action: Action
    issued_at: Millis = Field(description="Event time of the decision, ms since 1970 UTC.")
    effective_at: Millis = Field(description="When it starts.")
    expires_at: Millis | None = Field(default=None, description="When it lapses by itself.")
    published_at: Millis = Field(description="Wall clock at publication.")
    limit: Limit | None = Field(default=None, description="For `throttle`, null otherwise.")
    reasons: list[Reason] = Field(description="Why, strongest first.")
    risk: Unit
    campaign_id: Text | None = Field(default=None, description="The campaign it belongs to.")
    policy_version: Text = Field(description="The policy that judged it.")
    detector_version: Text
    supersedes: ActionId | None = Field(default=None, description="The action it replaces.")
    source: Source | None = Field(
        default=None, description="The record that tipped it, of whichever input topic."
    )
    population_snapshot: Total | None = Field(
        default=None, description="The snapshot that the percentiles come from."
    )
    actor: Name = Field(description="`detector`, or the operator's name for a manual action.")

    @model_validator(mode="after")
    def _limit_goes_with_throttle(self) -> Self:
        if (self.limit is not None) != (self.action == "throttle"):
            raise ValueError("a throttle has a limit, and nothing else has one")
        return self

    def record_key(self) -> str:
        return self.account_id
