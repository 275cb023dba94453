"""Memory of a worker that holds a million accounts, all of them seen in requests."""

import time
from pathlib import Path
from typing import Any

from tests.benchmarks.throughput import PARTITIONS, fill
from tests.integration.workers import Worker, environment, reflux
from tests.kafka.cluster import Cluster

ACCOUNTS = 1_000_000
EVENTS_PER_ACCOUNT = 3  # drawn uniformly: 95 % of the accounts are seen, hence the factor below
HELD = 0.95


def measure(kafka: Cluster, directory: Path, scale: float) -> dict[str, Any]:
    accounts = int(ACCOUNTS / HELD * scale)
    prefix = f"{kafka.unique('memory')}."
    environ = environment(
        kafka, prefix, prefix.rstrip("."), partitions=PARTITIONS, checkpoint_interval=5
    )
    reflux(environ, "topics", "apply", "--replication", "1")
    # One hour: a sighting period that ends in between would measure the links' memory too.
    fill(kafka, prefix + "requests.v1", accounts * EVENTS_PER_ACCOUNT, accounts, hours=1.0)
    worker = Worker(environ, directory, "memory")
    try:
        topic = prefix + "requests.v1"
        worker.until(
            lambda: (
                worker.ready()
                and worker.metric("reflux_consumed_records_total", topic=topic)
                >= accounts * EVENTS_PER_ACCOUNT
            ),
            "all records",
            900,
        )
        time.sleep(7.0)  # the checkpoint of the last of them
        held = worker.metric("reflux_accounts")
        resident = worker.metric("process_resident_memory_bytes")
        worker.stop()
    finally:
        worker.end()
    return {"accounts_held": int(held), "rss_bytes_1m_accounts": int(resident)}
