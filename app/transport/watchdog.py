"""Ends a worker that has stopped getting anywhere, so that its supervisor can start another.

Consumers that quietly stop after a broker outage, a rebalance that never ends, a recovery that
waits for a record that will not come, an event loop that hangs: none of them can be mended from
inside, and all of them look healthy from outside. State is durable in the changelog, so a hard end
loses nothing.
"""

import asyncio
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from faust.types import TP
from mode import Service

if TYPE_CHECKING:
    from app.transport.consumer import Consumer

log = structlog.get_logger(__name__)

EXIT_STALLED = 70
"""Exit code of a worker that the watchdog has ended (``EX_SOFTWARE`` of sysexits.h)."""

REBALANCE = TP("(rebalance)", 0)
BROKER = TP("(end offsets from the broker)", 0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a partition has come, and how far it could: offsets."""

    position: int
    end: int


@dataclass(frozen=True, slots=True)
class Stall:
    tp: TP
    progress: Progress
    seconds: float


class StallDetector:
    """Partitions that have something to read and have not moved for ``limit`` seconds.

    Time is handed in, in seconds of any monotonic clock.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._since: dict[TP, tuple[int, float]] = {}

    def observe(self, now: float, progress: Mapping[TP, Progress]) -> list[Stall]:
        """Take note; returns what is stalled now. A partition that is left out is forgotten."""
        stalls = []
        since: dict[TP, tuple[int, float]] = {}
        for tp, one in progress.items():
            position, start = self._since.get(tp, (one.position, now))
            if one.position != position or one.position >= one.end:
                start = now
            since[tp] = (one.position, start)
            if now - start >= self._limit:
                stalls.append(Stall(tp, one, now - start))
        self._since = since
        return stalls


def end_process(reason: str, **details: Any) -> None:
    """Say why, show what every thread was doing, and end without waiting for any of them."""
    try:
        log.critical(reason, **details)
        # Faust replaces sys.stderr by a logger that is no file.
        assert sys.__stderr__ is not None
        faulthandler.dump_traceback(file=sys.__stderr__, all_threads=True)
        sys.__stderr__.flush()
    finally:
        os._exit(EXIT_STALLED)


class Watchdog(Service):  # type: ignore[misc]
    """Watches ``consumer`` from its event loop, and that loop from a thread.

    Add it to the application before it starts, so that it sees recovery too:
    ``app.add_dependency(Watchdog(app.consumer, 120.0))``.

    ``limit``: seconds without progress that end the worker; longer than a rebalance, a checkpoint
    and the compilation of the kernels may take. ``end`` is called once, from either thread.
    """

    def __init__(
        self,
        consumer: "Consumer",
        limit: float,
        *,
        interval: float = 5.0,
        end: Callable[..., None] = end_process,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._consumer = consumer
        self._limit = limit
        self._interval = min(interval, limit / 4)
        self._end = end
        self._detector = StallDetector(limit)
        self._beat = time.monotonic()
        self._done = threading.Event()

    async def on_start(self) -> None:
        self._beat = time.monotonic()
        threading.Thread(target=self._watch_loop, name="watchdog", daemon=True).start()

    async def on_stop(self) -> None:
        self._done.set()

    @Service.task  # type: ignore[untyped-decorator]
    async def _watch_consumer(self) -> None:
        while not self.should_stop:
            now = self._beat = time.monotonic()
            stalls = self._detector.observe(now, await self._progress())
            if stalls and not self._done.is_set():
                self._done.set()
                stalled = {f"{one.tp.topic}[{one.tp.partition}]": one.progress for one in stalls}
                self._end("the worker has stopped getting anywhere", stalled=stalled)
                return
            await self.sleep(self._interval)

    def _watch_loop(self) -> None:
        while not self._done.wait(self._interval):
            silent = time.monotonic() - self._beat
            if silent >= self._limit:
                self._done.set()
                self._end("the event loop hangs", seconds=round(silent))

    async def _progress(self) -> dict[TP, Progress]:
        app = self._consumer.app
        if app.rebalancing:
            return {REBALANCE: Progress(app.rebalancing_count, app.rebalancing_count + 1)}
        if app.in_recovery:
            recovery = app.tables.recovery
            known = {tp: at for tp, at in recovery.active_offsets.items() if at is not None}
            return {
                tp: Progress(known.get(tp, -1), highwater)
                for tp, highwater in recovery.active_highwaters.items()
            }
        positions = self._consumer.progress()
        if not positions:
            return {}
        try:
            # Asked of the broker: a client that has stopped fetching knows of no lag.
            ends = await asyncio.wait_for(self._consumer.highwaters(*positions), self._interval)
        except Exception as error:
            log.warning("no end offsets from the broker", error=repr(error))
            return {BROKER: Progress(0, 1)}
        return {tp: Progress(at, ends.get(tp) or 0) for tp, at in positions.items()}
