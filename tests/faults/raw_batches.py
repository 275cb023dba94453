"""Record batches put on the wire as they are: what no client would send, and a broker may take."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Iterator

import cramjam
import orjson
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.structs import TopicPartition

from tests.integration.deployment import request
from tests.kafka.cluster import Cluster
from tests.reference.batches import HEADER, body, build, with_checksum

REFUSED = -1
COMPRESS = [
    bytes,
    cramjam.gzip.compress,
    cramjam.snappy.compress_raw,
    cramjam.lz4.compress,
    cramjam.zstd.compress,
]
HEADER_FROM = 21
"""Attributes and what follows: what comes before is the checksum's and the broker's."""


def mutated_batches(rng: random.Random, count: int) -> Iterator[bytes]:
    """Batches of requests under a key that is not theirs, damaged at every layer, each with the
    checksum of what it holds."""
    for number in range(count):
        records: list[tuple[bytes | None, bytes | None]] = [
            (b"nobody", orjson.dumps(request("batches", f"{number}-{i}")))
            for i in range(rng.randrange(1, 5))
        ]
        payload = body(records)
        if rng.random() < 0.5:
            payload = _changed(rng, payload)
        codec = rng.randrange(len(COMPRESS))
        packed = bytes(COMPRESS[codec](payload))
        if rng.random() < 0.2:
            packed = _changed(rng, packed)
        batch = build(records, attributes=codec, payload=packed)
        if rng.random() < 0.2:
            at = rng.randrange(HEADER_FROM, HEADER.size)
            batch = batch[:at] + rng.randbytes(1) + batch[at + 1 :]
        yield with_checksum(batch)


def _changed(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    at = rng.randrange(len(changed))
    changed[at : at + rng.randrange(4)] = rng.randbytes(rng.randrange(4))
    return bytes(changed)


def produce_batches(kafka: Cluster, topic: str, batches: Iterable[bytes]) -> Counter[int]:
    """Send each to a partition of ``topic`` in turn; how often each error code was the answer.

    ``REFUSED`` counts those at which the broker closed the connection.
    """
    return asyncio.run(_produce(kafka, topic, list(batches)))


async def _produce(kafka: Cluster, topic: str, batches: list[bytes]) -> Counter[int]:
    client = AIOKafkaClient(bootstrap_servers=kafka.bootstrap.split(","))
    answers: Counter[int] = Counter()
    await client.bootstrap()
    try:
        await client.set_topics([topic])
        partitions = sorted(client.cluster.partitions_for_topic(topic) or ())
        for number, batch in enumerate(batches):
            partition = partitions[number % len(partitions)]
            answers[await _send(client, topic, partition, batch)] += 1
    finally:
        await client.close()
    return answers


async def _send(client: AIOKafkaClient, topic: str, partition: int, batch: bytes) -> int:
    leader = client.cluster.leader_for_partition(TopicPartition(topic, partition))
    asked = ProduceRequest(None, -1, 10_000, [(topic, [(partition, batch)])])
    try:
        answer = await client.send(leader, asked)
    except (OSError, TimeoutError):
        return REFUSED
    ((_, ((_, error, *_),)),) = answer.topics
    return int(error)
