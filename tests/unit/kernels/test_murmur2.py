"""Partitions must be those that Kafka's own producers choose."""

import numpy as np
import pytest
from aiokafka.partitioner import DefaultPartitioner

from app.kernels.murmur2 import murmur2, partition_of
from tests.reference import murmur2 as reference


def hashed(key: bytes) -> int:
    return int(murmur2(np.frombuffer(key, np.uint8), 0, len(key)))


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        # From UtilsTest of the Java client.
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_values_of_the_java_client(key: bytes, signed: int) -> None:
    assert hashed(key) == signed % 2**32 == reference.murmur2(key)


def test_every_length_agrees_with_the_reference() -> None:
    for length in range(70):
        key = bytes(range(100, 100 + length))
        assert hashed(key) == reference.murmur2(key)


@pytest.mark.parametrize("partitions", [1, 3, 12, 100])
def test_partitions_are_those_of_a_kafka_producer(partitions: int) -> None:
    every = list(range(partitions))
    for i in range(50):
        key = f"account-{i}".encode()
        expected = DefaultPartitioner()(key, every, every)
        data = np.frombuffer(b"--" + key + b"--", np.uint8)
        assert partition_of(data, 2, len(key), partitions) == expected
        assert reference.partition_of(key, partitions) == expected
