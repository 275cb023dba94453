"""Three workers that join and leave every few seconds, asked to or killed."""

import random
import time
from collections.abc import Callable

import pytest

from tests.faults.lengths import long
from tests.faults.proof import prove
from tests.faults.stage import Stage
from tests.integration.workers import Worker

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
            if len(workers) < WORKERS and (len(workers) == 1 or rng.random() < 0.5):
                workers.append(stage.start())
                joined += 1
                continue
            leaver = workers.pop(rng.randrange(len(workers)))
            if rng.random() < 0.5:
                leaver.kill()
                killed += 1
            else:
                _ask_to_leave(leaver)
                left += 1
    print(f"{joined} joined, {left} left, {killed} were killed; {traffic.sent} requests")
    last = workers[0]
    last.until_ready()
    stage.until_read("requests.v1", last)
    for worker in workers:
        assert worker.stop() == 0, worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])


def _ask_to_leave(worker: Worker) -> None:
    code = worker.stop()
    # One that has not begun yet has no handler of the signal.
    assert code in (0, -15), f"{code}: {worker.last_words()}"
