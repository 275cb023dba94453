"""Writing one record, and reading a topic from outside of any group: what commands need."""

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from app.events.record import Encoded
from app.kafka.admin import AdministrationFailed, BrokerUnreachable
from app.kafka.clients import QUIET, confluent_config, producer_config
from app.settings import Settings

TIMEOUT_SECONDS = 15.0
POLL_SECONDS = 0.2


def send(settings: Settings, topic: str, record: Encoded) -> tuple[int, int]:
    """Write ``record`` and wait until it is durable; returns its partition and offset.

    Raises:
        BrokerUnreachable: it was not acknowledged in time; it may still have been written.
        AdministrationFailed: the topic is missing or we may not write to it.
    """
    outcome: list[tuple[KafkaError | None, Message]] = []
    producer = Producer(
        producer_config(settings, **QUIET, **{"message.timeout.ms": int(TIMEOUT_SECONDS * 1000)})
    )
    # The producer itself would wait for a missing topic to appear.
    _partitions(settings, producer, topic)
    producer.produce(
        topic,
        record.value,
        record.key,
        headers=list(record.headers),
        on_delivery=lambda error, message: outcome.append((error, message)),
    )
    producer.flush(TIMEOUT_SECONDS + 1)
    if not outcome:
        raise BrokerUnreachable(_advice(settings, "the record was not acknowledged in time"))
    error, message = outcome[0]
    if error is not None:
        raise _explain(settings, topic, error)
    return message.partition() or 0, message.offset() or 0


class TopicReader:
    """Reads every partition of ``topic``; a context manager.

    ``from_beginning`` starts at the oldest record, otherwise with what is written from now on.
    Only committed records are seen.
    """

    def __init__(self, settings: Settings, topic: str, *, from_beginning: bool) -> None:
        self._settings = settings
        self._topic = topic
        self._start = OFFSET_BEGINNING if from_beginning else OFFSET_END
        self._consumer = Consumer(
            confluent_config(
                settings,
                **QUIET,
                **{
                    # Demanded by the client; nothing is committed or joined with it.
                    "group.id": f"{settings.app_id}-command",
                    "enable.auto.commit": False,
                    "isolation.level": "read_committed",
                    "enable.partition.eof": True,
                    "auto.offset.reset": "earliest",
                },
            )
        )
        self._at_end: set[int] = set()
        self._partitions: frozenset[int] = frozenset()

    def __enter__(self) -> Self:
        """Find the partitions.

        Raises:
            BrokerUnreachable: nobody answered in time.
            AdministrationFailed: the topic is missing or we may not read it.
        """
        try:
            self._partitions = _partitions(self._settings, self._consumer, self._topic)
        except BaseException:
            self._consumer.close()
            raise
        self._consumer.assign(
            [TopicPartition(self._topic, number, self._start) for number in self._partitions]
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._consumer.close()

    def to_end(self) -> Iterator[Message]:
        """Every record up to the end of each partition.

        Raises:
            BrokerUnreachable: the end was not reached though nothing arrived for a while.
        """
        silent_until = time.monotonic() + TIMEOUT_SECONDS
        while self._at_end < self._partitions:
            message = self.poll()
            if message is not None:
                silent_until = time.monotonic() + TIMEOUT_SECONDS
                yield message
            elif time.monotonic() > silent_until:
                raise BrokerUnreachable(_advice(self._settings, "reading stopped half-way"))

    def poll(self, timeout: float = POLL_SECONDS) -> Message | None:
        """The next record, or None when none came within ``timeout`` seconds."""
        message: Message | None = self._consumer.poll(timeout)
        if message is None:
            return None
        error = message.error()
        if error is None:
            self._at_end.discard(message.partition() or 0)
            return message
        if error.code() == KafkaError._PARTITION_EOF:
            self._at_end.add(message.partition() or 0)
        elif not error.retriable() and error.code() not in _PASSING:
            raise _explain(self._settings, self._topic, error)
        return None


def _partitions(settings: Settings, client: Producer | Consumer, topic: str) -> frozenset[int]:
    try:
        found = client.list_topics(topic, timeout=TIMEOUT_SECONDS).topics[topic]
    except KafkaException as exc:
        raise _explain(settings, topic, exc.args[0]) from None
    if found.error is not None:
        raise _explain(settings, topic, found.error)
    return frozenset(found.partitions)


# A follower waits for brokers to come back.
_PASSING = frozenset((KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT))
_MISSING = frozenset((KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC))
_FORBIDDEN = frozenset(
    (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)
)
_LOST = _PASSING | {KafkaError._MSG_TIMED_OUT, KafkaError._AUTHENTICATION, KafkaError._RESOLVE}


def _explain(settings: Settings, topic: str, error: KafkaError) -> Exception:
    if error.code() in _MISSING:
        return AdministrationFailed(
            f"topic {topic} does not exist; create it with: reflux topics apply", error
        )
    if error.code() in _FORBIDDEN:
        return AdministrationFailed(f"topic {topic}: not allowed, see deploy/acls.yaml", error)
    if error.code() in _LOST:
        return BrokerUnreachable(_advice(settings, error.str()))
    return AdministrationFailed(f"topic {topic}", error)


def _advice(settings: Settings, trouble: str) -> str:
    return (
        f"{trouble} (brokers: {settings.bootstrap_servers}). Check that they run and that"
        " REFLUX_BOOTSTRAP_SERVERS names them."
    )
