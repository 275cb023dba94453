"""A whole worker whose input loses records under its hands ends, and says what to do."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.integration.deployment import Deployment, request
from tests.kafka.cluster import Cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def deployment(kafka: Cluster, tmp_path: Path) -> Iterator[Deployment]:
    # A session long enough that a worker that is held up keeps its partitions.
    patience = {"session_timeout": 30, "rebalance_timeout": 60}
    made = Deployment(kafka, "lost", tmp_path, partitions=1, **patience)
    yield made
    made.close()


def test_requests_that_expire_unread_end_the_worker(deployment: Deployment) -> None:
    """Reading fails inside Faust: nothing but the process's end would tell anyone."""
    topic = deployment.topic("requests.v1")

    def send(first: int, count: int) -> None:
        events = [request("account", f"event-{first + n}") for n in range(count)]
        deployment.kafka.produce(topic, [("account", orjson.dumps(event)) for event in events])

    worker = deployment.start()
    worker.until_ready()
    send(0, 10)
    deployment.settle(worker)
    worker.process.send_signal(signal.SIGSTOP)
    time.sleep(2)  # until the broker has answered the fetch that was under way
    send(10, 20)
    deployment.kafka.delete_records(topic, 0, before=25)
    worker.process.send_signal(signal.SIGCONT)
    assert worker.process.wait(120) == 1
    said = worker.log.read_text()
    assert "PositionLost" in said
    assert "retention has deleted 15 offsets that were never processed" in said
    assert deployment.positions()[topic, 0] == 10
