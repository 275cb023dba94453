"""A disk with no room left: state is in the changelog and in memory, so nobody needs the disk."""

import resource
import sys
import time
from collections.abc import Callable

import pytest

from tests.faults.lengths import long
from tests.faults.proof import prove
from tests.faults.stage import Stage, folding
from tests.integration.workers import Worker

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits of another process"),
]

RATE = 1_000
FULL_SECONDS = 30.0


def no_room(worker: Worker) -> None:
    """From now on no file of the worker's grows, its log included, whichever disk it is on."""
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (0, 0))


@long
def test_the_disk_is_full(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    worker = stage.prepare()
    with stage.traffic(RATE).flowing() as traffic:
        folding(worker)
        no_room(worker)
        size = worker.log.stat().st_size
        time.sleep(FULL_SECONDS)
        folding(worker)
        assert worker.log.stat().st_size == size, "there was room"
        worker.kill()
        # Nor does a worker that starts need any.
        worker = stage.start()
        no_room(worker)
        worker.until_ready()
        folding(worker)
    stage.until_read("requests.v1", worker)
    assert worker.stop() == 0, worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])
