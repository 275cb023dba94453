"""Topics that take no records, or take them slowly: nothing moves on, and nothing is lost."""

import time
from collections.abc import Callable

import pytest

from tests.faults.lengths import FULL, length, long
from tests.faults.proof import prove
from tests.faults.stage import Stage, folding
from tests.faults.supervisor import Supervisor

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE = 1_000
REFUSED_SECONDS = length(8.0, 90.0)
"""In full, longer than a checkpoint is tried: the worker ends."""
REFUSES_BYTES = 100
"""Less than any record of ours, more than the end of a transaction: a broker that cannot write that
hangs it for good."""
READ_SECONDS = 240.0
SLOW_BYTES = 10_000
"""A second, from each broker: some twentieth of what the worker writes."""
SLOW_SECONDS = 60.0
LATE_SECONDS = 5.0
"""Several of the intervals at which checkpoints are made here."""


def test_the_changelog_refuses_every_record(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    _refused(stage, f"{stage.app_id}-accounts-changelog", changelog=True)


@long
def test_the_topic_of_actions_refuses_every_record(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    _refused(stage, stage.topic("enforcements.v1"), changelog=False)


def _refused(stage: Stage, topic: str, *, changelog: bool) -> None:
    with Supervisor(stage, stage.prepare()) as supervisor:
        with stage.traffic(RATE).flowing() as traffic:
            folding(supervisor.worker)
            stage.kafka.configure_topic(topic, max_message_bytes=REFUSES_BYTES)
            time.sleep(REFUSED_SECONDS / 2)
            before, written = stage.headers(), committed(stage, topic)
            time.sleep(REFUSED_SECONDS / 2)
            assert committed(stage, topic) == written, "it was written to all the same"
            assert stage.headers() == before or not changelog, "it moved on without its rows"
            stage.kafka.configure_topic(topic, max_message_bytes=None)
        supervisor.until_read("requests.v1", READ_SECONDS)
    assert_ended(supervisor, at_least=1 if FULL else 0)
    assert supervisor.worker.stop() == 0, supervisor.worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])


def committed(stage: Stage, topic: str) -> int:
    """Records on a topic, those of transactions that were given up left out."""
    return sum(1 for _ in stage.kafka.read_to_end(topic))


def assert_ended(supervisor: Supervisor, *, at_least: int) -> None:
    """Workers that could not write have ended as failures: so often, or the fault did not bite."""
    print(f"ends of workers: {supervisor.ends}")
    assert len(supervisor.ends) >= at_least
    assert set(supervisor.ends) <= {1}


@long
def test_the_changelog_has_too_few_replicas(new_stage: Callable[..., Stage]) -> None:
    """It alone demands every replica, and one broker is away."""
    stage = new_stage()
    changelog = f"{stage.app_id}-accounts-changelog"
    stage.kafka.configure_topic(changelog, min_insync_replicas=3)
    with Supervisor(stage, stage.prepare()) as supervisor:
        with stage.traffic(RATE).flowing() as traffic:
            folding(supervisor.worker)
            stage.quorum.nodes[2].stop()
            time.sleep(REFUSED_SECONDS / 2)
            before = stage.headers()
            time.sleep(REFUSED_SECONDS / 2)
            assert stage.headers() == before, "it moved on without its rows"
            stage.quorum.mend()
        supervisor.until_read("requests.v1", READ_SECONDS)
    assert_ended(supervisor, at_least=1)
    assert supervisor.worker.stop() == 0, supervisor.worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])


@long
def test_brokers_take_records_slowly(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(worker_id="slow")
    quota = ("--entity-type", "clients", "--entity-name", f"{stage.app_id}-slow", "--alter")
    with Supervisor(stage, stage.prepare()) as supervisor:
        with stage.traffic(RATE).flowing() as traffic:
            folding(supervisor.worker)
            limit = f"producer_byte_rate={SLOW_BYTES}"
            stage.kafka.cli("kafka-configs", *quota, "--add-config", limit)
            time.sleep(SLOW_SECONDS)
            behind = stage.behind("requests.v1")
            assert behind > LATE_SECONDS * RATE, "checkpoints were as quick as ever"
            stage.kafka.cli("kafka-configs", *quota, "--delete-config", "producer_byte_rate")
        supervisor.until_read("requests.v1", READ_SECONDS)
    assert_ended(supervisor, at_least=0)
    assert supervisor.worker.stop() == 0, supervisor.worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])
