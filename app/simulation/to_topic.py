"""Sends a simulation to Kafka."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

FLUSH_SECONDS = 30.0

THROUGHPUT: dict[str, Any] = {
    "linger.ms": 50,
    "compression.type": "lz4",
    "batch.size": 1_000_000,
    "queue.buffering.max.messages": 200_000,
    # A callback per record would cost more than sending it; silence means delivered.
    "delivery.report.only.error": True,
}


class UndeliveredError(RuntimeError):
    """Records did not reach the topic; the message says how many and why."""


class TopicWriter:
    """Produces records and loses none without saying so.

    ``config`` is a producer's configuration with the partitioner of the contract, see
    ``app/kafka/clients.py``. Records wait in the client's memory until they are sent; where that
    is full, ``send`` waits for the broker.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._producer = Producer({**config, **THROUGHPUT})
        self._failed = 0
        self._error: KafkaError | None = None
        self.sent = 0

    def send(self, topic: str, keys: Iterable[bytes], values: Iterable[bytes]) -> None:
        """Send one record per pair; raises ``UndeliveredError`` once an earlier one failed."""
        produce = self._producer.produce
        for key, value in zip(keys, values, strict=True):
            while True:
                try:
                    produce(topic, value, key, on_delivery=self._delivered)
                    break
                except BufferError:
                    self._producer.poll(0.1)
                except KafkaException as exc:
                    raise UndeliveredError(f"{topic}: {exc.args[0].str()}") from None
            self.sent += 1
        self._producer.poll(0)
        self._check()

    def flush(self) -> None:
        """Wait until every record is on its topic; raises ``UndeliveredError`` where one is not."""
        left = self._producer.flush(FLUSH_SECONDS)
        self._check()
        if left:
            raise UndeliveredError(f"{left} records were not sent in {FLUSH_SECONDS:g} s")

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._failed += 1
            self._error = error

    def _check(self) -> None:
        if self._error is not None:
            raise UndeliveredError(f"{self._failed} records failed: {self._error.str()}")
