"""The checkpoint: the one way anything leaves a worker.

One checkpoint is one Kafka transaction of a producer whose ``transactional.id`` belongs to the
table partition. It holds rows of the table, everything their events produced, and, in the last
slice of a full checkpoint, the partition's header. Readers that read committed records therefore
see an action and the state that led to it together or not at all, and the broker fences a former
owner of the partition: a zombie cannot write.
"""

import contextlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer

log = structlog.get_logger(__name__)

HEADER_KEY = b"\xffheader"
"""Changelog key of the header: no account id can equal it, for it is not valid UTF-8."""

BY_KEY = -1
"""The partition of an output that is chosen by its key."""

RETRY_SECONDS = 0.2
"""Pause before a transaction that the broker made us abort is written again."""


class WriterFenced(RuntimeError):
    """Another worker owns the partition now: this one must not write, and stops."""


class CheckpointFailed(RuntimeError):
    """A checkpoint could not be written before its deadline: the worker stops, nothing moved on."""


class Output(NamedTuple):
    """A record for another topic, partitioned by its key as the contract says (murmur2), unless it
    names its ``partition``."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = BY_KEY


@dataclass(slots=True)
class Checkpoint:
    """The content of one transaction.

    ``rows`` are (key, value) pairs of the changelog in the order they must be read back, a value
    of None being a tombstone. The ``header`` of the last slice of a full checkpoint moves on;
    others have none, or the former one with what their actions changed in it.
    """

    rows: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    header: bytes | None = None
    full: bool = False
    """Whether it completes a full checkpoint: its header moves the positions."""
    actions: int = 0
    """Enforcement actions among the outputs, for whoever limits their rate."""

    def __bool__(self) -> bool:
        return bool(self.rows or self.outputs or self.header is not None)


class CheckpointWriter:
    """Writes the checkpoints of one table partition, each as one transaction.

    Every method blocks on the broker and is called from one thread at a time, never from the event
    loop. ``open`` must return before the partition's changelog is read: it fences the former owner
    and completes or aborts its last transaction, so that the changelog has an end.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        transactional_id: str,
        changelog: str,
        partition: int,
        timeout: float = 60.0,
    ) -> None:
        self.transactional_id = transactional_id
        self.aborts = 0
        """Transactions that were aborted and written again."""
        self._changelog = changelog
        self._partition = partition
        self._timeout = timeout
        self._producer = Producer(
            {
                "linger.ms": 2,
                "compression.type": "lz4",
                "batch.size": 1 << 20,
                "queue.buffering.max.messages": 1_000_000,
                "queue.buffering.max.kbytes": 1 << 18,
                # Accounts are partitioned as the JVM clients and Faust do; see EVENTS on murmur2.
                "partitioner": "murmur2_random",
                # Longer than a slice takes, shorter than an operator's patience: a worker that dies
                # inside a transaction holds back readers of committed records for this long.
                "transaction.timeout.ms": int(timeout * 1000),
                **config,
                "transactional.id": transactional_id,
                "enable.idempotence": True,
            }
        )

    def open(self) -> None:
        """Fence the partition's former owner.

        Raises:
            CheckpointFailed: the broker did not answer in time or refused.
        """
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                self._producer.init_transactions(max(deadline - time.monotonic(), 0.1))
                return
            except KafkaException as exc:
                error = _error(exc)
                if not error.retriable() or time.monotonic() >= deadline:
                    raise CheckpointFailed(
                        f"cannot open transactions as {self.transactional_id!r}: {error}. Check"
                        " that the principal may write with this transactional id, and that the"
                        " brokers' transaction state topic has enough replicas in sync."
                    ) from exc
                time.sleep(RETRY_SECONDS)

    def write(self, checkpoint: Checkpoint, *, timeout: float | None = None) -> None:
        """Write ``checkpoint`` as one transaction, again from its start if the broker aborts it.

        Returns when it is durable. The caller keeps the checkpoint unchanged meanwhile.

        Raises:
            WriterFenced: another worker has taken the partition.
            CheckpointFailed: it could not be committed within ``timeout`` seconds.
        """
        deadline = time.monotonic() + (self._timeout if timeout is None else timeout)
        attempt = 0
        while True:
            attempt += 1
            try:
                self._producer.begin_transaction()
                self._produce(checkpoint, deadline)
                self._commit(deadline)
                return
            except KafkaException as exc:
                self._recover(exc, deadline)
                self.aborts += 1
                log.warning(
                    "checkpoint aborted, writing it again",
                    transactional_id=self.transactional_id,
                    attempt=attempt,
                    error=str(_error(exc)),
                )
                time.sleep(RETRY_SECONDS)

    def close(self) -> None:
        """Give up the producer; a transaction left open is aborted."""
        # A fenced producer has nothing left to abort, and says so by raising.
        with contextlib.suppress(KafkaException):
            self._producer.close()

    def _produce(self, checkpoint: Checkpoint, deadline: float) -> None:
        for key, value in checkpoint.rows:
            self._send(self._changelog, key, value, (), self._partition, deadline)
        for output in checkpoint.outputs:
            self._send(*output[:4], output.partition, deadline)
        if checkpoint.header is not None:
            self._send(
                self._changelog, HEADER_KEY, checkpoint.header, (), self._partition, deadline
            )

    def _send(
        self,
        topic: str,
        key: bytes,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes]],
        partition: int,
        deadline: float,
    ) -> None:
        while True:
            try:
                self._producer.produce(
                    topic, value, key, partition, headers=list(headers) if headers else None
                )
                return
            except BufferError:
                # The local queue is full: wait for deliveries rather than grow without limit.
                self._producer.poll(0.05)
                if time.monotonic() >= deadline:
                    raise CheckpointFailed(self._late("filling")) from None

    def _commit(self, deadline: float) -> None:
        while True:
            try:
                # Flushes first, and fails if any record of the transaction was not delivered.
                self._producer.commit_transaction(max(deadline - time.monotonic(), 0.1))
                return
            except KafkaException as exc:
                error = _error(exc)
                if not error.retriable() or error.txn_requires_abort():
                    raise
                if time.monotonic() >= deadline:
                    raise CheckpointFailed(self._late("committing")) from exc

    def _recover(self, exc: KafkaException, deadline: float) -> None:
        error = _error(exc)
        if error.code() in _FENCED:
            raise WriterFenced(
                f"{self.transactional_id!r} is held by another worker now: this one stops"
            ) from exc
        if error.fatal() or time.monotonic() >= deadline:
            raise CheckpointFailed(f"{self._late('writing')} Last error: {error}.") from exc
        try:
            self._producer.abort_transaction(max(deadline - time.monotonic(), 0.1))
        except KafkaException as abort:
            error = _error(abort)
            if error.code() in _FENCED:
                raise WriterFenced(
                    f"{self.transactional_id!r} is held by another worker now: this one stops"
                ) from abort
            raise CheckpointFailed(f"{self._late('aborting')} Last error: {error}.") from abort

    def _late(self, doing: str) -> str:
        return (
            f"checkpoint of {self._changelog}/{self._partition} not durable in time while {doing}"
            " its transaction. The worker stops with nothing moved on; it may be started again as"
            " soon as the brokers accept writes."
        )


_FENCED = frozenset(
    (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)
)


def _error(exc: KafkaException) -> KafkaError:
    error: KafkaError = exc.args[0]
    return error
