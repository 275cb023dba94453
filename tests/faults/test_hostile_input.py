"""Whoever may write to the topic of requests writes what hurts: nobody else's account feels it."""

import random
import time
from collections.abc import Callable, Iterator

import orjson
import pytest

from app.simulation.arrivals import DAY_MS
from tests.faults.lengths import length
from tests.faults.proof import prove
from tests.faults.raw_batches import mutated_batches, produce_batches
from tests.faults.stage import Stage, folding
from tests.faults.world import HISTORY, World, event_time, make_world
from tests.integration.deployment import request
from tests.integration.offline import Pairs
from tests.kafka.cluster import Record

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE = 1_000
DAYS = 1.8
HOUR_MS = 3_600_000
YEAR_MS = 365 * DAY_MS
RECORDS = length(2_000, 20_000)
"""Of each kind."""
BATCHES = length(200, 1_000)
NESTED_BYTES = 64_000
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


@pytest.fixture(scope="module")
def world_of_now() -> World:
    """Traffic of the last days: a hostile record cannot be newer without being early."""
    now = time.time_ns() // 1_000_000
    start = now - int(DAYS * DAY_MS) - HOUR_MS
    return make_world(DAYS, start - start % HOUR_MS)


def test_records_that_make_no_sense(new_stage: Callable[..., Stage], world_of_now: World) -> None:
    stage = new_stage(world_of_now)
    worker = stage.prepare()
    rng = random.Random(13)
    topic = stage.topic("requests.v1")
    deep = [*nested(event_time(stage.world.requests[HISTORY][1]))]
    records = [*noise(rng), *mutations(rng, stage.world.requests), *skewed(rng), *deep]
    rng.shuffle(records)
    with stage.traffic(RATE).flowing() as traffic:
        folding(worker, HISTORY // 2)
        each = len(records) // len(CODECS) + 1
        for number, codec in enumerate(CODECS):
            part = records[number * each : (number + 1) * each]
            stage.kafka.produce(topic, part, compression_type=codec, linger_ms=20)
        answers = produce_batches(stage.kafka, topic, mutated_batches(rng, BATCHES))
        folding(worker)
    stage.until_read("requests.v1", worker)
    assert worker.stop() == 0, worker.last_words()
    sent = traffic.sent
    # What the brokers took of the mutated batches is what else there is.
    taken = sum(stage.ends("requests.v1").values()) - sent - len(records)
    print(f"{len(records)} records; batches by error code {dict(answers)}, {taken} records of them")
    assert taken > 0, "the brokers took no mutated batch"
    prove(stage, stage.world.requests[:sent], dead=len(records) + taken)


def noise(rng: random.Random) -> Iterator[Record]:
    """Random bytes, keys included."""
    for _ in range(RECORDS):
        value = b"\x01" + rng.randbytes(rng.randrange(4_096))
        yield b"\xfe" + rng.randbytes(rng.randrange(64)), value


def mutations(rng: random.Random, requests: Pairs) -> Iterator[Record]:
    """Real requests with bytes changed, cut out or put in, under a key that is not theirs."""
    for _ in range(RECORDS):
        _, value = requests[rng.randrange(len(requests))]
        changed = bytearray(value)
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(1, len(changed))
            piece = rng.choice([b"", rng.randbytes(3), b'"', b"{[", b"\\u", b"9" * 20, b"\xff\0"])
            changed[at : at + rng.randrange(9)] = piece
        yield b"nobody", bytes(changed)


def nested(ts: int) -> Iterator[Record]:
    """A field that nobody knows, nearly 64 KiB of brackets: deeper than any reader goes."""
    for number in range(RECORDS // 100):
        document = orjson.dumps(request("deep", f"deep-{number}", ts=ts))
        opening, closing = ((b"[", b"]"), (b'{"a":', b"}"))[number % 2]
        depth = NESTED_BYTES // len(opening + closing)
        inside = opening * depth + b"1" + (closing * depth if number % 3 else b"")
        yield b"deep", document[:-1] + b',"own":' + inside + b"}"


def skewed(rng: random.Random) -> Iterator[Record]:
    """Clocks that are years ahead, or years behind."""
    for number in range(RECORDS):
        years = rng.choice([-40, -3, -1, 1, 5, 200])
        ts = time.time_ns() // 1_000_000 + years * YEAR_MS
        account = f"skewed-{number % 100}"
        yield account.encode(), orjson.dumps(request(account, f"skew-{number}", ts=ts))
