"""Two workers against one: what sharing the partitions costs."""

import time
from pathlib import Path

from tests.benchmarks.peers.program import Mark
from tests.benchmarks.peers.reflux_peer import Deployment, RunningWorker

SECONDS = 300.0
WARM = 0.2


def cpu_per_event(deployment: Deployment, directory: Path, events: int, workers: int) -> float:
    """CPU seconds per event of so many workers of a deployment, all on the peers' core.

    ``events`` requests or more wait for them; the clock stops when they have done so many.

    They start at the same time and share the partitions from their first generation on: the
    broker of the comparison waits for a group's members. Raises ``RuntimeError`` where one of them
    was left out.
    """
    running = [RunningWorker(deployment, directory, f"worker-{n}") for n in range(workers)]
    try:
        first = _until(running, int(events * WARM))
        last = _until(running, events)
    finally:
        for worker in running:
            worker.close()
    if min(mark.seen for mark in last) == 0:
        raise RuntimeError("a worker had no partition")
    cpu = sum(b.cpu - a.cpu for a, b in zip(first, last, strict=True))
    return cpu / sum(b.seen - a.seen for a, b in zip(first, last, strict=True))


def _until(running: list[RunningWorker], seen: int) -> list[Mark]:
    deadline = time.monotonic() + SECONDS
    while True:
        marks = [worker.mark() for worker in running]
        if sum(mark.seen for mark in marks) >= seen:
            return marks
        if time.monotonic() > deadline:
            raise TimeoutError(f"{sum(mark.seen for mark in marks):,} of {seen:,} requests")
        time.sleep(0.25)
