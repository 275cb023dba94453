"""``sightings.v1``: an active account's summary for one link it has, once per sighting period.

Every active account reports, suspicious or not, so that a link's denominator is known. Amounts are
integers, shares in thousandths, so that a link's sums do not depend on the order in which
sightings arrive. A repeat is recognised by (account, epoch).

Each field is there for a question that one account cannot answer and a group can:

===================================  ===========================================================
who shares the link, and how rarely  ``kind``, ``hash``, ``account_id``
is it incidental to its members      ``share``
is the group's load heavy-tailed     ``requests``, ``tokens``
are members active together          ``hours``, ``epoch``
do they do the same narrow work      ``tasks``, ``scores``
were they created together           ``created_at``, ``first_seen``
do they move together to a model     ``model``, ``second_model`` and their shares
do they hide, are they refused       ``scores``, ``refused``
are they known to each other         ``org``
who else do links like theirs join    ``payment``, ``device``, ``ring``, ``web``, ``woven``
what is known for or against them    ``risk``, ``tier``, ``verification``, ``exempt``,
                                     ``standing``, ``campaign``
===================================  ===========================================================

Whoever acts on a link finds its members' ids here, in the sightings of its last period.
"""

import io
from functools import cache
from typing import Annotated, Any, ClassVar

import fastavro
from pydantic import BeforeValidator, Field, Strict

from app.events.fields import Count, Hex16, Id, Millis, Total, _integral
from app.events.framing import HEADER
from app.events.record import Record
from app.events.schemas import avro_schema
from app.events.vocabulary import TASKS, Action, LinkKind, Tier, Verification
from app.state.link_layout import MEDIAN_SCORE, NORMAL_SCORES

Permille = Annotated[int, Strict(), Field(ge=0, le=1000), BeforeValidator(_integral)]
Hours = Annotated[int, Strict(), Field(ge=0, le=(1 << 24) - 1), BeforeValidator(_integral)]


class Sighting(Record):
    """One account under one of its links, in one sighting period."""

    schema_name: ClassVar[str] = "sighting"

    kind: LinkKind
    hash: Hex16 = Field(description="The link's value.")
    share: Permille = Field(description="Of the account's traffic of the week, under this link.")
    elicitation: Permille = Field(
        default=MEDIAN_SCORE,
        description="As in `scores`, which has the whole account's: of its requests with this "
        "program. Under any other link the account's own once more.",
    )
    account_id: Id
    epoch: Count = Field(description="Number of the sighting period since 1970.")
    ts: Millis = Field(description="End of the period, ms since 1970 UTC.")
    requests: Count = Field(description="In the period.")
    tokens: Total = Field(description="Output and reasoning tokens in the period.")
    hours: Hours = Field(
        description="Hours of the day (UTC) with activity in the period; bit 0 is midnight to 1 h."
    )
    tasks: list[Permille] = Field(
        min_length=len(TASKS),
        max_length=len(TASKS),
        description=f"Shares of the week's requests, in this order: {', '.join(TASKS)}.",
    )
    scores: list[Permille] = Field(
        min_length=len(NORMAL_SCORES),
        max_length=len(NORMAL_SCORES),
        description="How unusual the account is: robust deviations from the live population's "
        "median, held to -4..4, as (deviations + 4) * 125; 500 is the median and what is not known."
        f" In this order: {', '.join(NORMAL_SCORES)}.",
    )
    refused: Permille = Field(description="Share of the week's requests answered 403 or 429.")
    risk: Permille = Field(description="Risk at level 1.")
    trust: Permille = Field(
        description="How far the deviations in scores were believed: they have been shrunk by it."
    )
    model: Hex16 | None = Field(default=None, description="Hash of the most used model's id.")
    model_share: Permille = Field(description="Of the week's requests.")
    second_model: Hex16 | None = Field(default=None, description="The next one, likewise.")
    second_model_share: Permille
    first_seen: Millis = Field(description="Time of the account's first request, ms since 1970.")
    created_at: Millis | None = Field(default=None, description="From the profile.")
    tier: Tier | None = Field(default=None, description="From the profile.")
    verification: Verification | None = Field(default=None, description="From the profile.")
    org: Hex16 | None = Field(
        default=None,
        description="Hash of the organisation's id, or of an e-mail domain that few have.",
    )
    exempt: bool = Field(description="Observed, never enforced.")
    standing: Action | None = Field(default=None, description="The account's live standing.")
    campaign: Hex16 | None = Field(
        default=None, description="The confirmed campaign that the account was found to be in."
    )
    campaign_probability: Permille = Field(
        default=0, description="That it is a member, as the account was told."
    )
    campaign_epoch: Count = Field(default=0, description="Sighting period of that verdict.")
    input_tokens: Total = Field(
        default=0, description="In the period, if its requests were like those of the week."
    )
    payment: Hex16 | None = Field(
        default=None, description="From the profile: members of a link who pay with one card."
    )
    device: Hex16 | None = Field(default=None, description="From the profile, likewise.")
    ring: Hex16 | None = Field(
        default=None,
        description="The ring that cards and devices put the account in, as it was told.",
    )
    web: Hex16 | None = Field(
        default=None, description="The web that its programs put it in, likewise."
    )
    woven: bool = Field(
        default=False,
        description="Whether several of its programs have one, or are known to be a campaign's.",
    )

    def record_key(self) -> str:
        return f"{self.kind}:{self.hash}"


def sighted_account(value: bytes) -> str:
    """The account id in a framed sighting that has been decoded before.

    It stands among the first fields, and only verdicts want it: the rest is left alone.
    """
    body = io.BytesIO(value)
    body.seek(HEADER.size)
    read = fastavro.schemaless_reader(body, _opening(), None)
    return str(read["account_id"])


@cache
def _opening() -> Any:
    schema = avro_schema(Sighting)
    first = [field["name"] for field in schema["fields"]].index("account_id")
    return fastavro.parse_schema({**schema, "fields": schema["fields"][: first + 1]})
