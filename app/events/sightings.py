"""``sightings.v1``: an active account's summary for one link it has, once per epoch.

Every active account reports, suspicious or not, so that a link's denominator is known. Amounts are
integers, shares in thousandths, so that a link's sums do not depend on the order in which
sightings arrive. A repeat is recognised by (account, epoch).
"""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, Strict

from app.events.fields import Count, Hex16, Id, Millis, Total, _integral
from app.events.record import Record
from app.events.vocabulary import Action, LinkKind, Tier

Permille = Annotated[int, Strict(), Field(ge=0, le=1000), BeforeValidator(_integral)]


class Sighting(Record):
    """One account under one of its links, in one epoch."""

    schema_name: ClassVar[str] = "sighting"

    kind: LinkKind
    hash: Hex16 = Field(description="The link's value.")
    account_id: Id
    epoch: Count = Field(description="Number of the event-time epoch.")
    ts: Millis = Field(description="End of the epoch, ms since 1970 UTC.")
    requests: Count = Field(description="In the epoch.")
    tokens: Total = Field(description="Output and reasoning tokens in the epoch.")
    tasks: dict[str, Permille] = Field(description="Shares of the week's requests, per task.")
    elicitation: Permille = Field(description="Mean score of the week.")
    evidence: list[Count] = Field(
        description="Evidence per family, in thousandths of a nat, in the order of the detector."
    )
    risk: Permille
    created_at: Millis | None = Field(default=None, description="From the profile.")
    tier: Tier | None = Field(default=None, description="From the profile.")
    exempt: bool = Field(description="Observed, never enforced.")
    standing: Action | None = Field(default=None, description="The account's live standing.")

    def record_key(self) -> str:
        return f"{self.kind}:{self.hash}"
