"""Reflux as one of the peers: one worker, watched through its own metrics."""

import contextlib
import time
from pathlib import Path

from tests.benchmarks.peers.cores import cores, cpu_seconds, pinned
from tests.benchmarks.peers.program import Mark
from tests.benchmarks.throughput import PARTITIONS
from tests.integration.workers import Worker, environment, reflux
from tests.kafka.cluster import Cluster

CHECKPOINT_SECONDS = 5
"""What every peer that has an interval for it is set to."""


class Deployment:
    """The topics of a deployment of its own; ``requests`` and ``actions`` are those of the job.

    Without ``links`` its workers keep accounts alone: level 1, which is what the peers do.
    """

    def __init__(self, kafka: Cluster, *, links: bool = True) -> None:
        prefix = f"{kafka.unique('reflux')}."
        self.app_id = prefix.rstrip(".")
        self.environ = environment(
            kafka,
            prefix,
            self.app_id,
            partitions=PARTITIONS,
            checkpoint_interval=CHECKPOINT_SECONDS,
            session_timeout=30,
            heartbeat_interval=3,
            rebalance_timeout=60,
            links=links,
        )
        reflux(self.environ, "topics", "apply", "--replication", "1")
        self.requests = prefix + "requests.v1"
        self.actions = prefix + "enforcements.v1"


class RunningWorker:
    """A worker of a deployment, on a peer's core."""

    def __init__(self, deployment: Deployment, directory: Path, name: str = "worker") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._topic = deployment.requests
        with pinned(cores()[1]):
            self.worker = Worker(deployment.environ, directory, name)

    @property
    def pid(self) -> int:
        return self.worker.process.pid

    def mark(self) -> Mark:
        if self.worker.process.poll() is not None:
            raise RuntimeError(f"the worker ended: {self.worker.last_words()}")
        seen = 0.0
        with contextlib.suppress(OSError):  # its server is not there before it starts
            seen = self.worker.metric("reflux_chunk_records_sum", topic=self._topic)
        return Mark(int(seen), time.perf_counter(), cpu_seconds(self.pid))

    def close(self) -> None:
        self.worker.end()
