"""``operators.v1``: what an on-call engineer decides about one account by hand.

The topic's offset orders the commands of an account: the last one holds. The operator's name is a
claim; access control on the topic is the control.
"""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from app.events.enforcement import Limit
from app.events.fields import Id, Millis, Name, Sentence
from app.events.record import Record

OperatorAction = Literal["suspend", "throttle", "release", "exempt"]


class OperatorCommand(Record):
    """A manual standing for one account.

    ``suspend`` and ``throttle`` hold until ``expires_at`` (null: until a later command), and the
    detector may not change them before. ``release`` ends any standing and keeps the account from
    being acted on again for the same evidence. ``exempt`` releases and, until ``expires_at``,
    observes without enforcing.
    """

    schema_name: ClassVar[str] = "operator-command"

    command: OperatorAction
    account_id: Id = Field(description="Equals the record key.")
    operator: Name = Field(description="Who decided.")
    reason: Sentence = Field(description="Why, for whoever reads it in a year.")
    issued_at: Millis = Field(description="When, ms since 1970 UTC.")
    expires_at: Millis | None = Field(default=None, description="When it lapses; null: never.")
    limit: Limit | None = Field(default=None, description="For `throttle`, null otherwise.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.limit is not None) != (self.command == "throttle"):
            raise ValueError("a throttle has a limit, and nothing else has one")
        if self.command == "release" and self.expires_at is not None:
            raise ValueError("a release does not expire")
        if self.command == "exempt" and self.expires_at is None:
            raise ValueError("an exemption has an expiry: what nobody reviews never ends")
        if self.expires_at is not None and self.expires_at <= self.issued_at:
            raise ValueError("expires_at is not after issued_at")
        return self

    def record_key(self) -> str:
        return self.account_id
