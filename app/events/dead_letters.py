"""``dead-letters.v1``: records that could not be folded, for whoever mends the producer.

A letter is a function of the record and its position alone, so that one written again after a
restart is the same letter. Its bytes travel as base64 in JSON: what a broken producer sent need
not be text. It may hold anything at all, so its readers are few and it is kept for 7 days.
"""

import hashlib
from typing import ClassVar, Literal, Self

from pydantic import Field

from app.events.fields import Base64, Millis, Positive, Text, Total
from app.events.record import Record
from app.events.source import Source
from app.kernels import reasons

KEPT_VALUE_BYTES = 64 * 1024
KEPT_KEY_BYTES = 1024

ReasonCode = Literal[
    "malformed",
    "unknown_framing",
    "missing_field",
    "wrong_type",
    "out_of_range",
    "oversize",
    "key_mismatch",
    "wrong_partition",
    "late",
    "early",
    "state_full",
    "unknown_schema",
    "null_value",
]


class DeadLetter(Record):
    """A record that could not be folded, or a count of them."""

    schema_name: ClassVar[str] = "dead-letter"
    max_bytes: ClassVar[int] = 1024 * 1024

    reason: ReasonCode
    field: Text | None = Field(default=None, description="The field at fault, where there is one.")
    source: Source = Field(description="Where the record stands; a summary's first record.")
    timestamp: Millis | None = Field(
        default=None, description="The record's Kafka timestamp, ms since 1970 UTC."
    )
    key: Base64 | None = Field(default=None, description="The record's key, at most 1 KiB of it.")
    value: Base64 | None = Field(
        default=None, description="The record's value, at most 64 KiB of it; null in a summary."
    )
    value_length: Total = Field(description="Length of the whole value in bytes.")
    value_sha256: Text | None = Field(
        default=None, description="SHA-256 of the whole value, in hexadecimal."
    )
    count: Positive = Field(
        default=1,
        description="Records this letter stands for: more than one in a summary, written when"
        " letters of one reason exceed a rate.",
    )
    last_offset: Total = Field(description="Offset of the last record this letter stands for.")

    @classmethod
    def of(
        cls,
        reason: int,
        source: Source,
        *,
        key: bytes | memoryview | None,
        value: bytes | memoryview | None,
        timestamp: int | None = None,
        field: str | None = None,
    ) -> Self:
        """The letter for one record; ``reason`` is a code of ``app.kernels.reasons``."""
        return cls.model_construct(
            reason=reasons.NAMES[reason],
            field=field,
            source=source,
            # Kafka marks a record without a timestamp by -1.
            timestamp=None if timestamp is None or timestamp < 0 else timestamp,
            key=None if key is None else bytes(key[:KEPT_KEY_BYTES]),
            value=None if value is None else bytes(value[:KEPT_VALUE_BYTES]),
            value_length=0 if value is None else len(value),
            value_sha256=None if value is None else hashlib.sha256(value).hexdigest(),
            count=1,
            last_offset=source.offset,
        )

    @classmethod
    def summary(cls, reason: int, first: Source, last_offset: int, count: int) -> Self:
        """The one letter for ``count`` records from ``first`` to ``last_offset``."""
        return cls.model_construct(
            reason=reasons.NAMES[reason],
            field=None,
            source=first,
            timestamp=None,
            key=None,
            value=None,
            value_length=0,
            value_sha256=None,
            count=count,
            last_offset=last_offset,
        )

    def record_key(self) -> str:
        return str(self.source)
