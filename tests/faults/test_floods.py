"""More traffic than ever: ten times the rate for a minute, and one account with half of it all."""

import time
from collections.abc import Callable

import orjson
import pytest

from tests.faults.lengths import long
from tests.faults.proof import prove
from tests.faults.stage import Stage, folding
from tests.integration.offline import Pairs

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SUSTAINED = 1_000
FLOOD = 10 * SUSTAINED
FLOOD_SECONDS = 60.0
CALM_SECONDS = 5.0
READ_SECONDS = 60.0
HOT = "everything-at-once"
ROOM_BYTES = 192 << 20
"""What a flood may add to a worker's memory: chunks that are read ahead, and rows."""


@long
def test_ten_times_the_rate(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    worker = stage.prepare()
    with stage.traffic(SUSTAINED).flowing() as traffic:
        folding(worker)
        time.sleep(CALM_SECONDS)
        before = worker.metric("process_resident_memory_bytes")
        traffic.rate = FLOOD
        time.sleep(FLOOD_SECONDS)
        traffic.rate = SUSTAINED
        ended = time.monotonic()
    stage.until_read("requests.v1", worker, READ_SECONDS)
    print(f"caught up {time.monotonic() - ended:.1f} s after the flood")
    assert worker.metric("process_resident_memory_bytes") < before + ROOM_BYTES
    assert worker.stop() == 0, worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])


@long
def test_one_account_with_half_of_all_traffic(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    requests = with_hot_account(stage.world.requests)
    worker = stage.prepare()
    with stage.traffic(2 * SUSTAINED, requests).flowing() as traffic:
        folding(worker)
        time.sleep(FLOOD_SECONDS)
    stage.until_read("requests.v1", worker, READ_SECONDS)
    assert worker.stop() == 0, worker.last_words()
    prove(stage, requests[: traffic.sent])


def with_hot_account(requests: Pairs) -> Pairs:
    """``requests``, each followed by one of ``HOT`` at the same time."""
    both: Pairs = []
    for number, (key, value) in enumerate(requests):
        mine = orjson.loads(value) | {"account_id": HOT, "event_id": f"hot-{number}"}
        both += [(key, value), (HOT.encode(), orjson.dumps(mine))]
    return both
