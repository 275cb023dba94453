"""Chunks of real partitions hold what was produced, byte for byte, and nothing else."""

import asyncio
import io
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import fastavro
import pytest
from faust.types import TP

from app.transport.fetch_pace import FETCH_MAX_WAIT_MS, LEFT_OUT_WAIT_MS
from tests.integration.transport_app import Reader, until
from tests.kafka.cluster import Cluster

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
NewTopic = Callable[..., str]

SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Request",
        "fields": [{"name": "event_id", "type": "string"}, {"name": "ts", "type": "long"}],
    }
)


def json_value(number: int) -> bytes:
    return json.dumps(
        {"event_id": f"event-{number}", "ts": number, "text": "æ\u2028" * 20}
    ).encode()


def avro_value(number: int) -> bytes:
    """Confluent's framing: magic byte 0, schema id, body."""
    body = io.BytesIO()
    fastavro.schemaless_writer(body, SCHEMA, {"event_id": f"event-{number}", "ts": number})
    return b"\x00" + (7).to_bytes(4, "big") + body.getvalue()


@pytest.mark.parametrize("codec", CODECS)
async def test_every_codec_comes_back_byte_for_byte(
    kafka: Cluster, new_topic: NewTopic, codec: str
) -> None:
    topic = new_topic("codec", partitions=2)
    sent: dict[int, list[tuple[bytes, bytes]]] = {0: [], 1: []}
    for number in range(3000):
        value = avro_value(number) if number % 3 else json_value(number)
        sent[number % 2].append((f"account-{number % 50}".encode(), value))
    for partition, records in sent.items():
        kafka.produce(topic, records, partition=partition, compression_type=codec)
    async with Reader(kafka, topic).running() as reader:
        await reader.until_read(topic, 3000)
        for partition, records in sent.items():
            got = reader.records[TP(topic, partition)]
            assert [offset for offset, _, _ in got] == list(range(1500))
            assert [(key, value) for _, key, value in got] == records


async def test_the_fetcher_is_kept_from_waiting(kafka: Cluster, new_topic: NewTopic) -> None:
    async with Reader(kafka, new_topic("pace", partitions=1)).running() as reader:
        fetcher = reader.consumer._thread._ensure_consumer()._fetcher
        await until(
            lambda: fetcher._fetch_max_wait_ms == FETCH_MAX_WAIT_MS, "a fetch with nothing unread"
        )
        fetcher._records["unread"] = None
        fetcher._get_actions_per_node(SimpleNamespace(tps=()))
        assert fetcher._fetch_max_wait_ms == LEFT_OUT_WAIT_MS
        del fetcher._records["unread"]


async def test_few_messages_carry_many_records(kafka: Cluster, new_topic: NewTopic) -> None:
    """The fast path is the one that runs: Faust handles chunks, never records."""
    topic = new_topic("fast", partitions=3)
    kafka.produce(topic, [(f"account-{n}", json_value(n)) for n in range(20_000)])
    async with Reader(kafka, topic).running() as reader:
        await reader.until_read(topic, 20_000)
        delivered = reader.consumer.delivered
        assert delivered.chunks == delivered.messages <= 60
        assert delivered.chunk_records >= 20_000
        for tp in reader.chunks:
            for (_, end), (start, _) in zip(reader.chunks[tp], reader.chunks[tp][1:], strict=False):
                assert end == start


async def test_null_keys_values_and_headers(kafka: Cluster, new_topic: NewTopic) -> None:
    topic = new_topic("nulls")
    producer = kafka.producer()
    producer.produce(topic, key=None, value=b"no key", headers=[("content-type", b"json")])
    producer.produce(topic, key=b"gone", value=None, headers=[("a", None)])
    producer.produce(topic, key=b"", value=b"")
    assert producer.flush(30) == 0
    async with Reader(kafka, topic).running() as reader:
        await reader.until_read(topic, 3)
        assert reader.records[TP(topic, 0)] == [
            (0, None, b"no key"),
            (1, b"gone", None),
            (2, b"", b""),
        ]


async def test_single_records_beside_chunks(kafka: Cluster, new_topic: NewTopic) -> None:
    """Topics that are not read in chunks keep Faust's ordinary path in the same worker."""
    fast, plain = new_topic("fast"), new_topic("plain", partitions=2)
    kafka.produce(fast, [(None, json_value(n)) for n in range(1000)])
    sent = kafka.produce(plain, [(f"k{n}", f"v{n}") for n in range(200)])
    ends = {(plain, at.partition): at.offset + 1 for at in sorted(sent, key=lambda at: at.offset)}
    reader = Reader(kafka, fast)
    seen: list[tuple[bytes, bytes]] = []
    channel = reader.app.topic(plain, key_serializer="raw", value_serializer="raw")

    async def take(stream: Any) -> None:
        async for key, value in stream.items():
            seen.append((key, value))

    reader.app.agent(channel, name="plain")(take)
    async with reader.running():
        await reader.until_read(fast, 1000)
        await until(lambda: len(seen) >= 200, "single records")
        assert sorted(seen) == sorted((f"k{n}".encode(), f"v{n}".encode()) for n in range(200))
        await until(
            lambda: ends.items() <= kafka.committed(reader.group).items(),
            "single records committed",
        )


@pytest.mark.kafka
async def test_compacted_topic_with_holes(kafka: Cluster, new_topic: NewTopic) -> None:
    topic = new_topic(
        "compacted",
        cleanup_policy="compact",
        segment_bytes=1 << 20,
        segment_ms=100,
        min_cleanable_dirty_ratio=0.01,
        min_compaction_lag_ms=0,
        delete_retention_ms=0,
    )
    rounds, keys = 40, 50
    for number in range(rounds):
        if number == rounds - 1:
            # A segment is closed by the first record that comes late enough: by then all but the
            # last round stands in closed ones, which are all that is ever compacted.
            await asyncio.sleep(1)
        kafka.produce(topic, [(f"key-{k}", f"{number}:{k}:{'x' * 100}") for k in range(keys)])
    latest = {f"key-{k}".encode(): f"{rounds - 1}:{k}:{'x' * 100}".encode() for k in range(keys)}
    total = rounds * keys

    def holes() -> int:
        return total - len(kafka.consume(topic, keys, drain=True))

    # The broker has one cleaner, and what earlier tests have left keeps it busy for minutes.
    await until(lambda: holes() > total // 2, "the cleaner to compact the topic", 400)
    async with Reader(kafka, topic).running() as reader:
        tp = TP(topic, 0)
        await until(
            lambda: bool(reader.chunks[tp]) and reader.chunks[tp][-1][1] >= total, "the end"
        )
        offsets = [offset for offset, _, _ in reader.records[tp]]
        assert offsets == sorted(set(offsets))
        assert len(offsets) < total // 2
        assert {key: value for _, key, value in reader.records[tp]} == latest
        await until(lambda: kafka.committed(reader.group).get((topic, 0)) == total, "the commit")
