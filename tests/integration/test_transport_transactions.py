"""Only committed records are seen, and positions move over what is never shown."""

from collections.abc import Callable

import pytest
from confluent_kafka import Producer
from faust.types import TP

from tests.integration.transport_app import Reader, until
from tests.kafka.cluster import Cluster

pytestmark = pytest.mark.kafka

NewTopic = Callable[..., str]


def transactional(kafka: Cluster) -> Producer:
    producer = kafka.producer(transactional_id=kafka.unique("tx"))
    producer.init_transactions(30)
    return producer


def write(producer: Producer, topic: str, *values: str, partition: int = 0) -> None:
    for value in values:
        producer.produce(topic, value=value.encode(), partition=partition)


async def test_aborted_records_are_unseen(kafka: Cluster, new_topic: NewTopic) -> None:
    topic = new_topic("tx")
    one, two = transactional(kafka), transactional(kafka)
    expected = []
    for number in range(30):
        one.begin_transaction()
        two.begin_transaction()
        # Batches of both transactions lie between each other in the log.
        for part in range(3):
            write(one, topic, f"one-{number}-{part}")
            one.flush(10)
            write(two, topic, f"two-{number}-{part}")
            two.flush(10)
            expected += [f"one-{number}-{part}"] if number % 3 else []
            expected += [f"two-{number}-{part}"] if number % 2 else []
        (one.commit_transaction if number % 3 else one.abort_transaction)(30)
        (two.commit_transaction if number % 2 else two.abort_transaction)(30)
    kafka.produce(topic, [(None, b"plain")])
    expected.append("plain")
    async with Reader(kafka, topic).running() as reader:
        await reader.until_read(topic, len(expected))
        assert reader.values(topic) == [value.encode() for value in expected]


async def test_the_position_moves_over_a_trailing_marker(
    kafka: Cluster, new_topic: NewTopic
) -> None:
    topic = new_topic("tx")
    producer = transactional(kafka)
    producer.begin_transaction()
    write(producer, topic, "a", "b")
    producer.commit_transaction(30)
    producer.begin_transaction()
    write(producer, topic, "never seen")
    producer.flush(10)
    producer.abort_transaction(30)
    end = kafka.end_offsets(topic)[0]
    assert end == 5  # two records, their marker, an aborted record, its marker
    async with Reader(kafka, topic).running() as reader:
        await until(lambda: kafka.committed(reader.group).get((topic, 0)) == end, "the commit")
        assert reader.values(topic) == [b"a", b"b"]
        assert reader.chunks[TP(topic, 0)][-1][1] == end
        assert (await reader.consumer.highwaters(TP(topic, 0)))[TP(topic, 0)] == end


async def test_an_open_transaction_is_waited_for(kafka: Cluster, new_topic: NewTopic) -> None:
    topic = new_topic("tx", partitions=2)
    producer = transactional(kafka)
    async with Reader(kafka, topic).running() as reader:
        await reader.until_placed(topic)
        producer.begin_transaction()
        write(producer, topic, "open", partition=0)
        producer.flush(10)
        kafka.produce(topic, [(None, b"behind")], partition=0)
        kafka.produce(topic, [(None, b"elsewhere")], partition=1)
        await reader.until_read(topic, 1)
        assert reader.values(topic) == [b"elsewhere"]
        ends = await reader.consumer.highwaters(TP(topic, 0), TP(topic, 1))
        assert ends == {TP(topic, 0): 0, TP(topic, 1): 1}  # the last stable offset, not the last
        producer.commit_transaction(30)
        await reader.until_read(topic, 3)
        assert reader.values(topic) == [b"open", b"behind", b"elsewhere"]


async def test_lag_tools_see_no_lag(kafka: Cluster, new_topic: NewTopic) -> None:
    """Kafka's own lag tool, on a topic whose last offset is a transaction marker."""
    topic = new_topic("tx")
    producer = transactional(kafka)
    producer.begin_transaction()
    write(producer, topic, *[f"value-{n}" for n in range(100)])
    producer.commit_transaction(30)
    async with Reader(kafka, topic).running() as reader:
        await until(lambda: kafka.committed(reader.group).get((topic, 0)) == 101, "the commit")
        shown = kafka.cli("kafka-consumer-groups", "--describe", "--group", reader.group)
    header, row = [line.split() for line in shown.splitlines() if topic in line or "LAG" in line]
    seen = dict(zip(header, row, strict=False))
    assert (seen["CURRENT-OFFSET"], seen["LOG-END-OFFSET"], seen["LAG"]) == ("101", "101", "0")
