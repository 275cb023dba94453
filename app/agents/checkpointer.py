"""When a partition's checkpoints are written, and what its owner owes when it leaves.

Two rhythms share one writer. At a regular interval everything that changed is written, in slices
small enough that an enforcement action never waits long behind them, and the last slice carries the
header. In between, outputs that must go at once (actions) are written with just the rows they came
from. One transaction is in flight at a time; the event loop goes on folding meanwhile.
"""

import asyncio
import time
import zlib
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Protocol

import structlog

from app import metrics
from app.agents.breaker import Breaker
from app.agents.turns import Turns
from app.state.checkpoint import Checkpoint, CheckpointWriter

log = structlog.get_logger(__name__)

SPREAD = 0.2
"""By how much of itself a partition's interval is shorter than what was asked for, at most. All of
a worker's partitions begin at the same time, and would otherwise write at the same time for good.
"""

GOLDEN = 0.618034
"""Multiples of the golden ratio, without their whole part, lie as far apart as they can."""


class Source(Protocol):
    """A table partition as its checkpointer sees it. All methods are called in the event loop."""

    @property
    def urgent(self) -> bool:
        """Whether outputs wait that should leave without waiting for the interval."""

    @property
    def backlogged(self) -> bool:
        """Whether a full checkpoint is wanted now: inputs wait for it."""

    @property
    def changed(self) -> bool:
        """Whether a full checkpoint would write anything."""

    def freeze(self) -> None:
        """Begin a full checkpoint: note the header and every row that is dirty now."""

    def collect(self, limit: int) -> Checkpoint:
        """The next transaction: all waiting outputs with their rows, and up to ``limit`` of the
        frozen rows. The first one after which no frozen row is left carries the header; without a
        frozen checkpoint there are only outputs and their rows."""

    def written(self) -> None:
        """The frozen header has been written: committed positions may move."""


class Checkpointer:
    """Writes the checkpoints of one partition until it is closed.

    Any failure is handed to ``failed`` once and ends the checkpointer: the worker must stop, since
    what it holds in memory can no longer be made durable.
    """

    def __init__(
        self,
        source: Source,
        writer: CheckpointWriter,
        executor: Executor,
        *,
        table: str,
        partition: int,
        interval: float,
        slice_rows: int,
        breaker: Breaker,
        turns: Turns,
        failed: Callable[[BaseException], None],
    ) -> None:
        self._source = source
        self._writer = writer
        self._executor = executor
        self._table = table
        self._partition = partition
        place = zlib.crc32(table.encode()) / 2**32 + GOLDEN * partition
        self._interval = interval * (1.0 - SPREAD * (place % 1.0))
        self._slice_rows = slice_rows
        self._breaker = breaker
        self._turns = turns
        self._failed = failed
        self._woken: float | None = None
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self.drained = asyncio.Event()
        """Set whenever a full checkpoint has just become durable, and for good when closed."""

    def start(self) -> None:
        """Begin the interval; must be called in the event loop."""
        self._task = asyncio.create_task(
            self._run(), name=f"checkpoints-{self._table}-{self._partition}"
        )

    def wake(self) -> None:
        """Say that an urgent output waits."""
        if self._woken is None:
            self._woken = time.perf_counter()
        self._wake.set()

    async def close(self, deadline: float) -> bool:
        """Write what is left, then stop. ``deadline`` is in ``time.monotonic()`` seconds.

        Returns whether everything is durable. If not (the deadline passed, or the checkpointer had
        failed), memory is ahead of the changelog and its owner must discard it.
        """
        self._closing = True
        self._wake.set()
        clean = False
        if self._task is not None:
            remaining = max(deadline - time.monotonic(), 0.0)
            done, _ = await asyncio.wait({self._task}, timeout=remaining)
            if done:
                clean = not self._task.cancelled() and self._task.exception() is None
                await asyncio.get_running_loop().run_in_executor(self._executor, self._writer.close)
            else:
                log.error(
                    "no time left to write the last checkpoint: discarding what is not durable",
                    table=self._table,
                    partition=self._partition,
                )
                # Its thread may still be writing: the next owner's writer fences it.
                self._task.cancel()
        # Whoever still waits for a checkpoint would wait for ever: none will come.
        self.drained.set()
        return clean

    async def _run(self) -> None:
        try:
            due = time.monotonic() + self._interval
            while True:
                if self._closing or self._source.backlogged or time.monotonic() >= due:
                    closing = self._closing
                    if self._source.changed:
                        await self._full()
                    due = time.monotonic() + self._interval
                    if closing:
                        return
                elif self._source.urgent:
                    await self._write(self._source.collect(0), "urgent")
                self._wake.clear()
                if not (self._source.urgent or self._source.backlogged or self._closing):
                    await self._wait(due - time.monotonic())
        except asyncio.CancelledError:
            raise
        except BaseException as exc:
            self._failed(exc)
            raise

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _full(self) -> None:
        await self._turns.next()
        self._source.freeze()
        while True:
            checkpoint = self._source.collect(self._slice_rows)
            await self._write(checkpoint, "full")
            if checkpoint.full:
                break
            await self._turns.next()
        self._source.written()
        self.drained.set()
        self.drained.clear()

    async def _write(self, checkpoint: Checkpoint, kind: str) -> None:
        woken, self._woken = self._woken, None
        await self._breaker.admit(checkpoint.actions)
        started = time.perf_counter()
        aborts = self._writer.aborts
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executor, self._writer.write, checkpoint)
        metrics.CHECKPOINT_SECONDS.labels(table=self._table, kind=kind).observe(
            time.perf_counter() - started
        )
        if woken is not None and checkpoint.actions:
            metrics.ACTION_DELAY_SECONDS.observe(time.perf_counter() - woken)
        metrics.CHECKPOINT_ABORTS.labels(table=self._table).inc(self._writer.aborts - aborts)
        metrics.CHECKPOINT_ROWS.labels(table=self._table).inc(len(checkpoint.rows))
