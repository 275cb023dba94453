"""Findings: a link of a campaign, told to the partition that keeps the campaign's record.

A campaign's links lie in every partition of the links table; its record is made where the link
``campaign:<id>`` is. At the end of a sighting period each partition tells of the largest links that
it has of each campaign.
"""

from typing import ClassVar

from pydantic import Field

from app.events.fields import Count, Hex16, Text, Unit
from app.events.framing import AVRO_CONTENT, decode, to_avro
from app.events.record import Encoded, Record
from app.events.vocabulary import LinkKind

SCHEMA_ID = 1002
"""Workers alone write and read findings, by the schema they ship: no registry knows it."""


class LinkFinding(Record):
    """A link that was found to be a campaign's at the end of sighting period ``epoch``."""

    schema_name: ClassVar[str] = "link-finding"

    campaign_id: Hex16
    kind: LinkKind
    hash: Hex16
    epoch: Count = Field(description="Number of the sighting period since 1970.")
    members: Count = Field(description="Members of the campaign that have the link, about.")
    population: Count = Field(description="All active accounts that have it, about.")
    rarity: Unit = Field(description="1 minus the share of active accounts that have it.")
    probability: Unit = Field(description="That the link is the campaign's.")
    evidence: list[Text] = Field(description="Text, strongest first.")

    def record_key(self) -> str:
        return f"campaign:{self.campaign_id}"

    def framed(self) -> Encoded:
        """The finding as Avro."""
        return Encoded(self.record_key().encode(), to_avro(self, SCHEMA_ID), AVRO_CONTENT)

    @classmethod
    def read(cls, value: bytes | None) -> "LinkFinding":
        """The finding in ``value``. Raises ``BadRecord``."""
        return decode(cls, value)
