"""``sightings.v1``: an active account's summary for one link it has, once per epoch.

Every active account reports, suspicious or not, so that a link's denominator is known. Amounts are
integers, shares in thousandths, so that a link's sums do not depend on the order in which
sightings arrive. A repeat is recognised by (account, epoch).
"""

from typing import ClassVar

from pydantic import Field

from app.events.fields import Count, Hex16, Id, Millis, Permille, Total
from app.events.record import Record
from app.events.vocabulary import Action, LinkKind


class Sighting(Record):
    """One account under one of its links, in one epoch."""

    schema_name: ClassVar[str] = "sighting"

    kind: LinkKind
    hash: Hex16 = Field(description="The link's value.")
    account_id: Id
    epoch: Count = Field(description="Number of the event-time epoch.")
    ts: Millis = Field(description="End of the epoch, ms since 1970 UTC.")
    requests: Count = Field(description="In the epoch, under any link.")
    tokens: Total = Field(description="Output and reasoning tokens in the epoch.")
    share: Permille = Field(description="Of the account's own traffic, under this link.")
    tasks: dict[str, Permille] = Field(description="Shares of the week's requests, per task.")
    elicitation: Permille = Field(description="Mean score of the week.")
    novel: Permille = Field(description="Requests whose exact prompt is new to its family.")
    opening: Permille = Field(description="Requests that open a conversation.")
    refused: Permille = Field(description="Requests answered by 403 or 429.")
    proxy: Permille = Field(description="Mean likelihood of a proxy.")
    risk: Permille = Field(description="As the account's own evidence has it.")
    model: Hex16 | None = Field(default=None, description="Hash of its most used model.")
    model_share: Permille = Field(default=0, description="Of its requests, to that model.")
    arrived: bool = Field(description="First active in this very epoch.")
    exempt: bool = Field(description="Observed, never enforced.")
    trusted: bool = Field(description="Verified by document or contract.")
    created_at: Millis | None = Field(default=None, description="From the profile.")
    org: Hex16 | None = Field(default=None, description="Hash of its organisation.")
    standing: Action | None = Field(default=None, description="The account's live standing.")

    def record_key(self) -> str:
        return f"{self.kind}:{self.hash}"
