"""``population.v1``: the distributions that evidence is judged against.

A snapshot is cut at an event-time epoch and consists of one part per partition of the account
topics, so that its content does not depend on which workers wrote it.
"""

from typing import ClassVar

from pydantic import Field

from app.events.fields import Count, Millis, Positive, Total
from app.events.record import Record


class PopulationPart(Record):
    """One partition's share of a population snapshot."""

    schema_name: ClassVar[str] = "population-part"
    max_bytes: ClassVar[int] = 1024 * 1024

    snapshot: Total = Field(description="Number of the epoch it was cut at.")
    partition: Count
    partitions: Positive = Field(description="Parts that make the snapshot whole.")
    starts: Millis = Field(
        description="Event time from which the snapshot may judge, if it is whole by then."
    )
    accounts: Count = Field(
        description="Accounts in the sketch: the older half of the active ones."
    )
    sketches: dict[str, list[Total]] = Field(
        description="Per feature, the accounts in each bin; bins are those of the detector version."
    )
    detector_version: str

    def record_key(self) -> str:
        return f"{self.snapshot}:{self.partition}"
