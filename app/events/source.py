"""Where a record stands in Kafka."""

from pydantic import Field

from app.events.fields import Count, TopicName, Total
from app.events.record import Part


class Source(Part):
    """The position of a record."""

    topic: TopicName = Field(description="Full name of the topic.")
    partition: Count
    offset: Total

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}:{self.offset}"
