"""Workers that are killed or frozen at random moments decide as one that never was."""

import random
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.lengths import length, long
from tests.faults.proof import prove
from tests.faults.stage import Stage, folding, owned, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE = 1_000
KILLS = length(3, 20)
FROZEN_SECONDS = 15.0
"""More than twice the session timeout: the group gives the partitions away."""
AWAKE_SECONDS = 5.0
TURNS = 6
FENCED = "is held by another worker now"


def test_a_worker_that_is_killed_again_and_again(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    worker = stage.prepare()
    rng = random.Random(4)
    with stage.traffic(RATE).flowing() as traffic:
        for _ in range(KILLS):
            folding(worker)
            # Between two checkpoints, or in the middle of one.
            time.sleep(rng.uniform(0.0, 2.0))
            worker.kill()
            worker = stage.start()
            worker.until_ready()
        folding(worker)
    stage.until_read("requests.v1", worker)
    assert worker.stop() == 0, worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])


@long
def test_a_frozen_worker_that_wakes_up_writes_nothing(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    zombie = stage.prepare()
    other = stage.start()
    fenced = 0
    with stage.traffic(RATE).flowing() as traffic:
        for turn in range(TURNS):
            until(other, lambda z=zombie: owned(z) > 0 and owned(other) > 0, "a share for each")
            folding(zombie)
            time.sleep(0.3 * turn)
            zombie.process.send_signal(signal.SIGSTOP)
            until(other, lambda: owned(other) == stage.partitions, "the other to take over")
            folding(other)
            time.sleep(FROZEN_SECONDS)
            zombie.process.send_signal(signal.SIGCONT)
            # It finds out by itself: fenced, it ends; unless the group tells it first.
            time.sleep(AWAKE_SECONDS)
            if zombie.process.poll() is not None:
                fenced += FENCED in zombie.log.read_text()
                zombie = stage.start()
                zombie.until_ready()
        folding(other)
    print(f"{fenced} of {TURNS} tried to write, and were fenced")
    stage.until_read("requests.v1", other)
    assert other.stop() == 0, other.last_words()
    zombie.end()
    prove(stage, stage.world.requests[: traffic.sent])
