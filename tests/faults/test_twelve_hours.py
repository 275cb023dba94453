"""Twelve hours of traffic in one go: memory grows by what the state holds, and by nothing else."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.throughput import fill
from tests.faults.lengths import long
from tests.faults.proof import check_chains, check_standings
from tests.integration.deployment import Deployment
from tests.integration.workers import Worker
from tests.kafka.cluster import Cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HOURS = 12.0
PER_SECOND = 100
EVENTS = int(HOURS * 3_600 * PER_SECOND)
ACCOUNTS = 50_000
SETTLED = 0.25
"""Share of the events after which nothing is new to the worker: every account has been seen."""
SLACK_BYTES = 64 << 20
READ_SECONDS = 900


@pytest.fixture
def deployment(kafka: Cluster, tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(kafka, "hours", tmp_path, checkpoint_interval=5)
    yield deployment
    deployment.close()


class Memory:
    """What a worker held when ``SETTLED`` of the events were in, and the most since then.

    ``own`` is its memory beyond the rows of its tables, in bytes.
    """

    def __init__(self, worker: Worker, topic: str) -> None:
        self.base = 0.0
        self.most = 0.0
        self._worker = worker
        self._topic = topic

    def look(self) -> bool:
        """Note what it holds now; returns whether it has taken in everything."""
        taken = 0.0
        with contextlib.suppress(OSError):
            taken = self._worker.metric("reflux_consumed_records_total", topic=self._topic)
            own = self._worker.metric("process_resident_memory_bytes")
            own -= self._worker.metric("reflux_state_bytes")
            if taken < SETTLED * EVENTS:
                self.base = self.most = max(self.base, own)
            else:
                self.most = max(self.most, own)
        return taken >= EVENTS


@long
def test_twelve_hours_in_one_go(deployment: Deployment) -> None:
    topic = deployment.topic("requests.v1")
    fill(deployment.kafka, topic, EVENTS, ACCOUNTS, HOURS)
    worker = deployment.start()
    memory = Memory(worker, topic)
    worker.until(memory.look, "the end of the day", READ_SECONDS, 1.0)
    ends = deployment.ends("requests.v1")
    worker.until(lambda: ends.items() <= deployment.commits().items(), "the last checkpoint", 60, 1)
    memory.look()
    print(f"beyond its rows: {memory.base / 2**20:.0f} MiB, then {memory.most / 2**20:.0f} MiB")
    assert memory.most < memory.base + SLACK_BYTES
    assert worker.stop() == 0, worker.last_words()
    counters = deployment.counters()
    assert counters["requests.in"] == EVENTS
    counted = [counters[f"requests.{name}"] for name in ("folded", "duplicates", "dead")]
    assert sum(counted) == EVENTS
    actions = deployment.actions()
    check_chains(actions)
    check_standings(deployment, actions)
