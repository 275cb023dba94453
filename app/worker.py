"""The worker as a process: its event loop, its signals, its web server, and how it ends."""

import asyncio
import gc
import signal
import threading
from collections.abc import Callable

import structlog
import uvloop

from app.agents.warmup_halves import warm_up_quickly
from app.allocator import keep_freed_memory
from app.health import Health
from app.health_server import HealthServer
from app.settings import Settings
from app.topology import Topology
from app.transport.watchdog import end_process

log = structlog.get_logger(__name__)

EXIT_FAILED = 1


STOP_MARGIN_SECONDS = 30.0
"""How long stopping may take beyond the rebalance timeout, which is the last checkpoints': to leave
the group and to close the clients, each of which waits some seconds for a broker that is gone."""


class StopDeadline:
    """Ends the process if it has not stopped by itself ``seconds`` after ``start``.

    A thread watches: neither an event loop that hangs nor a thread that never ends can prevent it.
    ``end`` is :func:`app.transport.watchdog.end_process`, which does not return, or a test's.
    """

    def __init__(self, seconds: float, end: Callable[..., None] = end_process) -> None:
        self._seconds = seconds
        self._end = end
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """Begin to count; a second call changes nothing."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds, self._over)
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        """It has stopped, or never began to."""
        if self._timer is not None:
            self._timer.cancel()

    def _over(self) -> None:
        self._end(
            "the worker did not stop in time: ending it; what is not durable is computed again by"
            " the next owner of its partitions",
            seconds=self._seconds,
        )


def run_worker(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT, or until it fails.

    Raises:
        SystemExit: with ``EXIT_FAILED`` when the worker failed; what it held in memory was not
            made durable and is computed again by the next owner of its partitions.

    A worker that cannot even be stopped ends the process with ``EXIT_STALLED``.
    """
    keep_freed_memory()
    deadline = StopDeadline(settings.rebalance_timeout + STOP_MARGIN_SECONDS)
    try:
        failure = uvloop.run(_run(settings, deadline))
    finally:
        deadline.cancel()
    if failure is not None:
        log.error("worker failed", error=str(failure), kind=type(failure).__name__)
        raise SystemExit(EXIT_FAILED)


async def _run(settings: Settings, deadline: StopDeadline) -> BaseException | None:
    health = Health()
    server = HealthServer(health, host=settings.web_host, port=settings.web_port)
    server.start()
    await asyncio.to_thread(warm_up_quickly)
    # Modules and the compiler's types stay for good: every full collection would visit them again,
    # tens of milliseconds in which nothing is folded.
    gc.collect()
    gc.freeze()
    topology = Topology(settings, health)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch = asyncio.create_task(health.watch(), name="health")
    try:
        return await _until_stopped(topology, health, stop, deadline)
    finally:
        watch.cancel()
        server.stop()


async def _until_stopped(
    topology: Topology, health: Health, stop: asyncio.Event, deadline: StopDeadline
) -> BaseException | None:
    starting = asyncio.create_task(topology.start(), name="start")
    stopping = asyncio.create_task(stop.wait(), name="signals")
    failing = asyncio.create_task(topology.failed.wait(), name="failure")
    try:
        await asyncio.wait({starting, stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done() and (problem := starting.exception()) is not None:
            topology.fail(problem)
        else:
            await asyncio.wait({stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
        if topology.failure is None:
            health.stopping()
        deadline.start()
        await topology.stop()
    finally:
        for task in (starting, stopping, failing):
            task.cancel()
    return topology.failure
