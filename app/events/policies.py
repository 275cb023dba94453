"""``policy.v1``: a published policy, as it crosses the topic.

The document itself is described and validated by ``app.policy``: this is the letter it comes in.
"""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from app.events.fields import Millis, Name, Sentence
from app.events.record import Record

Document = Annotated[dict[str, Any], Field(json_schema_extra={"x-avro": "json"})]


class PolicyRecord(Record):
    """A policy, whole: it replaces the last one of its name."""

    schema_name: ClassVar[str] = "policy"
    max_bytes: ClassVar[int] = 256 * 1024

    name: Name = Field(description="Which policy; equals the record key.")
    version: Name = Field(description="Named by every action that the policy judges.")
    author: Name = Field(description="Who published it.")
    reason: Sentence = Field(description="Why.")
    published_at: Millis = Field(description="Wall clock at publication, ms since 1970 UTC.")
    effective_from: Millis = Field(description="Event time from which it judges.")
    document: Document = Field(description="The whole policy document.")

    def record_key(self) -> str:
        return self.name
