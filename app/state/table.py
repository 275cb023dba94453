"""A Faust table whose rows are columnar, held and lost by partition.

Faust registers it, names its changelog, assigns its partitions and standbys, and drives its
recovery. Nothing else of a Faust table remains: rows change in kernels, by partition, and leave the
process through checkpoints, so the ways to read and write single keys refuse to work.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import faust
from faust.types import TP, TopicT

from app.state.codec import RowCodec
from app.state.partitions import HeldPartition, PartitionedStore
from app.state.recovery import install

CHANGELOG_CONFIG = {
    # Small segments are compacted early, so that a recovery reads little more than the rows.
    "segment.bytes": str(64 << 20),
    "min.cleanable.dirty.ratio": "0.1",
    "max.compaction.lag.ms": "3600000",
}
"""Topic configuration of a changelog, beside ``cleanup.policy=compact``."""


Hook = Callable[[set[int]], Awaitable[None]]
"""Awaited with the numbers of the partitions this worker is about to own."""


class ColumnTable(faust.Table):  # type: ignore[misc]
    """Rows of ``codec``'s layout, at most ``limit`` in each of ``partitions`` partitions.

    Creating one registers it with ``app``, which must not have started. ``fail`` is called, in the
    event loop, with what made its changelog unreadable, and must end the worker; without it the
    application crashes as a Faust application does.

    >>> accounts = ColumnTable(app, name="accounts", codec=ACCOUNT_CODEC, limit=10**6, partitions=8)
    >>> held = accounts.own(3)  # once recovery is complete
    >>> held.store, held.header
    """

    def __init__(
        self,
        app: faust.App,
        *,
        name: str,
        codec: RowCodec,
        limit: int,
        partitions: int,
        fence: Hook | None = None,
        fail: Callable[[BaseException], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            app,
            name=name,
            partitions=partitions,
            key_type=bytes,
            value_type=bytes,
            # With a buffer of 1 Faust would go on reading the changelog of partitions we own.
            recovery_buffer_size=2,
            standby_buffer_size=1,
            extra_topic_configs=CHANGELOG_CONFIG,
            beacon=app.tables.beacon,
            **kwargs,
        )
        self.codec = codec
        self.limit = limit
        self.fence = fence
        """Awaited before changelogs are read: keeps former owners from writing to them."""
        self.begin: Hook | None = None
        """Awaited once partitions are recovered, before their inputs are placed. Cancelled when
        they are revoked meanwhile; what it raises otherwise ends the worker."""
        self._beginning: asyncio.Task[Any] | None = None
        self._fail = fail
        install(app)
        app.tables.add(self)

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],
        newly_assigned: set[TP],
        generation_id: int = 0,
    ) -> None:
        """Fence what is about to be owned, then prepare its memory.

        Here, inside the rebalance, because the group waits for it: a fence that ran on into the
        next assignment would shut out the partition's new owner.
        """
        if self.fence is not None:
            actives = self.app.assignor.assigned_actives()
            changelog = self.changelog_topic_name
            await self.fence({tp.partition for tp in actives if tp.topic == changelog})
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Take possession of what has been recovered; see ``begin``."""
        self._beginning = asyncio.current_task()
        try:
            await super().on_recovery_completed(active_tps, standby_tps)
            if self.begin is not None:
                await self.begin({tp.partition for tp in active_tps})
        finally:
            self._beginning = None

    def reads_after(self, number: int, offset: int) -> None:
        """See ``PartitionedStore.reads_after``."""
        self.data.reads_after(number, offset)

    def interrupt(self) -> None:
        """Partitions are being revoked: nothing may begin with them any more."""
        if self._beginning is not None:
            self._beginning.cancel()

    @property
    def held(self) -> dict[int, HeldPartition]:
        """What this worker holds in memory, by partition: followed and owned."""
        held: dict[int, HeldPartition] = self.data.held
        return held

    def own(self, number: int) -> HeldPartition:
        """See ``PartitionedStore.own``."""
        held: HeldPartition = self.data.own(number)
        return held

    def drop(self, number: int) -> None:
        """See ``PartitionedStore.drop``."""
        self.data.drop(number)

    def _new_store(self) -> PartitionedStore:
        return PartitionedStore(
            "columns://",
            self.app,
            self,
            table_name=self.name,
            loop=self.loop,
            codec=self.codec,
            limit=self.limit,
            fail=self._fail,
        )

    def _new_changelog_topic(self, **kwargs: Any) -> TopicT:  # noqa: ARG002
        """The changelog, declared without types: its messages are chunks, not single records."""
        return self.app.topic(
            self._changelog_topic_name(),
            key_serializer="raw",
            value_serializer="raw",
            partitions=self.partitions,
            compacting=True,
            deleting=False,
            acks=False,
            internal=True,
            config=self.extra_topic_configs,
            allow_empty=True,
        )

    # Rows are not to be had one by one.

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            f"table {self.name}: rows are read and changed by partition, through own(), and "
            "written by checkpoints; a single key has no access of its own"
        )

    __getitem__ = __setitem__ = __delitem__ = __contains__ = __iter__ = _refuse
    get = keys = values = items = copy = pop = popitem = setdefault = update = raw_update = _refuse
    clear = on_clear = on_key_get = on_key_set = on_key_del = _refuse
    send_changelog = partition_for_key = as_ansitable = _refuse
    using_window = hopping = tumbling = clone = _refuse

    def __len__(self) -> int:
        """Rows held, in all partitions."""
        return len(self.data)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return repr(self.data)

    # A mapping compares its items: tables are keys of Faust's dictionaries.
    __eq__ = object.__eq__
    __hash__ = object.__hash__
