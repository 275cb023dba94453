"""``policy.v1``: a published policy, as it crosses the topic.

The record is the whole policy document, always as JSON. Here are the fields that say where it comes
from; its other sections are ``app/policy/document.py``'s, which reads and validates the whole.
"""

from typing import Any, ClassVar

import orjson
from pydantic import ConfigDict, Field

from app.events.fields import Millis, Name, Sentence
from app.events.record import Record


class PolicyRecord(Record):
    """A policy, whole: it replaces the last one of its name."""

    model_config = ConfigDict(extra="allow")

    schema_name: ClassVar[str] = "policy"
    max_bytes: ClassVar[int] = 256 * 1024

    name: Name = Field(description="Which policy; equals the record key.")
    version: Name = Field(description="Named by every action that the policy judges.")
    author: Name = Field(description="Who wrote it.")
    reason: Sentence = Field(description="Why.")
    published_at: Millis = Field(description="Wall clock at publication, ms since 1970 UTC.")
    effective_from: Millis | None = Field(
        default=None, description="Event time from which it judges; null: from its publication."
    )

    @property
    def document(self) -> dict[str, Any]:
        """The sections of the policy, not validated."""
        return dict(self.__pydantic_extra__ or {})

    def record_key(self) -> str:
        return self.name

    def to_json(self) -> bytes:
        return orjson.dumps(self.__dict__ | self.document)
