"""The broker that the other integration tests stand on does what they take for granted."""

from collections.abc import Callable

import pytest

from tests.kafka.broker import KafkaBroker
from tests.kafka.cluster import Cluster


def test_records_come_back_in_order(kafka: Cluster, new_topic: Callable[..., str]) -> None:
    topic = new_topic("harness", partitions=3)
    positions = kafka.produce(topic, [(b"k", str(n).encode()) for n in range(50)])
    assert len({where.partition for where in positions}) == 1
    assert [message.value() for message in kafka.consume(topic, 50)] == [
        str(n).encode() for n in range(50)
    ]


@pytest.mark.kafka
def test_keys_land_where_java_puts_them(kafka: Cluster, new_topic: Callable[..., str]) -> None:
    """murmur2: the console producer, which is Java, and ours agree on every key's partition."""
    topic = new_topic("harness", partitions=12)
    keys = [f"account-{n}" for n in range(40)]
    ours = kafka.produce(topic, [(key, "ours") for key in keys])
    lines = "".join(f"{key}:java\n" for key in keys)
    properties = ("--property", "parse.key=true", "--property", "key.separator=:")
    kafka.cli("kafka-console-producer", "--topic", topic, *properties, stdin=lines)
    java = {
        message.key().decode(): message.partition()
        for message in kafka.consume(topic, 80)
        if message.value() == b"java"
    }
    assert java == {key: where.partition for key, where in zip(keys, ours, strict=True)}


@pytest.mark.kafka
def test_a_broker_keeps_its_data_over_a_crash(private_kafka: Callable[..., KafkaBroker]) -> None:
    broker = private_kafka()
    cluster = Cluster(broker.bootstrap, "apache", broker.line)
    topic = cluster.create_topic("kept")
    cluster.produce(topic, [(None, b"before")])
    broker.kill()
    broker.start()
    cluster.produce(topic, [(None, b"after")])
    assert [message.value() for message in cluster.consume(topic, 2)] == [b"before", b"after"]
