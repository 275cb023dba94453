"""``campaign-commands.v1``: what an on-call engineer decides about one campaign by hand."""

from typing import ClassVar, Literal

from pydantic import Field

from app.events.fields import Id, Millis, Name, Sentence
from app.events.record import Record


class CampaignCommand(Record):
    """Confirm a campaign, dismiss it, or take back the last command."""

    schema_name: ClassVar[str] = "campaign-command"

    command: Literal["confirm", "dismiss", "undo"]
    campaign_id: Id = Field(description="Equals the record key.")
    operator: Name = Field(description="Who decided.")
    reason: Sentence = Field(description="Why, for whoever reads it in a year.")
    issued_at: Millis = Field(description="When, ms since 1970 UTC.")
    expires_at: Millis | None = Field(default=None, description="When it lapses; null: never.")

    def record_key(self) -> str:
        return self.campaign_id
