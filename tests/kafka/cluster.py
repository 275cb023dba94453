"""The broker that a test session talks to, whichever it is, and what tests do with it."""

import contextlib
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from tests.kafka.broker import run_tool
from tests.kafka.jars import default_line

Kind = Literal["apache", "external", "embedded"]
Record = tuple[bytes | str | None, bytes | str | None]

DEADLINE_S = 30


@dataclass
class Cluster:
    """A running broker. ``kind`` tells what it is: only "embedded" is not Apache Kafka."""

    bootstrap: str
    kind: Kind
    line: str = field(default_factory=default_line)
    replication: int = 1

    @cached_property
    def admin(self) -> AdminClient:
        """One for the session: an answer is lost when its client is collected."""
        # Quiet: it outlives the broker at the end of a session and would say so on the terminal.
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def unique(self, name: str = "t") -> str:
        """A name no other test has: for topics, groups and transactional ids."""
        return f"{name}-{uuid.uuid4().hex[:10]}"

    def create_topic(self, name: str, partitions: int = 1, **config: object) -> str:
        """Create a topic and wait until it has leaders; ``cleanup_policy="compact"`` and so on.

        Configuration names are given with underscores for dots. Returns the name.
        """
        settings = {key.replace("_", "."): str(value) for key, value in config.items()}
        request = NewTopic(name, partitions, replication_factor=self.replication, config=settings)
        self.admin.create_topics([request])[name].result(DEADLINE_S)
        self.await_leaders(name, partitions)
        return name

    def configure_topic(self, name: str, **config: object) -> None:
        """Change settings of a topic, as ``create_topic`` takes them; None: back to the default."""
        entries = [
            ConfigEntry(
                key.replace("_", "."),
                None if value is None else str(value),
                incremental_operation=(
                    AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET
                ),
            )
            for key, value in config.items()
        ]
        topic = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
        self.admin.incremental_alter_configs([topic])[topic].result(DEADLINE_S)

    def delete_topics(self, names: Sequence[str]) -> None:
        """Delete what is there of ``names``."""
        if not names:
            return
        for answer in self.admin.delete_topics(list(names)).values():
            with contextlib.suppress(KafkaException):
                answer.result(DEADLINE_S)

    def producer(self, **settings: object) -> Producer:
        """A producer that partitions as Java and Faust do; dots are given as underscores."""
        defaults: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap,
            "partitioner": "murmur2_random",
            "acks": "all",
            "linger.ms": 5,
        }
        named = {key.replace("_", "."): value for key, value in settings.items()}
        return Producer(defaults | named)

    def produce(
        self,
        topic: str,
        records: Iterable[Record],
        *,
        partition: int | None = None,
        producer: Producer | None = None,
        **settings: object,
    ) -> list[TopicPartition]:
        """Send ``(key, value)`` records and wait for every delivery.

        Returns their positions in the order sent; raises ``KafkaException`` if any was refused.
        """
        sender = producer or self.producer(**settings)
        delivered: dict[int, TopicPartition] = {}
        refused: list[Any] = []
        extra: dict[str, Any] = {} if partition is None else {"partition": partition}
        count = 0
        for count, (key, value) in enumerate(records, start=1):

            def report(error: Any, message: Message, index: int = count) -> None:
                if error is not None:
                    refused.append(error)
                    return
                where = (message.topic(), message.partition(), message.offset())
                delivered[index] = TopicPartition(*where)

            while True:
                try:
                    sender.produce(topic, key=key, value=value, on_delivery=report, **extra)
                    break
                except BufferError:
                    sender.poll(0.1)
        left = sender.flush(DEADLINE_S)
        if refused:
            raise KafkaException(refused[0])
        if left or len(delivered) != count:
            raise TimeoutError(f"{count - len(delivered)} records of {count} were not delivered")
        return [delivered[index] for index in range(1, count + 1)]

    def consume(
        self,
        topic: str,
        count: int,
        *,
        timeout: float = DEADLINE_S,
        drain: bool = False,
        **settings: object,
    ) -> list[Message]:
        """Read ``count`` records from the start of every partition (committed ones only).

        With ``drain`` all there are, at least ``count``. Raises ``TimeoutError`` for fewer.
        """
        defaults: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap,
            "group.id": self.unique("reader"),
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
        named = {key.replace("_", "."): value for key, value in settings.items()}
        consumer = Consumer(defaults | named)
        got: list[Message] = []
        try:
            partitions = consumer.list_topics(topic, DEADLINE_S).topics[topic].partitions
            consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
            ended: set[int] = set()
            deadline = time.monotonic() + timeout
            while len(got) < count or (drain and len(ended) < len(partitions)):
                if time.monotonic() > deadline:
                    break
                for message in consumer.consume(1000 if drain else count - len(got), timeout=0.2):
                    error = message.error()
                    if error is None:
                        got.append(message)
                    elif error.code() == KafkaError._PARTITION_EOF:
                        ended.add(message.partition())
                    else:
                        raise KafkaException(error)
        finally:
            consumer.close()
        if len(got) < count:
            raise TimeoutError(f"{topic}: {len(got)} records of {count} in {timeout} s")
        return got

    def read_to_end(self, topic: str) -> Iterator[Message]:
        """Every committed record of ``topic``, up to where its partitions end now."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": self.unique("reader"),
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
            }
        )
        try:
            numbers = set(consumer.list_topics(topic, DEADLINE_S).topics[topic].partitions)
            consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
            while numbers:
                message = consumer.poll(DEADLINE_S)
                if message is None:
                    raise TimeoutError(f"{topic}: nothing came for {DEADLINE_S} s")
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    numbers.discard(message.partition())
                else:
                    raise KafkaException(error)
        finally:
            consumer.close()

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Offset after the last record of each partition, open transactions included."""
        numbers = self.admin.list_topics(topic, DEADLINE_S).topics[topic].partitions
        wanted = {TopicPartition(topic, number): OffsetSpec.latest() for number in numbers}
        answers = self.admin.list_offsets(wanted)
        return {tp.partition: answer.result(DEADLINE_S).offset for tp, answer in answers.items()}

    def delete_records(self, topic: str, partition: int, *, before: int) -> None:
        """Move the start of a partition's log, as retention does."""
        request = self.admin.delete_records([TopicPartition(topic, partition, before)])
        for answer in request.values():
            answer.result(DEADLINE_S)

    def committed(self, group: str) -> dict[tuple[str, int], int]:
        """The group's committed offsets, as lag tools see them."""
        request = [ConsumerGroupTopicPartitions(group)]
        answer = self.admin.list_consumer_group_offsets(request)[group].result(DEADLINE_S)
        return {(tp.topic, tp.partition): tp.offset for tp in answer.topic_partitions}

    def cli(self, name: str, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        """Run one of Kafka's own command-line clients, ``--bootstrap-server`` added."""
        return run_tool(self.line, self.bootstrap, name, *arguments, stdin=stdin, timeout=timeout)

    def await_leaders(self, name: str, partitions: int) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            known = self.admin.list_topics(name, timeout=DEADLINE_S).topics.get(name)
            leaders = [one.leader for one in known.partitions.values()] if known else []
            if len(leaders) == partitions and min(leaders) >= 0:
                return
            time.sleep(0.05)
        raise TimeoutError(f"topic {name} has no leaders after {DEADLINE_S} s")
