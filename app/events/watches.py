"""``watches.v1``: the programs of campaigns, for every partition of accounts to look out for.

When a partition of links closes a sighting period, it tells which programs it found to be a
campaign's and what their members are like. Its newest list replaces the one before; those of two
days stay, for requests that come late.
"""

from typing import ClassVar

from pydantic import Field

from app.events.fields import Count, Hex16, Millis, Number, Positive, Unit
from app.events.record import Part, Record

KEPT = 8
"""Lists of a partition that compaction leaves: two days of six-hour periods, twice the time by
which a request may be late."""


class WatchedProgram(Part):
    """A program that was found to be a campaign's."""

    hash: Hex16
    campaign_id: Hex16
    since: Millis = Field(description="Event time at which it was found.")
    probability: Unit = Field(description="That it is the campaign's.")
    profile: list[Count] = Field(description="Members' mean scores, as the link's row has them.")
    nats: list[Count] = Field(description="Evidence by family, as the link's row has it.")


class WatchList(Record):
    """The watched programs of one partition of links."""

    schema_name: ClassVar[str] = "watch-list"
    max_bytes: ClassVar[int] = 1024 * 1024

    epoch: Count = Field(description="Number of the sighting period that was closed.")
    partition: Count
    partitions: Positive = Field(description="Lists that make the watch whole.")
    starts: Millis = Field(description="Event time from which the list is in force.")
    membership_log_odds: Number = Field(
        description="Nats that an account with such a program is a member, before it is looked at."
    )
    first_share: Unit = Field(description="Share of the members that are told in the first hour.")
    programs: list[WatchedProgram]

    def record_key(self) -> str:
        return f"{self.partition}:{self.epoch % KEPT}"
