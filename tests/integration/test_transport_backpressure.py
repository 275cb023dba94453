"""A slow agent holds little, and holds up nobody else."""

import asyncio
from collections.abc import Callable

import pytest
from faust.types import TP

from tests.integration.transport_app import Reader, until
from tests.kafka.cluster import Cluster

NewTopic = Callable[..., str]


async def test_a_stuck_agent_does_not_hold_up_another(kafka: Cluster, new_topic: NewTopic) -> None:
    """Two agents where one waits for what the other will read, far behind a full stream."""
    stuck, free = new_topic("stuck", partitions=4), new_topic("free")
    value = b"x" * 50_000
    for partition in range(4):
        kafka.produce(stuck, [(None, value)] * 240, partition=partition)
    reader = Reader(kafka, stuck, free)
    woken = asyncio.Event()

    async def wait_for_other(tp: TP) -> None:
        if tp.topic == stuck:
            await woken.wait()

    reader.hold = wait_for_other
    async with reader.running():
        channel = reader.app.topics
        await until(lambda: bool(reader.consumer.delivered.chunks), "the first chunk")
        await asyncio.sleep(1.0)
        queued = [topic.queue.qsize() for topic in channel if stuck in topic.topics]
        assert max(queued) == reader.transport.queued_chunks
        assert reader.count(stuck) == 0
        kafka.produce(free, [(None, b"wake")])
        await reader.until_read(free, 1)
        woken.set()
        await reader.until_read(stuck, 960)
        for partition in range(4):
            offsets = [offset for offset, _, _ in reader.records[TP(stuck, partition)]]
            assert offsets == list(range(240))


@pytest.mark.kafka  # the embedded broker answers with more than it is asked for
async def test_memory_of_a_stuck_worker_is_bounded(kafka: Cluster, new_topic: NewTopic) -> None:
    """However much waits in the topic: the queue, and one response for its partition."""
    topic = new_topic("bounded")
    kafka.produce(topic, [(None, b"x" * 100_000)] * 600)  # 60 MB
    reader = Reader(kafka, topic)
    reader.transport.queued_chunks = 3
    go = asyncio.Event()

    async def wait(tp: TP) -> None:
        await go.wait()

    reader.hold = wait
    async with reader.running():
        await until(lambda: reader.consumer.delivered.chunks >= 4, "a full stream")
        await asyncio.sleep(1.0)
        assert reader.consumer.delivered.chunks == 4  # three in the queue, one in the agent
        client = reader.consumer._thread.client_position(TP(topic, 0))
        delivered = reader.consumer.delivered.chunk_records
        assert client - delivered <= 12  # one response of 1 MiB beyond
        go.set()
        await reader.until_read(topic, 600)
