"""``campaigns.v1``: what is known of each campaign, compacted."""

from typing import ClassVar, Literal

from pydantic import Field

from app.events.fields import Count, Hex16, Id, Millis, Total, Unit
from app.events.record import Part, Record
from app.events.vocabulary import LinkKind

CampaignStatus = Literal["forming", "confirmed", "contained", "dismissed"]


class CampaignLink(Part):
    """A link that members of a campaign share."""

    kind: LinkKind
    hash: Hex16
    members: Count = Field(description="Members of the campaign that have the link.")
    population: Count = Field(description="All active accounts that have it.")
    rarity: Unit = Field(description="1 minus the share of active accounts that have it.")


class Campaign(Record):
    """A campaign's whole record; it replaces the last one."""

    schema_name: ClassVar[str] = "campaign"

    campaign_id: Id = Field(description="Equals the record key.")
    status: CampaignStatus
    first_seen: Millis
    last_seen: Millis
    accounts: Count
    interactions: Total
    input_tokens: Total
    output_tokens: Total
    tasks: dict[str, Unit] = Field(description="Share of the interactions per task.")
    links: list[CampaignLink]
    models: list[str]
    confidence: Unit
    prevented_interactions: Total = Field(description="Those refused after enforcement.")
    evidence: list[str] = Field(description="Text, strongest first.")

    def record_key(self) -> str:
        return self.campaign_id
