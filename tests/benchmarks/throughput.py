"""Events per second of one worker, whole, and of a plain Faust agent, on the same broker.

Reflux: JSON requests of the full contract from a preloaded topic; state, changelog, evidence,
population, sightings and enforcement all on. Faust: ``plain_faust.py``. Both run as one process of
their own, and are timed from the first record taken to the last one done, start-up excluded.
"""

import contextlib
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from app.kafka.clients import producer_config
from app.settings import load_settings
from app.simulation.to_topic import TopicWriter
from tests.benchmarks import traffic
from tests.benchmarks.peers.program import Program, measure_program
from tests.integration.workers import Worker, environment, reflux
from tests.kafka.cluster import Cluster

PARTITIONS = 4
ACCOUNTS = 10_000
HOURS = 14.0  # of event time: two sighting periods end and fourteen population snapshots are cut


def fill(
    kafka: Cluster,
    topic: str,
    events: int,
    accounts: int,
    hours: float = HOURS,
    zipf: float | None = None,
) -> None:
    """Put ``events`` requests on ``topic``."""
    settings = load_settings(bootstrap_servers=kafka.bootstrap)
    writer = TopicWriter(producer_config(settings))
    for part in traffic.requests(events, accounts, hours=hours, zipf=zipf):
        writer.send(topic, part.keys, part.values)
    writer.flush()


class Rate(NamedTuple):
    """How fast a worker was, and what it cost: all threads, in user mode and in the kernel."""

    events_per_second: float
    cpu_seconds_per_million: float


def cpu_seconds(pid: int) -> float:
    """What the process ``pid`` has used of the processors so far, all threads (Linux)."""
    # The command's name, in brackets, may hold anything; utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def worker_rate(worker: Worker, topic: str, events: int) -> Rate:
    """From the first record taken to the last one."""

    def taken() -> float:
        with contextlib.suppress(OSError):  # its server is not there before it starts
            # Counted chunk by chunk; most other metrics are brought up to date once a second.
            return worker.metric("reflux_chunk_records_sum", topic=topic)
        return 0.0

    worker.until(lambda: taken() > 0, "the first record", 300)
    first, started, used = taken(), time.perf_counter(), cpu_seconds(worker.process.pid)
    worker.until(lambda: taken() >= events, "the last record", 600, 0.1)
    wall = time.perf_counter() - started
    used = cpu_seconds(worker.process.pid) - used
    return Rate((events - first) / wall, used / (events - first) * 1e6)


def measure(kafka: Cluster, directory: Path, scale: float) -> dict[str, Any]:
    ours = _reflux(kafka, directory, int(2_000_000 * scale))
    theirs = _faust(kafka, directory, int(40_000 * scale))
    return {
        "reflux_events_per_second": round(ours.events_per_second),
        "reflux_cpu_seconds_per_million": round(ours.cpu_seconds_per_million, 2),
        "faust_events_per_second": round(theirs),
        "reflux_over_faust": round(ours.events_per_second / theirs, 1),
    }


def _reflux(kafka: Cluster, directory: Path, events: int) -> Rate:
    prefix = f"{kafka.unique('bench')}."
    environ = environment(
        kafka, prefix, prefix.rstrip("."), partitions=PARTITIONS, checkpoint_interval=5
    )
    reflux(environ, "topics", "apply", "--replication", "1")
    topic = prefix + "requests.v1"
    fill(kafka, topic, events, ACCOUNTS)
    worker = Worker(environ, directory, "reflux")
    try:
        rate = worker_rate(worker, topic, events)
        worker.stop()
    finally:
        worker.end()
    return rate


def _faust(kafka: Cluster, directory: Path, events: int) -> float:
    name = kafka.unique("plain")
    topic = kafka.create_topic(name, PARTITIONS)
    actions = kafka.create_topic(f"{name}-actions", PARTITIONS)
    fill(kafka, topic, events, ACCOUNTS)
    command = [sys.executable, "-m", "tests.benchmarks.plain_faust"]
    start = partial(
        Program,
        [*command, kafka.bootstrap, name, topic, actions, str(events // 100)],
        directory / "faust",
        {"BENCH_PARTITIONS": str(PARTITIONS), "BENCH_DATA": str(directory / "faust")},
    )
    return measure_program(start, events // 100, events, seconds=600, interval=0.05).events
