"""The paced load: what is due when, on which partition, at which event time."""

from typing import Any

import orjson
import pytest

from app.kernels import columns as c
from app.kernels.batches import frame
from tests.benchmarks import traffic
from tests.benchmarks.peers import load
from tests.benchmarks.peers.delay import step_of
from tests.kafka.cluster import Cluster

PARTITIONS = 4
START = traffic.START_MS + 4 * load.HOUR_MS


def sent(batch: bytes) -> list[dict[str, Any]]:
    """The requests in a record batch, read as Reflux does."""
    framed = frame(batch, 0, check_crc=True)
    starts, lengths = (framed.frames[:, n] for n in (c.FRAME_VALUE_START, c.FRAME_VALUE_LENGTH))
    spans = zip(starts.tolist(), lengths.tolist(), strict=True)
    return [orjson.loads(framed.data[at : at + size].tobytes()) for at, size in spans]


def test_requests_are_spread_evenly_over_time_and_event_time_passes_as_fast() -> None:
    made = load.ordinary(1_000.0, 2.0, 50, PARTITIONS, START)
    assert made.events == 2_000
    assert len(made.ticks) == 200
    per_tick = [sum(len(sent(batch)) for _, batch in tick) for tick in made.ticks]
    assert sum(per_tick) == 2_000
    assert max(per_tick) - min(per_tick) <= 2
    times = [one["ts"] for tick in made.ticks for _, b in tick for one in sent(b)]
    assert START <= min(times) < START + 20
    assert START + 1_980 < max(times) < START + 2_000


def test_every_request_is_on_the_partition_of_its_account() -> None:
    made = load.ordinary(1_000.0, 0.5, 50, PARTITIONS, START)
    for tick in made.ticks:
        for number, batch in tick:
            for one in sent(batch):
                assert load.partition_of(one["account_id"].encode(), PARTITIONS) == number


def test_the_history_leaves_each_marked_account_one_request_short() -> None:
    (history,) = load.history(500, 20, 3, 1.0)
    times = [orjson.loads(value)["ts"] for value in history.values]
    assert times == sorted(times)
    for number in range(3):
        assert history.keys.count(load.marked_key(number)) == load.LEAST
    assert len(history.keys) == 500 + 3 * load.LEAST


@pytest.mark.parametrize(("total", "step"), [(92_000, 1000), (9_200, 100), (1_234, 1), (50, 10)])
def test_a_peer_says_at_the_total_how_far_it_is(total: int, step: int) -> None:
    assert step_of(total) == step


@pytest.mark.kafka
def test_a_broker_takes_the_batches(kafka: Cluster) -> None:
    topic = kafka.create_topic(kafka.unique("paced"), PARTITIONS)
    for number in range(PARTITIONS):  # an ordinary producer waits for leaders
        kafka.produce(topic, [("key", "value")], partition=number)
    made = load.ordinary(1_000.0, 0.1, 20, PARTITIONS, START)
    with load.BatchSender(kafka.bootstrap, topic) as sender:
        for tick in made.ticks:
            sender.send(tick)
        with pytest.raises(RuntimeError, match="were refused"):
            sender.send([(PARTITIONS, made.ticks[0][0][1])])
    assert sum(kafka.end_offsets(topic).values()) == 100 + PARTITIONS
