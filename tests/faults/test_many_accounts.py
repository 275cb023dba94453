"""An attacker who opens accounts as fast as the brokers take them: memory keeps its bound."""

import time
from collections.abc import Callable

import orjson
import pytest

from tests.faults.lengths import long
from tests.faults.stage import Stage
from tests.integration.deployment import request
from tests.integration.workers import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ACCOUNTS = 3_000_000
LIMIT = 50_000
"""Accounts per partition."""
ROW_BYTES = 1_024
ROOM_BYTES = 512 << 20
"""What reading ahead, checkpoints of rows that all changed at once and blocks that malloc keeps may
take: 310 to 390 MiB were measured, the same for three and for nine million accounts."""
MORE_BYTES = 64 << 20
"""What as many accounts again may add."""
READ_SECONDS = 300


@long
def test_millions_of_accounts_of_one_attacker(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(max_accounts_per_partition=LIMIT)
    worker = stage.prepare()
    before = highest = worker.metric("process_resident_memory_bytes")
    seconds = open_accounts(stage, 0)

    def read() -> bool:
        nonlocal highest
        highest = max(highest, worker.metric("process_resident_memory_bytes"))
        return stage.has_read("requests.v1")

    worker.until(read, "all of them", READ_SECONDS, 0.5)
    first = highest
    seconds += open_accounts(stage, ACCOUNTS)
    worker.until(read, "as many again", READ_SECONDS, 0.5)
    room = LIMIT * stage.partitions
    held = worker.metric("reflux_accounts")
    print(
        f"{2 * ACCOUNTS / seconds:,.0f} new accounts a second; {held:,.0f} are held, in"
        f" {(first - before) / 2**20:.0f} and then {(highest - before) / 2**20:.0f} MiB more"
    )
    assert held == room
    assert first < before + room * ROW_BYTES + ROOM_BYTES
    assert highest < first + MORE_BYTES
    check_refusals(stage, worker)
    known, _ = stage.world.profiles[0]
    value = orjson.dumps(request(known.decode(), "afterwards"))
    stage.kafka.produce(stage.topic("requests.v1"), [(known, value)])
    stage.until_read("requests.v1", worker)
    assert stage.counters()["requests.folded"] == room - len(stage.world.profiles) + 1
    assert worker.stop() == 0, worker.last_words()


def open_accounts(stage: Stage, first: int) -> float:
    """A request of each, from number ``first`` on, as fast as they can be sent; returns the seconds
    it took."""
    document = orjson.dumps(request("attacker-########", "event-########"))
    producer = stage.kafka.producer(
        compression_type="lz4", linger_ms=20, queue_buffering_max_messages=500_000
    )
    topic = stage.topic("requests.v1")
    started = time.monotonic()
    for number in range(first, first + ACCOUNTS):
        digits = b"%08d" % number
        while True:
            try:
                value = document.replace(b"########", digits)
                producer.produce(topic, value, b"attacker-" + digits)
                break
            except BufferError:
                producer.poll(0.05)
    assert producer.flush(120) == 0
    return time.monotonic() - started


def check_refusals(stage: Stage, worker: Worker) -> None:
    """Whoever found no room is counted, and told of in summaries rather than one by one."""
    counters = stage.counters()
    assert counters["requests.in"] == 2 * ACCOUNTS
    assert counters["requests.dead"] == 2 * ACCOUNTS - counters["requests.folded"]
    letters = [orjson.loads(message.value() or b"") for message in stage.read("dead-letters.v1")]
    assert {letter["reason"] for letter in letters} == {"state_full"}
    assert sum(letter["count"] for letter in letters) == counters["requests.dead"]
    assert len(letters) < counters["requests.dead"] / 100
    refused = worker.metric("reflux_dead_letters_total", reason="state_full")
    assert refused == counters["requests.dead"]
