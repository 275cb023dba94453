"""A table recovers in chunks from a transactional changelog, and knows when it is done."""

import time
from collections.abc import Callable
from typing import Any

import faust
import pytest
from faust.types import TP

from tests.integration.test_transport_transactions import transactional
from tests.integration.transport_app import Reader, records_of, until
from tests.kafka.cluster import Cluster

pytestmark = pytest.mark.kafka

NewTopic = Callable[..., str]


class ChunkTable(faust.Table):  # type: ignore[misc]
    """The least that a table needs to recover from chunks: last record of a key wins."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows: dict[TP, dict[bytes, bytes | None]] = {}
        self.applied: dict[TP, int] = {}
        self.messages = 0

    async def on_rebalance(self, *moved: Any, **options: Any) -> None:
        # Faust remembers a partition's buffer size by its first role, active or standby.
        self.app.tables.recovery.buffer_sizes.clear()
        await super().on_rebalance(*moved, **options)

    def persisted_offset(self, tp: TP) -> int | None:
        return self.applied.get(tp)

    def apply_changelog_batch(self, batch: Any) -> None:
        for event in batch:
            message = event.message
            self.messages += 1
            rows = self.rows.setdefault(message.tp, {})
            for _, key, value in records_of(message):
                rows[key or b""] = value
            self.applied[message.tp] = message.offset


class Setup:
    """An input, a table whose changelog exists already, and a producer for the changelog."""

    def __init__(self, kafka: Cluster, new_topic: NewTopic, partitions: int = 2) -> None:
        self.kafka = kafka
        self.group = kafka.unique("group")
        self.input = new_topic("input", partitions=partitions)
        self.changelog = kafka.create_topic(
            f"{self.group}-rows-changelog", partitions, cleanup_policy="compact"
        )
        self.producer = transactional(kafka)

    def reader(self, **settings: Any) -> tuple[Reader, ChunkTable]:
        reader = Reader(self.kafka, self.input, group=self.group, **settings)
        topic = reader.app.topic(
            self.changelog, key_serializer="raw", value_serializer="raw", partitions=2
        )
        # Faust buffers messages, not records: with its own sizes a standby would wait for a
        # thousand chunks, and a recovery buffer of one makes it read its own changelog for ever.
        table = ChunkTable(
            reader.app,
            name="rows",
            partitions=2,
            changelog_topic=topic,
            recovery_buffer_size=4,
            standby_buffer_size=1,
        )
        reader.app.tables.add(table)
        return reader, table


async def test_recovery_ends_at_a_transaction_marker(kafka: Cluster, new_topic: NewTopic) -> None:
    setup = Setup(kafka, new_topic)
    for number in range(20):
        setup.producer.begin_transaction()
        for key in range(50):
            setup.producer.produce(
                setup.changelog, key=f"row-{key}", value="x" * 100, partition=number % 2
            )
        setup.producer.produce(
            setup.changelog, key=b"last", value=str(number), partition=number % 2
        )
        setup.producer.commit_transaction(30)
    # The end of the log is an aborted transaction: nothing of it is ever delivered.
    setup.producer.begin_transaction()
    for partition in (0, 1):
        setup.producer.produce(setup.changelog, key=b"last", value=b"never", partition=partition)
    setup.producer.flush(10)
    setup.producer.abort_transaction(30)
    kafka.produce(setup.input, [(None, b"one")], partition=0)
    reader, table = setup.reader()
    started = time.monotonic()
    async with reader.running():
        await reader.until_read(setup.input, 1)
        assert time.monotonic() - started < 15
        ends = kafka.end_offsets(setup.changelog)
        for partition in (0, 1):
            tp = TP(setup.changelog, partition)
            assert table.rows[tp][b"last"] == str(18 + partition).encode()
            assert table.applied[tp] == ends[partition] - 1
        assert table.messages < 20


async def test_an_empty_changelog_does_not_hold_up_the_worker(
    kafka: Cluster, new_topic: NewTopic
) -> None:
    setup = Setup(kafka, new_topic)
    kafka.produce(setup.input, [(None, b"one")], partition=1)
    reader, table = setup.reader()
    async with reader.running():
        await reader.until_read(setup.input, 1)
        assert table.rows == {}


async def test_recovery_goes_on_where_the_table_is(kafka: Cluster, new_topic: NewTopic) -> None:
    """What a table has already applied is not read again, but for the record at its offset."""
    setup = Setup(kafka, new_topic)
    for number in range(10):
        setup.producer.begin_transaction()
        setup.producer.produce(setup.changelog, key=str(number), value=b"v", partition=0)
        setup.producer.commit_transaction(30)
    reader, table = setup.reader()
    tp = TP(setup.changelog, 0)
    table.applied[tp] = 12  # record 6
    async with reader.running():
        await until(lambda: table.applied[tp] == 19, "recovery")
        assert sorted(table.rows[tp]) == [b"6", b"7", b"8", b"9"]


async def test_standbys_follow_the_changelog(kafka: Cluster, new_topic: NewTopic) -> None:
    """Each of two workers holds its own partitions and, as a standby, the other's."""
    setup = Setup(kafka, new_topic)

    def put(value: bytes) -> None:
        setup.producer.begin_transaction()
        for partition in (0, 1):
            setup.producer.produce(setup.changelog, key=b"row", value=value, partition=partition)
        setup.producer.commit_transaction(30)

    put(b"before")
    tps = [TP(setup.changelog, 0), TP(setup.changelog, 1)]
    one, first = setup.reader(table_standby_replicas=1)
    two, second = setup.reader(table_standby_replicas=1)
    async with one.running(), two.running():

        def held(tp: TP) -> list[bytes | None]:
            return [table.rows.get(tp, {}).get(b"row") for table in (first, second)]

        await until(lambda: all(held(tp) == [b"before"] * 2 for tp in tps), "both to hold both")
        assert [len(one.consumer.progress()), len(two.consumer.progress())] == [1, 1]
        put(b"after")  # which the owner of a partition knows without reading it
        await until(
            lambda: all(sorted(held(tp)) == [b"after", b"before"] for tp in tps),  # type: ignore[type-var]
            "the standbys to follow",
        )


async def test_a_changelog_whose_start_was_deleted(kafka: Cluster, new_topic: NewTopic) -> None:
    """Faust starts one offset before the first: that is out of range, and no reason to stop."""
    setup = Setup(kafka, new_topic)
    kafka.delete_topics([setup.changelog])
    await until(lambda: setup.changelog not in kafka.admin.list_topics(timeout=10).topics, "gone")
    kafka.create_topic(setup.changelog, 2, cleanup_policy="compact,delete")
    kafka.produce(setup.changelog, [(str(n), b"v") for n in range(20)], partition=0)
    kafka.delete_records(setup.changelog, 0, before=15)
    reader, table = setup.reader()
    tp = TP(setup.changelog, 0)
    async with reader.running():
        await until(lambda: table.applied.get(tp) == 19, "recovery")
        assert sorted(table.rows[tp]) == sorted(str(n).encode() for n in range(15, 20))
