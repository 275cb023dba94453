"""Three workers that join and leave every few seconds, asked to or killed."""

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.lengths import long
from tests.faults.proof import prove
from tests.faults.stage import Stage, owned

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE = 800
MINUTES = 10.0
WORKERS = 3


@long
def test_workers_join_and_leave_for_ten_minutes(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    rng = random.Random(7)
    workers = [stage.prepare()]
    joined = left = killed = 0
    with stage.traffic(RATE).flowing() as traffic:
        end = time.monotonic() + 60 * MINUTES
        while time.monotonic() < end:
            time.sleep(rng.uniform(2.0, 5.0))
            for worker in workers:
                assert worker.process.poll() is None, worker.last_words()
            at_work = [worker for worker in workers if owned(worker)]
            if len(workers) < WORKERS:
                workers.append(stage.start())
                joined += 1
            elif at_work:  # one that has nothing yet would not be missed
                leaver = rng.choice(at_work)
                workers.remove(leaver)
                if rng.random() < 0.5:
                    leaver.kill()
                    killed += 1
                else:
                    assert leaver.stop() == 0, leaver.last_words()
                    left += 1
    assert killed > 0
    assert left > 0
    print(f"{joined} joined, {left} left, {killed} were killed; {traffic.sent} requests")
    last = workers[0]
    last.until_ready()
    stage.until_read("requests.v1", last)
    for worker in workers:
        assert worker.stop() == 0, worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])
