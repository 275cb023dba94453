"""The worker as a process: its event loop, its signals, its web server, and how it ends."""

import asyncio
import signal

import structlog
import uvloop

from app.agents.warmup import warm_up
from app.health import Health
from app.health_server import HealthServer
from app.settings import Settings
from app.topology import Topology

log = structlog.get_logger(__name__)

EXIT_FAILED = 1


def run_worker(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT, or until it fails.

    Raises:
        SystemExit: with ``EXIT_FAILED`` when the worker failed; what it held in memory was not
            made durable and is computed again by the next owner of its partitions.
    """
    failure = uvloop.run(_run(settings))
    if failure is not None:
        log.error("worker failed", error=str(failure), kind=type(failure).__name__)
        raise SystemExit(EXIT_FAILED)


async def _run(settings: Settings) -> BaseException | None:
    health = Health()
    server = HealthServer(health, host=settings.web_host, port=settings.web_port)
    server.start()
    await asyncio.to_thread(warm_up)
    topology = Topology(settings, health)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch = asyncio.create_task(health.watch(), name="health")
    try:
        return await _until_stopped(topology, health, stop)
    finally:
        watch.cancel()
        server.stop()


async def _until_stopped(
    topology: Topology, health: Health, stop: asyncio.Event
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
        await topology.stop()
    finally:
        for task in (starting, stopping, failing):
            task.cancel()
    return topology.failure
