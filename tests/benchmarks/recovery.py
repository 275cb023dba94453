"""How long a deployment is blind: a worker that starts on a million accounts, and one that dies.

The second is measured on the same accounts: two workers, each a standby of the other's partitions,
requests flowing, and SIGKILL for one. What counts is the time until requests of every partition are
folded again, less the session timeout that the group must wait for.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from tests.benchmarks.throughput import PARTITIONS, fill
from tests.integration.deployment import Deployment, request
from tests.integration.workers import Worker
from tests.kafka.cluster import Cluster

ACCOUNTS = 1_000_000
EVENTS_PER_ACCOUNT = 2
HELD = 0.86  # drawn uniformly: so many of the accounts are seen
SESSION_SECONDS = 10
PATIENCE_SECONDS = 600.0
FOLLOWING_SECONDS = 15.0
"""For the standbys to catch up."""


def measure(kafka: Cluster, directory: Path, scale: float) -> dict[str, Any]:
    """Seconds from the start of a process to readiness, and to the takeover beyond the session."""
    accounts = int(ACCOUNTS / HELD * scale)
    deployment = Deployment(
        kafka,
        "recovery",
        directory,
        partitions=PARTITIONS,
        checkpoint_interval=5,
        session_timeout=SESSION_SECONDS,
        standby_replicas=1,
    )
    try:
        fill(kafka, deployment.topic("requests.v1"), accounts * EVENTS_PER_ACCOUNT, accounts, 1.0)
        _work_through(deployment, accounts * EVENTS_PER_ACCOUNT)
        started = time.monotonic()
        worker = deployment.start()
        worker.until(worker.ready, "recovery", PATIENCE_SECONDS)
        ready = time.monotonic() - started
        held = worker.metric("reflux_accounts")
        return {
            "accounts_recovered": int(held),
            "ready_seconds_1m_accounts": round(ready, 1),
            "takeover_seconds_over_session_timeout": round(_takeover(deployment, worker), 1),
        }
    finally:
        deployment.close()


def _work_through(deployment: Deployment, events: int) -> None:
    worker = deployment.start()
    topic = deployment.topic("requests.v1")

    def done() -> bool:
        with contextlib.suppress(OSError):
            return worker.metric("reflux_consumed_records_total", topic=topic) >= events
        return False

    worker.until(done, "all records", PATIENCE_SECONDS, 0.5)
    worker.stop()


def _takeover(deployment: Deployment, survivor: Worker) -> float:
    victim = deployment.start()
    share = deployment.partitions / 2
    with _requests(deployment):
        for worker in (survivor, victim):
            worker.until(
                lambda w=worker: w.ready() and w.metric("reflux_partitions_owned") == share,
                "its share",
                PATIENCE_SECONDS,
            )
        time.sleep(FOLLOWING_SECONDS)
        # The victim's stand still from here until the survivor has taken them over.
        before = _consumed(deployment, survivor)
        killed = time.monotonic()
        victim.kill()

        def everywhere() -> bool:
            now = _consumed(deployment, survivor)
            return all(now[number] > before[number] for number in now)

        survivor.until(everywhere, "requests of every partition", PATIENCE_SECONDS)
        return time.monotonic() - killed - SESSION_SECONDS


def _consumed(deployment: Deployment, worker: Worker) -> dict[int, float]:
    """Requests that the worker has taken in since it started, by partition."""
    return {
        number: worker.metric(
            "reflux_consumed_records_total",
            topic=deployment.topic("requests.v1"),
            partition=str(number),
        )
        for number in range(deployment.partitions)
    }


@contextlib.contextmanager
def _requests(deployment: Deployment) -> Iterator[None]:
    """Some hundred requests a second, to every partition."""
    accounts = deployment.accounts("takeover", 16, range(deployment.partitions))
    over = threading.Event()

    def send() -> None:
        number = 0
        while not over.wait(0.1):
            number += 1
            deployment.kafka.produce(
                deployment.topic("requests.v1"),
                [(one, orjson.dumps(request(one, f"{one}-{number}"))) for one in accounts],
            )

    thread = threading.Thread(target=send, name="requests")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
