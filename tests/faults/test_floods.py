"""More traffic than ever: ten times the rate for a minute, and one account with half of it all."""

import time
from collections.abc import Callable

import orjson
import pytest

from tests.faults.lengths import long
from tests.faults.proof import prove
from tests.faults.stage import Stage, folding
from tests.faults.world import make_world
from tests.integration.offline import Pairs

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SUSTAINED = 4_000
FLOOD = 10 * SUSTAINED
FLOOD_SECONDS = 60.0
CALM_SECONDS = 5.0
DAYS = 14.0
"""Of traffic: 3 million requests, as many as a flood takes."""
HOT_RATE = 2_000
READ_SECONDS = 60.0
SENT_SHARE = 0.8
"""Of the flood, that must really be sent, or nothing was tried."""
HOT = "everything-at-once"
ROOM_BYTES = 192 << 20
"""What a flood may add to a worker's memory: chunks that are read ahead, and rows."""


@long
def test_ten_times_the_rate(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(make_world(DAYS))
    worker = stage.prepare()
    lag, memory = [0], [0.0]
    with stage.traffic(SUSTAINED).flowing() as traffic:
        folding(worker)
        time.sleep(CALM_SECONDS)
        before, first = worker.metric("process_resident_memory_bytes"), traffic.sent
        traffic.rate = FLOOD
        started = time.monotonic()
        while (took := time.monotonic() - started) < FLOOD_SECONDS:
            time.sleep(1.0)
            lag.append(stage.behind("requests.v1"))
            memory.append(worker.metric("process_resident_memory_bytes"))
        rate = (traffic.sent - first) / took
        traffic.rate = SUSTAINED
        ended = time.monotonic()
    stage.until_read("requests.v1", worker, READ_SECONDS)
    print(
        f"{rate:,.0f} a second, at most {max(lag):,} behind and"
        f" {(max(memory) - before) / 2**20:.0f} MiB more;"
        f" caught up {time.monotonic() - ended:.1f} s after the flood"
    )
    assert rate > SENT_SHARE * FLOOD, "the flood was none"
    assert max(memory) < before + ROOM_BYTES
    assert worker.stop() == 0, worker.last_words()
    prove(stage, stage.world.requests[: traffic.sent])


@long
def test_one_account_with_half_of_all_traffic(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    requests = with_hot_account(stage.world.requests)
    worker = stage.prepare()
    with stage.traffic(HOT_RATE, requests).flowing() as traffic:
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
