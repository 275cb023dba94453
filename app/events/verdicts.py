"""``verdicts.v1``: what a campaign found out about one account."""

from typing import ClassVar, Literal

from pydantic import Field

from app.events.fields import Count, Id, Millis, Text, Unit
from app.events.record import Record


class Verdict(Record):
    """A campaign's finding about an account; the latest epoch of a campaign holds."""

    schema_name: ClassVar[str] = "verdict"

    account_id: Id = Field(description="Equals the record key.")
    campaign_id: Id
    epoch: Count = Field(description="Epoch of the evidence; orders a campaign's verdicts.")
    ts: Millis = Field(description="Event time of the finding, ms since 1970 UTC.")
    probability: Unit = Field(description="That the account is a member.")
    confirmed: bool = Field(description="The campaign is confirmed: its members are acted on.")
    dismissed: bool = Field(
        default=False, description="An operator has dismissed the campaign: it lets go at once."
    )
    about: Literal["campaign", "ring", "web"] = Field(
        default="campaign",
        description="What campaign_id names. A ring or a web is no finding: links join the account"
        " to others.",
    )
    reasons: list[Text] = Field(description="Text, strongest first.")

    def record_key(self) -> str:
        return self.account_id
