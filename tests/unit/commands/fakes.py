"""A cluster in memory, behind the same interface as the real one, for tests of commands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from app.events.record import Encoded
from app.kafka.manifest import WantedTopic
from app.kafka.plan import FoundTopic, Step
from app.settings import Settings


@dataclass
class FakeMessage:
    """What of a ``confluent_kafka.Message`` commands look at."""

    _topic: str
    _partition: int
    _offset: int
    _key: bytes
    _value: bytes | None

    def topic(self) -> str:
        return self._topic

    def partition(self) -> int:
        return self._partition

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes | None:
        return self._value

    def error(self) -> None:
        return None


@dataclass
class FakeKafka:
    """Topics as they are found, and records as they are written."""

    found: dict[str, FoundTopic] = field(default_factory=dict)
    records: dict[str, list[FakeMessage]] = field(default_factory=dict)
    carried_out: list[Step] = field(default_factory=list)
    settings: list[Settings] = field(default_factory=list)
    raises: Exception | None = None

    def put(self, topic: str, key: bytes, value: bytes | None) -> int:
        """Add a record; returns its offset."""
        log = self.records.setdefault(topic, [])
        log.append(FakeMessage(topic, 0, len(log), key, value))
        return len(log) - 1

    def as_wanted(self, wanted: Sequence[WantedTopic]) -> None:
        """Let every wanted topic be there as it should be."""
        self.found = {
            topic.name: FoundTopic(topic.partitions, topic.replication, topic.config)
            for topic in wanted
        }

    def _call(self, settings: Settings) -> None:
        self.settings.append(settings)
        if self.raises is not None:
            raise self.raises

    # In the place of ``app.kafka.records.send``.
    def send(self, settings: Settings, topic: str, record: Encoded) -> tuple[int, int]:
        self._call(settings)
        return 0, self.put(topic, record.key, record.value)

    # In the place of ``app.kafka.admin.Cluster``.
    def cluster(self, settings: Settings) -> Any:
        kafka = self

        class Cluster:
            def topics(self, names: Sequence[str], *, configs: bool = True) -> Any:
                kafka._call(settings)
                return {name: kafka.found[name] for name in names if name in kafka.found}

            def carry_out(self, steps: Sequence[Step]) -> None:
                kafka.carried_out = list(steps)

        return Cluster()

    # In the place of ``app.kafka.records.TopicReader``.
    def reader(self, settings: Settings, topic: str, *, from_beginning: bool) -> Any:
        kafka = self

        class Reader:
            def __enter__(self) -> Self:
                kafka._call(settings)
                self._left = list(kafka.records.get(topic, [])) if from_beginning else []
                return self

            def __exit__(self, *_: object) -> None:
                return None

            def to_end(self) -> Iterator[FakeMessage]:
                yield from self._left

            def poll(self) -> FakeMessage | None:
                return self._left.pop(0) if self._left else None

        return Reader()
