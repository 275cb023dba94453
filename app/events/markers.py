"""Markers: a partition has said all it had to say up to the end of a sighting period.

Accounts tell links, on every partition of ``sightings.v1``; links tell accounts, on every partition
of ``verdicts.v1``. A marker stands behind what it is about in the same producer's transactions, so
whoever has read it has read that too.
"""

from typing import ClassVar

from pydantic import Field

from app.events.fields import Count, Positive
from app.events.framing import AVRO_CONTENT, decode, to_avro
from app.events.record import Encoded, Record

MARKER_KEY = b"\xffmarker"
"""Key of every marker: it is not valid UTF-8, so no account and no link can have it. A marker's
partition is chosen, not derived from the key."""

SCHEMA_ID = 1003
"""Workers alone write and read markers, by the schema they ship: no registry knows it."""


class SweepMarker(Record):
    """One partition has completed every sighting period up to ``epoch``."""

    schema_name: ClassVar[str] = "sweep-marker"

    epoch: Count = Field(description="Number of the sighting period since 1970.")
    partition: Count = Field(description="Of the table that has completed it.")
    partitions: Positive = Field(description="How many partitions that table has.")
    accounts: Count = Field(
        default=0,
        description="Of the partition, with a request in the two weeks before the period's end; 0 "
        "from links.",
    )

    def record_key(self) -> str:
        return MARKER_KEY.decode("latin-1")

    def framed(self) -> Encoded:
        """The marker as Avro; its key is ``MARKER_KEY``."""
        return Encoded(MARKER_KEY, to_avro(self, SCHEMA_ID), AVRO_CONTENT)

    @classmethod
    def read(cls, value: bytes | None) -> "SweepMarker":
        """The marker in ``value``. Raises ``BadRecord``."""
        return decode(cls, value)
