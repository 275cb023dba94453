"""Faust's consumer with chunks: delivery, acknowledgement, and where to read from.

Topics that are not read in chunks keep Faust's path for single records, acks and gaps included.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from faust.transport.consumer import ensure_TP, ensure_TPset
from faust.transport.drivers import aiokafka as stock
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode import Service
from mode.utils.futures import notify

from app.transport.chunks import Chunk, ChunkMessage
from app.transport.ledger import AckLedger
from app.transport.pump import Pump
from app.transport.thread import ConsumerThread, Fetched


@dataclass(slots=True)
class Delivered:
    """What has been delivered since the worker started. ``messages`` counts chunks and records."""

    messages: int = 0
    chunks: int = 0
    chunk_records: int = 0
    chunk_bytes: int = 0


class Consumer(stock.Consumer):  # type: ignore[misc]
    """Reads some topics in chunks, see :mod:`app.transport.chunks`."""

    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._ledger = AckLedger()
        self._placed: dict[TP, int] = {}
        self.delivered = Delivered()
        self.held_up: set[str] = set()
        """Topics whose agent waits for something outside the worker: that is no stall of ours."""
        super().__init__(*args, **kwargs)
        self._n_acked: int = 0

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def in_chunks(self, tp: TP) -> bool:
        return bool(self.transport.in_chunks(tp.topic))

    def is_changelog(self, tp: TP) -> bool:
        return bool(self._is_changelog_tp(tp))

    # -- fetching and delivering

    async def _drain_messages(self, fetcher: Service) -> None:
        if self.app.client_only:
            await super()._drain_messages(fetcher)
            return
        try:
            await Pump(self, fetcher).run()
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            if not self.transport.app.should_stop:
                raise
            self.log.info("Consumer stopped, shutting down...")
        except Exception as error:
            self.log.exception("Reading stopped: %r", error)
            raise

    async def fetch(self, active: set[TP], patience: float) -> Fetched:
        return await self._thread.fetch(active, patience)

    def fetchable(self) -> set[TP]:
        """Partitions that are assigned, not paused and whose stream has not asked for a break."""
        active: set[TP] = self._get_active_partitions().intersection(self.assignment())
        return active

    def is_current(self, tp: TP, generation: int, tenure: int) -> bool:
        """Whether nothing has been assigned anew or sought since a record was fetched."""
        current = tenure == self._thread.tenure(tp)
        return current and generation == self.app.consumer_generation_id

    def has_room(self, tp: TP) -> bool:
        """Whether every stream that reads ``tp`` can take one more message."""
        if tp in self._paused_partitions:
            return False
        limit = self.transport.queued_chunks if self.in_chunks(tp) else 0
        for channel in self.app.topics._tp_index.get(tp, ()):
            queue = channel.queue
            if queue.full() or (limit and queue.qsize() >= limit):
                return False
        return True

    async def deliver(self, tp: TP, record: Any, generation: int) -> None:
        """Hand one chunk or record to its streams; dropped if the flow stops meanwhile."""
        if isinstance(record, Chunk):
            acked = self.app.topics.acks_enabled_for(tp.topic)
            delivery = self._ledger.enter(tp, record.next_offset) if acked else None
            message = ChunkMessage(tp, record, generation, delivery)
            self.delivered.chunks += 1
            self.delivered.chunk_records += record.records
            self.delivered.chunk_bytes += len(record.data)
        else:
            message = self._to_message(tp, record)
            message.generation_id = generation
            if not await self._advance(tp, message):
                return
        self.delivered.messages += 1
        await self.wait_first(self.callback(message), self.suspend_flow.wait())
        self._read_offset[tp] = message.offset

    async def _advance(self, tp: TP, message: ConsumerMessage) -> bool:
        """Faust's bookkeeping before a single record; False if it was delivered before."""
        read = self._read_offset[tp]
        if read is not None and message.offset < read:
            return False
        if read and message.offset - read > 1 and self.app.topics.acks_enabled_for(tp.topic):
            await self._add_gap(tp, read + 1, message.offset)
        if self._commit_every is not None and self._n_acked >= self._commit_every:
            self._n_acked = 0
            await self.commit()
        return True

    def on_buffer_drop(self, tp: TP) -> None:
        # Stock puts the partition back even if it was paused or revoked while its stream was full.
        if tp in self._paused_partitions or tp not in self.assignment():
            self._buffered_partitions.discard(tp)
        else:
            super().on_buffer_drop(tp)

    # -- acknowledging and committing

    def ack(self, message: ConsumerMessage) -> bool:
        if not isinstance(message, ChunkMessage):
            return bool(super().ack(message))
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        notify(self._waiting_for_ack)
        return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        for tp in super()._filter_tps_with_pending_acks(topics):
            if not self.in_chunks(tp):
                yield tp
        for tp in self._inputs():
            wanted = topics is None or tp in topics or tp.topic in topics
            if wanted and self.in_chunks(tp):
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        if not self.in_chunks(tp):
            offset: int | None = super()._new_offset(tp)
            return offset
        # Compiled streams note offsets here as well; for chunks the ledger is the record.
        self._acked.pop(tp, None)
        self._acked_index.pop(tp, None)
        positions = self.transport.positions
        return self._ledger.committable(tp) if positions is None else positions.committable(tp)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if not self.in_chunks(tp):
            await super()._add_gap(tp, offset_from, offset_to)

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        before = {tp: self._committed_offset[tp] for tp in offsets if self.in_chunks(tp)}
        done = bool(await super()._commit_offsets(offsets, start_new_transaction))
        if not done:
            # Stock takes a refused commit for done. Chunks are offered again at the next interval.
            for tp, offset in before.items():
                if tp in self._committed_offset:
                    self._committed_offset[tp] = offset
        return done

    async def on_stop(self) -> None:
        try:
            await super().on_stop()
        except self.consumer_stopped_errors:
            self.log.info("The client has ended before: nothing more is committed")

    # -- positions

    def _inputs(self) -> set[TP]:
        return {tp for tp in self.assignment() if not self.is_changelog(tp)}

    async def perform_seek(self) -> None:
        """Place every input: a durable position, else the committed offset, else the policy.

        Raises ``PositionLost`` for a durable position whose records have expired.
        """
        inputs = self._inputs()
        committed = await self._thread.committed(inputs)
        wanted = {tp: self._resume_offset(tp, committed.get(tp)) for tp in inputs}
        placed = await self._thread.place(wanted)
        self._ledger.forget(inputs)
        self._placed = placed
        for tp, offset in placed.items():
            self._read_offset[tp] = offset or None
            self._committed_offset[tp] = committed.get(tp)

    def _resume_offset(self, tp: TP, committed: int | None) -> int | None:
        durable: int | None = self.transport.durable_position(tp)
        return committed if durable is None else durable

    async def seek(self, partition: TP, offset: int) -> None:
        """Read ``partition`` from ``offset`` on; what is queued of it is not taken back."""
        await self.seek_wait({partition: offset})

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        await super().seek_wait(partitions)
        for tp, offset in partitions.items():
            self._read_offset[ensure_TP(tp)] = offset or None
        self._ledger.forget(ensure_TPset(partitions))

    def progress(self) -> dict[TP, int]:
        """How far each input that is neither paused nor held up has come: for chunks what is
        acknowledged or durable, for single records what the client has handed out."""
        positions: dict[TP, int] = {}
        if not self._placed:
            return positions
        for tp in self._inputs() & self._placed.keys() - self._paused_partitions:
            if tp.topic in self.held_up:
                continue
            at: int | None = self._thread.client_position(tp)
            if self.in_chunks(tp):
                at = self._chunks_done(tp)
            if at is not None:
                positions[tp] = at
        return positions

    def _chunks_done(self, tp: TP) -> int:
        durable = self.transport.positions
        known = (
            self._placed[tp],
            self._ledger.committable(tp),
            None if durable is None else durable.committable(tp),
        )
        return max(offset for offset in known if offset is not None)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await super().on_partitions_revoked(revoked)
        # After the application's own handlers: they may commit what they have just made durable.
        self._ledger.forget(revoked)
        self._buffered_partitions.difference_update(revoked)
