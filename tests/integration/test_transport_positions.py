"""Seeking, pausing and resuming; durable positions; what ends a worker rather than skip records."""

import asyncio
from collections.abc import Callable

import pytest
from faust.types import TP

from app.transport.positions import PositionLost
from tests.integration.transport_app import Reader, until
from tests.kafka.cluster import Cluster

NewTopic = Callable[..., str]


class Positions:
    """Durable positions as a table's header would keep them."""

    def __init__(self, resume: dict[TP, int], committable: dict[TP, int] | None = None) -> None:
        self.at = resume
        self.done = committable or {}

    def resume(self, tp: TP) -> int | None:
        return self.at.get(tp)

    def committable(self, tp: TP) -> int | None:
        return self.done.get(tp)


def numbers(start: int, stop: int) -> list[tuple[None, bytes]]:
    return [(None, str(n).encode()) for n in range(start, stop)]


async def test_a_seek_into_a_batch_skips_and_repeats_nothing(
    kafka: Cluster, new_topic: NewTopic
) -> None:
    topic = new_topic("seek")
    kafka.produce(topic, numbers(0, 1000), compression_type="lz4", linger_ms=100)
    tp = TP(topic, 0)
    async with Reader(kafka, topic).running() as reader:
        await reader.until_read(topic, 1000)
        for target in (731, 0, 999, 1):
            reader.records.clear()
            await reader.consumer.seek(tp, target)
            await reader.until_read(topic, 1000 - target)
            assert [offset for offset, _, _ in reader.records[tp]] == list(range(target, 1000))


async def test_paused_and_resumed_under_traffic(kafka: Cluster, new_topic: NewTopic) -> None:
    topic = new_topic("pause", partitions=2)
    tps = [TP(topic, 0), TP(topic, 1)]
    async with Reader(kafka, topic).running() as reader:
        await reader.until_placed(topic)
        for turn, paused in enumerate((tps[0], tps[1], tps[0])):
            sent, now = 300 * turn, 300 * (turn + 1)
            reader.consumer.pause_partitions({paused})
            await asyncio.sleep(0.3)  # what was under way when it was paused may still arrive
            before = len(reader.records[paused])
            for tp in tps:
                kafka.produce(topic, numbers(sent, now), partition=tp.partition)
            moving = next(tp for tp in tps if tp != paused)
            await reader.until_partition(moving, now)
            assert len(reader.records[paused]) == before
            reader.consumer.resume_partitions({paused})
            await reader.until_partition(paused, now)
        for tp in tps:
            assert [offset for offset, _, _ in reader.records[tp]] == list(range(900))


async def test_the_durable_position_decides(kafka: Cluster, new_topic: NewTopic) -> None:
    """Not the committed offset, which is for lag tools; and what is durable is committed."""
    topic = new_topic("durable", partitions=2)
    for partition in (0, 1):
        kafka.produce(topic, numbers(0, 500), partition=partition)
    group = kafka.unique("group")
    async with Reader(kafka, topic, group=group).running() as reader:
        await reader.until_read(topic, 1000)
        await until(
            lambda: kafka.committed(group) == {(topic, 0): 500, (topic, 1): 500}, "the commit"
        )
    tp, other = TP(topic, 0), TP(topic, 1)
    positions = Positions({tp: 123})
    reader = Reader(kafka, topic, group=group)
    reader.transport.positions = positions
    async with reader.running():
        await reader.until_read(topic, 377)
        assert [offset for offset, _, _ in reader.records[tp]] == list(range(123, 500))
        assert reader.records[other] == []
        kafka.produce(topic, numbers(500, 600), partition=0)
        await reader.until_read(topic, 477)
        await asyncio.sleep(0.6)
        assert kafka.committed(group)[topic, 0] == 500  # acknowledged, but not durable
        positions.done[tp] = 555
        await until(lambda: kafka.committed(group)[topic, 0] == 555, "the durable position")


async def test_no_position_anywhere_starts_at_the_beginning(
    kafka: Cluster, new_topic: NewTopic
) -> None:
    topic = new_topic("fresh")
    kafka.produce(topic, numbers(0, 10))
    reader = Reader(kafka, topic)
    reader.transport.positions = Positions({})
    async with reader.running():
        await reader.until_read(topic, 10)


async def crash_reason(reader: Reader) -> BaseException:
    async with reader.running():
        await until(lambda: reader.app.crashed, "the worker to stop")
        reason: BaseException = reader.app.crash_reason
        return reason


@pytest.mark.kafka
async def test_expired_records_end_the_worker(kafka: Cluster, new_topic: NewTopic) -> None:
    topic = new_topic("expired")
    kafka.produce(topic, numbers(0, 100))
    kafka.delete_records(topic, 0, before=40)
    reader = Reader(kafka, topic)
    reader.transport.positions = Positions({TP(topic, 0): 10})
    reason = await crash_reason(reader)
    assert isinstance(reason, PositionLost)
    assert "offset 10" in str(reason)
    assert "starts at 40" in str(reason)
    assert reader.records == {}


@pytest.mark.kafka
async def test_a_recreated_topic_ends_the_worker(kafka: Cluster, new_topic: NewTopic) -> None:
    topic = new_topic("recreated")
    kafka.produce(topic, numbers(0, 5))
    reader = Reader(kafka, topic)
    reader.transport.positions = Positions({TP(topic, 0): 6})
    reason = await crash_reason(reader)
    assert isinstance(reason, PositionLost)
    assert "ends at 5" in str(reason)


@pytest.mark.kafka
async def test_records_that_expire_while_reading_end_the_worker(
    kafka: Cluster, new_topic: NewTopic
) -> None:
    """Out of range in the middle of a run: never reset behind the application's back."""
    topic = new_topic("expires")
    tp = TP(topic, 0)
    kafka.produce(topic, numbers(0, 10))
    reader = Reader(kafka, topic)
    reader.transport.positions = Positions({tp: 0})
    async with reader.running():
        await reader.until_read(topic, 10)
        reader.consumer.pause_partitions({tp})
        await asyncio.sleep(0.5)
        await reader.consumer.seek(tp, 0)
        kafka.delete_records(topic, 0, before=5)
        await asyncio.sleep(0.5)  # the client may hold a response from before: it is dropped
        await reader.consumer.seek(tp, 0)
        reader.consumer.resume_partitions({tp})
        await until(lambda: reader.app.crashed, "the worker to stop")
        assert isinstance(reader.app.crash_reason, PositionLost)


@pytest.mark.kafka
async def test_without_a_durable_position_expired_records_are_passed_over(
    kafka: Cluster, new_topic: NewTopic
) -> None:
    topic = new_topic("expired")
    kafka.produce(topic, numbers(0, 100))
    group = kafka.unique("group")
    async with Reader(kafka, topic, group=group).running() as reader:
        await reader.until_read(topic, 100)
        await until(lambda: kafka.committed(group).get((topic, 0)) == 100, "the commit")
    kafka.produce(topic, numbers(100, 200))
    kafka.delete_records(topic, 0, before=150)
    async with Reader(kafka, topic, group=group).running() as reader:
        await reader.until_read(topic, 50)
        assert [offset for offset, _, _ in reader.records[TP(topic, 0)]] == list(range(150, 200))
