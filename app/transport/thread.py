"""The Kafka client in its own thread: fetching, seeking, committing."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

import aiokafka
from aiokafka.errors import (
    CommitFailedError,
    ConsumerStoppedError,
    IllegalStateError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.structs import OffsetAndMetadata
from faust.transport.consumer import ensure_TP, ensure_TPset
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, ensure_aiokafka_TP
from faust.types import TP

from app.kernels.batches import CorruptBatch
from app.transport.chunks import Chunk, UnreadableChunk
from app.transport.fetch_pace import FETCH_MAX_WAIT_MS, keep_pace
from app.transport.placement import Placement
from app.transport.positions import FetchFailed
from app.transport.records import deliver_chunks

T = TypeVar("T")

FETCH_MAX_BYTES = 8 << 20
"""Most bytes in one response. aiokafka shuffles the partitions of each request, so a worker with
more partitions than fit still reads all of them in turn."""

PREFETCH_BACKOFF_S = 0.02
"""How long one partition's unread response may hold back the next fetch from its broker."""

READ_ATTEMPTS = 3
"""Corruption on the wire or in memory is mended by reading again; on the disk it is not."""


@dataclass(slots=True)
class Fetched:
    """What one fetch brought. ``unreadable`` is fatal once ``records`` have been delivered."""

    records: dict[TP, list[Any]] = field(default_factory=dict)
    tenures: dict[TP, int] = field(default_factory=dict)
    ends: dict[TP, int] = field(default_factory=dict)
    generation: int = -1
    unreadable: FetchFailed | None = None


class ConsumerThread(AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's aiokafka thread, reading committed records only and chunks where asked for."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._placement = Placement(self)
        self._attempts: dict[TP, int] = {}
        self._commit_lock = asyncio.Lock()
        self._may_commit = False

    async def on_start(self) -> None:
        await super().on_start()
        if not self.app.client_only:
            # Nothing has been subscribed to yet, so no fetch can be under way.
            fetcher = self._ensure_consumer()._fetcher
            fetcher._prefetch_backoff = PREFETCH_BACKOFF_S
            keep_pace(fetcher)
            deliver_chunks(fetcher, self.transport.in_chunks)

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        """Stock settings, credentials and assignor; Faust offers no way to pass these."""
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        consumer._fetch_max_bytes = FETCH_MAX_BYTES
        # Every position is set by us, so that none is ever reset behind our back.
        consumer._auto_offset_reset = "none"
        return consumer

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self._placement.clear()
        self._attempts.clear()
        self._may_commit = True
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        try:
            await super().on_partitions_revoked(revoked)
        finally:
            await self._end_commits()

    async def _end_commits(self) -> None:
        """No commit may be under way when the group is joined again, nor until it is joined.

        It would carry the old generation; the broker refuses it, aiokafka forgets its membership
        for that and joins once more, and so on at every commit interval. What the application
        commits while it handles the revocation is in time.
        """
        self._may_commit = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.app.conf.broker_session_timeout / 2):
                async with self._commit_lock:
                    pass

    # -- fetching

    async def fetch(self, active: set[TP], patience: float) -> Fetched:
        """What has arrived for ``active`` (not empty), waiting up to ``patience`` s for anything.

        Never lets go of records it has taken from the client: cancel only when stopping.

        Raises :class:`~app.transport.positions.PositionLost`, ``ConsumerStoppedError``, and what
        ended the client's background tasks.
        """
        return await self._in_thread(self._fetch(active, patience))

    async def _fetch(self, active: set[TP], patience: float) -> Fetched:
        consumer = self._ensure_consumer()
        self._check_alive(consumer)
        fetched = Fetched()
        if not self.consumer.flow_active:
            return fetched
        lost: Exception | None = None
        with consumer._subscription.fetch_context():  # not left by an exception: it would leak
            try:
                records = await consumer._fetcher.fetched_records(
                    active, timeout=patience, max_records=consumer._max_poll_records
                )
            except (OffsetOutOfRangeError, NoOffsetForPartitionError) as error:
                records, lost = {}, error
        if lost is not None:
            await self._placement.recover(lost)
        # No await from here on: these belong to the records just taken.
        fetched.generation = consumer._coordinator.generation
        for key, batch in records.items():
            tp = ensure_TP(key)
            self._keep_readable(tp, batch, fetched)
            fetched.records[tp] = batch
            fetched.tenures[tp] = self.tenure(tp) or 0
            end = _readable_end(self._state(tp))
            if end is not None:
                fetched.ends[tp] = end
        return fetched

    def _keep_readable(self, tp: TP, batch: list[Any], fetched: Fetched) -> None:
        last = batch[-1]
        if not isinstance(last, UnreadableChunk):
            if isinstance(last, Chunk):
                self._attempts.pop(tp, None)
            return
        batch.pop()
        attempts = self._attempts[tp] = self._attempts.get(tp, 0) + 1
        where = f"{tp.topic}[{tp.partition}] at offset {last.offset}"
        if isinstance(last.error, CorruptBatch) and attempts < READ_ATTEMPTS:
            self.log.warning("%s is corrupt, reading it again: %s", where, last.error)
            return
        fetched.unreadable = FetchFailed(
            f"cannot read {where}: {last.error}"
            if not isinstance(last.error, CorruptBatch)
            else f"cannot read {where}, {attempts} attempts: {last.error}. The broker's copy is "
            "damaged: move leadership to a replica in sync, or restore the segment."
        )
        fetched.unreadable.__cause__ = last.error

    def _check_alive(self, consumer: aiokafka.AIOKafkaConsumer) -> None:
        """Raise what ended a background task of the client; Faust itself never looks."""
        fetcher, coordinator = consumer._fetcher, consumer._coordinator
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        for task in (fetcher.error_future, coordinator._coordination_task):
            if task.cancelled():
                raise ConsumerStoppedError
        if fetcher.error_future.done():
            fetcher.error_future.result()
            raise FetchFailed("the Kafka client has stopped fetching without an error")
        coordinator.check_errors()

    # -- positions

    def tenure(self, tp: TP) -> int | None:
        """The partition's tenure; None from an assignment to the first seek."""
        return self._placement.tenure(tp)

    async def place(self, wanted: Mapping[TP, int | None]) -> dict[TP, int]:
        """Seek inputs; None means where ``consumer_auto_offset_reset`` says. Returns positions.

        Raises ``PositionLost`` for a durable position whose records have expired. One beyond the
        end of the log is found out by the first fetch.
        """
        return await self._in_thread(self._placement.place_all(wanted))

    async def _seek_wait(self, _: aiokafka.AIOKafkaConsumer, partitions: Mapping[TP, int]) -> None:
        # The stock method waits between the seek and its return: a fetch would slip in between the
        # new position and the new tenure. There is nothing to wait for: a seek is done at once.
        for tp, offset in partitions.items():
            self._placement.place(ensure_TP(tp), offset)

    async def seek_to_beginning(self, *partitions: TP) -> None:
        tps = [ensure_TP(tp) for tp in partitions]
        await self._in_thread(self._placement.place_at_start(tps))

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every input that has a committed offset to it. Returns those offsets."""
        tps = [tp for tp in self.assignment() if not self.consumer.is_changelog(tp)]
        return await self.place(await self.committed(tps))

    async def committed(self, tps: Iterable[TP]) -> dict[TP, int]:
        """The group's committed offsets of those partitions that have one."""
        return await self._in_thread(self._committed(tps))

    async def _committed(self, tps: Iterable[TP]) -> dict[TP, int]:
        keys = [ensure_aiokafka_TP(tp) for tp in tps]
        answer = await self._ensure_consumer()._coordinator.fetch_committed_offsets(keys)
        return {ensure_TP(key): one.offset for key, one in answer.items() if one.offset >= 0}

    def highwater(self, tp: TP) -> int | None:
        """Offset after the last record that can be read, which is the last stable one.

        None before the first fetch and for a partition that has just been revoked.
        """
        return _readable_end(self._state(tp))

    def client_position(self, tp: TP) -> int | None:
        """The next offset the client hands out; None where it has none."""
        state = self._state(tp)
        return state.position if state is not None and state.has_valid_position else None

    def _state(self, tp: TP) -> Any:
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        return assignment.state_value(ensure_aiokafka_TP(tp)) if assignment else None

    # -- committing

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit for what is still assigned; whether it was done.

        Unlike the stock method a rebalance in between is no reason to end the worker: the offsets
        stay uncommitted and are read again, or were only for lag tools.
        """
        async with self._commit_lock:
            return self._may_commit and await self._commit_assigned(offsets)

    async def _commit_assigned(self, offsets: Mapping[TP, int]) -> bool:
        consumer = self._ensure_consumer()
        assigned = ensure_TPset(consumer.assignment())
        mine = {tp: offset for tp, offset in offsets.items() if tp in assigned}
        if not mine:
            return False
        request = {
            ensure_aiokafka_TP(tp): OffsetAndMetadata(offset, "") for tp, offset in mine.items()
        }
        try:
            await consumer.commit(request)
        except (CommitFailedError, IllegalStateError) as error:
            self.log.info("The group has rebalanced, not committed: %s", error)
            return False
        except Exception as error:
            self.log.exception("Cannot commit offsets: %r", error)
            await self.crash(error)
            return False
        now = monotonic()
        self.tp_last_committed_at.update(dict.fromkeys(mine, now))
        return True

    # -- between the two event loops

    async def call_thread(self, fun: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
        """Stock, but raises ``ConsumerStoppedError`` where that would wait for a dead thread."""
        if self._shutdown.is_set():
            raise ConsumerStoppedError
        result: T = await self._unless_gone(super().call_thread(fun, *args, **kwargs))
        return result

    async def _in_thread(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the client's loop and wait in the caller's.

        Not through Faust's method queue: its two workers would be held up by a fetch that waits.
        """
        if self._shutdown.is_set():
            work.close()
            raise ConsumerStoppedError
        future = asyncio.run_coroutine_threadsafe(work, self.thread_loop)
        return await self._unless_gone(asyncio.wrap_future(future))

    async def _unless_gone(self, answer: Awaitable[T]) -> T:
        """``answer``, or ``ConsumerStoppedError`` if the thread ends before it comes."""
        waiting = asyncio.ensure_future(answer)
        gone = asyncio.ensure_future(self._shutdown.wait())
        try:
            await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                raise ConsumerStoppedError
            return waiting.result()
        finally:
            waiting.cancel()
            gone.cancel()

    def _stopped_set(self) -> None:
        with contextlib.suppress(RuntimeError):  # after a crash the loop is closed already
            super()._stopped_set()


def _readable_end(state: Any) -> int | None:
    """Offset after the last record of a partition that can be read, from aiokafka's state of it."""
    if state is None:
        return None
    # Brokers before 0.11, and some that are not Apache Kafka, know of no stable offset.
    known = state.lso is not None and state.lso >= 0
    end: int | None = state.lso if known else state.highwater
    return end
