"""The partitions of a table that this worker holds, recovered from their changelog.

A partition is *followed* while its changelog is applied to it: as a standby, or on the way to
being owned. It is *owned* from the end of recovery on: then memory leads, and the changelog is
written from it. A partition never goes back from owned to followed: what is in memory may be ahead
of the changelog, so at the next assignment it is dropped whole and read again from the start. A
standby that is promoted goes on where it is.

This is a Faust store, so that Faust's own recovery drives it (see ``recovery.py``). Where 0.15.3
must be worked around:

- it advances its offsets before it applies a batch and swallows what the batch raises, so a failure
  is kept, ends the worker, and refuses ownership meanwhile;
- it keeps a partition's old offset across assignments unless the store names another, so a fresh
  partition names ``FROM_START`` instead of None;
- it goes on reading an owned partition's changelog in some cases: such chunks are passed over.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from faust.stores.base import Store
from faust.types import TP

from app.kernels.batches import frame
from app.state.codec import CorruptRow, RowCodec
from app.state.header import HEADER_KEY, CorruptHeader, Header
from app.state.recovery import RecoveryFailed
from app.state.store import ColumnStore

log = structlog.get_logger(__name__)

FROM_START = -1
"""The offset before the first, as Faust counts."""


class ChangelogGap(RuntimeError):
    """Changelog records are missing between what was applied and what came."""


class ChunkMessage(Protocol):
    """What is used of a chunk, see ``app/transport/chunks.py``."""

    topic: str
    partition: int
    first_offset: int
    offset: int  # the chunk's last
    value: bytes


@dataclass(slots=True)
class HeldPartition:
    """One partition in memory."""

    store: ColumnStore
    applied: int = FROM_START  # changelog offset that ``store`` and ``header`` are at, if followed
    header: Header | None = None
    owned: bool = False


class PartitionedStore(Store):  # type: ignore[misc]
    """The store of a ``ColumnTable``: rows per partition.

    ``fail`` is called once with what made a changelog unreadable, and ends the worker.
    """

    def __init__(
        self,
        *args: Any,
        codec: RowCodec,
        limit: int,
        fail: Callable[[BaseException], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.codec = codec
        self.limit = limit
        self.held: dict[int, HeldPartition] = {}
        self.failure: BaseException | None = None
        self._fail = fail or self._crash_app

    # Assignment.

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],  # noqa: ARG002 (every assignment is complete)
        newly_assigned: set[TP],  # noqa: ARG002
        generation_id: int = 0,  # noqa: ARG002
    ) -> None:
        """Drop what was owned or is no longer ours, and begin what is new."""
        topic = self.table.changelog_topic_name
        ours = {tp.partition for tp in assigned if tp.topic == topic}
        for number, held in list(self.held.items()):
            if held.owned or number not in ours:
                del self.held[number]
        for number in ours - self.held.keys():
            self.held[number] = HeldPartition(ColumnStore(self.codec.row_dtype, limit=self.limit))

    async def on_recovery_completed(
        self,
        active_tps: set[TP],
        standby_tps: set[TP],  # noqa: ARG002 (standbys go on as they are)
    ) -> None:
        """From here on the memory of active partitions leads."""
        for tp in active_tps:
            held = self.held.get(tp.partition)
            if held is not None and self.failure is None:
                held.owned = True

    def own(self, number: int) -> HeldPartition:
        """A recovered partition, for its owner to change.

        Raises KeyError when it has not been recovered in the present assignment, and
        ``RecoveryFailed`` when a changelog could not be applied: the worker is about to end then.
        """
        if self.failure is not None:
            raise RecoveryFailed(
                f"table {self.table_name}: its changelog could not be read, see the first error"
            ) from self.failure
        held = self.held.get(number)
        if held is None or not held.owned:
            raise KeyError(f"table {self.table_name}: partition {number} is not recovered")
        return held

    def drop(self, number: int) -> None:
        """Forget a partition, once it has been given up; its memory goes with its last user."""
        self.held.pop(number, None)

    # Recovery, called by Faust.

    def persisted_offset(self, tp: TP) -> int:
        """The changelog offset to go on from: Faust reads from it on, and skips it itself."""
        held = self.held.get(tp.partition)
        return FROM_START if held is None or held.owned else held.applied

    def reads_after(self, number: int, offset: int) -> None:
        """The changelog of a partition is read from after ``offset`` on: from its own place, or
        from where the log begins."""
        held = self.held.get(number)
        if held is not None and held.applied == FROM_START:
            held.applied = offset  # there was nothing up to there

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Only ``apply_changelog_batch`` moves a partition."""
        raise NotImplementedError("a columnar table's rows are written by its checkpoints alone")

    def apply_changelog_batch(
        self,
        batch: Iterable[Any],
        to_key: object = None,  # noqa: ARG002
        to_value: object = None,  # noqa: ARG002
    ) -> None:
        """Apply chunks of the changelog (events whose message is a chunk), in order.

        Raises nothing: Faust would swallow it and go on. See ``failure``.
        """
        for event in batch:
            if self.failure is not None:
                return
            try:
                self._apply(event.message)
            except Exception as exc:
                self.failure = exc
                self._fail(exc)

    def _apply(self, message: ChunkMessage) -> None:
        held = self.held.get(message.partition)
        if held is None or message.topic != self.table.changelog_topic_name:
            return  # revoked while the chunk was on its way
        where = f"{message.topic}[{message.partition}]"
        if held.owned:
            log.debug("own changelog passed over", changelog=where, offset=message.offset)
            return
        if message.offset <= held.applied:
            return
        self._check_joins(message, held, where)
        start = max(message.first_offset, held.applied + 1)
        framed = frame(message.value, start, check_crc=True)

        def on_header(key: bytes, value: bytes | None, offset: int) -> None:
            if key != HEADER_KEY:
                raise CorruptRow(f"{where} at offset {offset}: nobody has the key {key!r}", offset)
            try:
                held.header = None if value is None else Header.decode(value)
            except CorruptHeader as exc:
                raise CorruptHeader(f"{where} at offset {offset}: {exc}") from exc

        self.codec.apply(held.store, framed, on_header, where)
        held.applied = message.offset

    def _check_joins(self, message: ChunkMessage, held: HeldPartition, where: str) -> None:
        if message.first_offset > held.applied + 1:
            raise ChangelogGap(
                f"{where}: applied up to offset {held.applied}, but the next records to come begin "
                f"at {message.first_offset}. Rows would be missing or out of date, so the worker "
                "stops; started again it reads the changelog from its beginning. If this repeats, "
                "something deletes changelog records: its cleanup.policy must be compact alone."
            )

    def _crash_app(self, exc: BaseException) -> None:
        self._crashing = asyncio.ensure_future(self.app.crash(exc))

    # What else a Faust store must answer.

    def reset_state(self) -> None:
        """Forget everything: there is nothing on disk."""
        self.held.clear()

    async def backup_partition(self, *args: Any, **kwargs: Any) -> None:
        """The changelog is the copy."""

    def restore_backup(self, *args: Any, **kwargs: Any) -> None:
        """The changelog is the copy."""

    def __len__(self) -> int:
        """Rows held, in all partitions."""
        return sum(len(held.store) for held in self.held.values())

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.table_name}, {len(self.held)} partitions>"
