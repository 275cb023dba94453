"""What goes wrong is said and ends the worker; it is never read over."""

import asyncio
import logging
import ssl
from collections.abc import Callable

import faust
import pytest
from aiokafka.errors import ConsumerStoppedError
from faust.types import TP

from app.kernels.batches import CorruptBatch, LegacyFormat
from app.transport.positions import FetchFailed
from app.transport.records import ChunkRecords
from tests.integration.transport_app import Reader, until
from tests.kafka.broker import SASL_PASSWORD, SASL_USER, KafkaBroker
from tests.kafka.cluster import Cluster

NewTopic = Callable[..., str]


class Damaged(ChunkRecords):
    """A response whose bytes have suffered; ``damage`` says how, and how often is left."""

    damage: Callable[[bytes], bytes]
    left: int

    def __init__(self, data: bytes, fetch_offset: int, **options: object) -> None:
        if Damaged.left:
            Damaged.left -= 1
            data = Damaged.damage(data)
        super().__init__(data, fetch_offset, **options)  # type: ignore[arg-type]


def damage(monkeypatch: pytest.MonkeyPatch, how: Callable[[bytes], bytes], times: int) -> None:
    monkeypatch.setattr(Damaged, "damage", staticmethod(how), raising=False)
    monkeypatch.setattr(Damaged, "left", times, raising=False)
    monkeypatch.setattr("app.transport.records.ChunkRecords", Damaged)


def negative_offset(data: bytes) -> bytes:
    return b"\xff" + data[1:]


def legacy_magic(data: bytes) -> bytes:
    return data[:16] + b"\x01" + data[17:]


async def test_corruption_on_the_wire_is_mended_by_reading_again(
    kafka: Cluster, new_topic: NewTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(monkeypatch, negative_offset, times=2)
    topic = new_topic("corrupt", partitions=2)
    for partition in (0, 1):
        kafka.produce(topic, [(None, b"v")] * 50, partition=partition)
    async with Reader(kafka, topic).running() as reader:
        await reader.until_read(topic, 100)
        for partition in (0, 1):
            offsets = [offset for offset, _, _ in reader.records[TP(topic, partition)]]
            assert offsets == list(range(50))


@pytest.mark.parametrize(
    ("how", "cause", "advice"),
    [
        (negative_offset, CorruptBatch, "move leadership"),
        (legacy_magic, LegacyFormat, "message.format.version"),
    ],
)
async def test_what_cannot_be_read_ends_the_worker(
    kafka: Cluster,
    new_topic: NewTopic,
    monkeypatch: pytest.MonkeyPatch,
    how: Callable[[bytes], bytes],
    cause: type[Exception],
    advice: str,
) -> None:
    damage(monkeypatch, how, times=1000)
    topic = new_topic("unreadable")
    kafka.produce(topic, [(None, b"v")] * 50)
    async with Reader(kafka, topic).running() as reader:
        await until(lambda: reader.app.crashed, "the worker to stop")
        reason = reader.app.crash_reason
        assert isinstance(reason, FetchFailed)
        assert isinstance(reason.__cause__, cause)
        assert f"{topic}[0] at offset 0" in str(reason)
        assert advice in str(reason)
        assert reader.count(topic) == 0
        assert kafka.committed(reader.group).get((topic, 0), -1001) < 0


async def test_a_worker_that_has_crashed_still_stops(kafka: Cluster, new_topic: NewTopic) -> None:
    """Its client's thread has ended: Faust would wait for it to commit, for ever."""
    topic = new_topic("crash")
    reader = Reader(kafka, topic)
    async with reader.running():
        kafka.produce(topic, [(None, b"v")] * 10)
        await reader.until_read(topic, 10)
        await reader.app.crash(RuntimeError("a bug"))
        thread = reader.consumer._thread
        await until(thread._shutdown.is_set, "the client's thread to end")
        with pytest.raises(ConsumerStoppedError):
            await reader.consumer.highwaters(TP(topic, 0))
        with pytest.raises(ConsumerStoppedError):
            await reader.consumer.perform_seek()
        await asyncio.wait_for(reader.app.stop(), 20)


async def test_faust_notices_a_stream_that_hangs(
    kafka: Cluster, new_topic: NewTopic, caplog: pytest.LogCaptureFixture
) -> None:
    """Faust's own livelock detection goes on working on chunks."""
    topic = new_topic("livelock")
    reader = Reader(kafka, topic, stream_processing_timeout=1.0)
    hang = asyncio.Event()

    async def hold(tp: TP) -> None:
        if reader.count(topic) >= 10:
            await hang.wait()

    reader.hold = hold
    with caplog.at_level(logging.ERROR):
        async with reader.running():
            kafka.produce(topic, [(None, b"v")] * 10)
            await reader.until_read(topic, 10)
            assert "Stream stopped processing" not in caplog.text
            kafka.produce(topic, [(None, b"x" * 100_000)] * 200)
            await until(lambda: "Stream stopped processing" in caplog.text, "the detector")
            hang.set()


@pytest.mark.kafka
async def test_credentials_reach_the_broker(private_kafka: Callable[..., KafkaBroker]) -> None:
    broker = private_kafka(secure=True)
    kafka = Cluster(broker.bootstrap, "apache", broker.line)
    topic = kafka.create_topic("secure")
    kafka.produce(topic, [(None, b"secret")] * 10)
    credentials = faust.SASLCredentials(
        username=SASL_USER,
        password=SASL_PASSWORD,
        ssl_context=ssl.create_default_context(cafile=str(broker.ca_file)),
    )
    reader = Reader(
        kafka,
        topic,
        broker=f"reflux://{broker.secure_bootstrap}",
        broker_credentials=credentials,
    )
    async with reader.running():
        await reader.until_read(topic, 10)


@pytest.mark.kafka
async def test_the_older_broker_line(private_kafka: Callable[..., KafkaBroker]) -> None:
    """Reading, transactions and commits on Apache Kafka 3.9."""
    broker = private_kafka(line="3.9")
    kafka = Cluster(broker.bootstrap, "apache", broker.line)
    topic = kafka.create_topic("older", 2)
    producer = kafka.producer(transactional_id="older")
    producer.init_transactions(30)
    for number in range(10):
        producer.begin_transaction()
        for partition in (0, 1):
            producer.produce(topic, value=f"v{number}", partition=partition)
        (producer.commit_transaction if number % 2 else producer.abort_transaction)(30)
    ends = {(topic, partition): end for partition, end in kafka.end_offsets(topic).items()}
    async with Reader(kafka, topic).running() as reader:
        await until(lambda: kafka.committed(reader.group) == ends, "the commit")
        assert reader.values(topic) == [f"v{n}".encode() for n in range(1, 10, 2)] * 2
