"""Brokers that restart, one that never comes back, and none that can be reached."""

import time
from collections.abc import Callable

import pytest

from tests.faults.lengths import FULL, long
from tests.faults.proof import prove
from tests.faults.stage import Stage, folding
from tests.faults.supervisor import Supervisor

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE = 1_000
WITHOUT_SECONDS = 30.0
PARTITION_SECONDS = 60.0
SETTLE_SECONDS = 5.0
"""What was on its way to the brokers when the link broke has come or will not."""
READ_SECONDS = 240.0


def test_brokers_restart_one_after_the_other(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    with Supervisor(stage, stage.prepare()) as supervisor:
        with stage.traffic(RATE).flowing() as traffic:
            folding(supervisor.worker)
            for node in stage.quorum.nodes if FULL else stage.quorum.nodes[:1]:
                node.restart()
                stage.quorum.until_in_sync()
                folding(supervisor.worker)
        supervisor.until_read("requests.v1", READ_SECONDS)
    assert supervisor.ends == [], "no worker need end for that"
    assert supervisor.worker.stop() == 0, supervisor.worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])


@long
def test_a_broker_is_lost_with_its_disk(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    with Supervisor(stage, stage.prepare()) as supervisor:
        with stage.traffic(RATE).flowing() as traffic:
            folding(supervisor.worker)
            stage.quorum.nodes[0].lose()
            time.sleep(WITHOUT_SECONDS)
            folding(supervisor.worker)
            stage.quorum.mend()  # an empty one in its place
            folding(supervisor.worker)
        supervisor.until_read("requests.v1", READ_SECONDS)
    print(f"ends of workers: {supervisor.ends}")
    assert set(supervisor.ends) <= {1}
    assert supervisor.worker.stop() == 0, supervisor.worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])


@long
def test_no_broker_can_be_reached_for_a_minute(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(linked=True)
    with Supervisor(stage, stage.prepare()) as supervisor:
        with stage.traffic(RATE).flowing() as traffic:
            folding(supervisor.worker)
            stage.quorum.links.stall()
            time.sleep(SETTLE_SECONDS)
            before = stage.positions()
            time.sleep(PARTITION_SECONDS - SETTLE_SECONDS)
            assert stage.positions() == before, "it reached a broker all the same"
            stage.quorum.links.mend()
        supervisor.until_read("requests.v1", READ_SECONDS)
    print(f"ends of workers: {supervisor.ends}")
    assert set(supervisor.ends) <= {1}
    assert supervisor.worker.stop() == 0, supervisor.worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])
