"""What every worker must know: policies, population parts and commands about campaigns.

Faust gives a topic's partitions to one worker of the group; these topics are read by all of them,
whole. The reader is a plain consumer outside the group in a thread of its own, so that a policy is
in force within a poll, also while the event loop is busy or the group is rebalancing.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.2
RETRY_SECONDS = 1.0

Deliver = Callable[[str, bytes | None, bytes | None, int], None]
"""Called in the event loop with (topic, key, value, Kafka timestamp in ms) for every record."""


class BroadcastReader:
    """Reads ``topics`` from their beginning and follows them, delivering into the event loop.

    ``caught_up`` is set once every partition has been read to the end it had at the start. Records
    of one partition are delivered in their order. A lost broker is waited for; an error that will
    not pass (authorisation, a missing topic) is handed to ``failed`` and ends the thread.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        topics: tuple[str, ...],
        deliver: Deliver,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.caught_up = asyncio.Event()
        self._config = {
            **config,
            # A group id is demanded by the client; nothing is ever committed or joined with it.
            "group.id": "reflux-broadcast-reader",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 100,
        }
        self._topics = topics
        self._deliver = deliver
        self._failed = failed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="broadcasts", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start reading; must be called in the event loop that records are delivered to."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Stop reading and wait for the thread, a few polls at most."""
        self._stop.set()
        self._thread.join(timeout=10.0)

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    def _run(self) -> None:
        consumer = Consumer(self._config)
        try:
            pending = self._assign(consumer)
            if not pending:
                self._call(self.caught_up.set)
            while not self._stop.is_set():
                message = consumer.poll(POLL_SECONDS)
                if message is None:
                    continue
                error = message.error()
                if error is None:
                    self._call(self._deliver, *_record(message))
                elif error.code() == KafkaError._PARTITION_EOF:
                    if pending:
                        pending.discard((message.topic(), message.partition()))
                        if not pending:
                            self._call(self.caught_up.set)
                elif not error.retriable() and error.code() in _LASTING:
                    raise KafkaException(error)
                else:
                    log.warning("broadcast topics cannot be read now", error=str(error))
        except Exception as exc:
            self._call(self._failed, exc)
        finally:
            consumer.close()

    def _assign(self, consumer: Consumer) -> set[tuple[str, int]]:
        partitions: set[tuple[str, int]] = set()
        for topic in self._topics:
            while not self._stop.is_set():
                try:
                    metadata = consumer.list_topics(topic, timeout=5.0).topics[topic]
                except KafkaException as exc:
                    log.warning("waiting for the brokers", error=str(exc))
                    time.sleep(RETRY_SECONDS)
                    continue
                if metadata.error is not None:
                    raise KafkaException(metadata.error)
                partitions.update((topic, partition) for partition in metadata.partitions)
                break
        consumer.assign([TopicPartition(topic, number, 0) for topic, number in sorted(partitions)])
        return partitions


_LASTING = frozenset(
    (
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
    )
)


def _record(message: Message) -> tuple[str, bytes | None, bytes | None, int]:
    key, value = message.key(), message.value()
    _, timestamp = message.timestamp()
    return message.topic() or "", _bytes(key), _bytes(value), timestamp


def _bytes(text: str | bytes | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text
