"""How fast chunks come through Faust, beside stock Faust: ``python -m tests.benchmarks.transport``.

Both sides do nothing with what they get but count it: a no-op agent on records, and one on chunks
that frames them (checksum, decompression, coordinates of every record). Same machine, same broker,
same topic. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import time
from typing import Any

import faust

from app.kernels.batches import frame
from tests.integration.transport_app import SETTINGS
from tests.kafka.broker import KafkaBroker
from tests.kafka.cluster import Cluster

PARTITIONS = 4
VALUE_BYTES = 580  # about what a request of the full contract takes
LONGEST_S = 60.0


class Counter:
    """Records seen, and when the first and the last of them came."""

    def __init__(self) -> None:
        self.records = 0
        self.messages = 0
        self.first = self.last = 0.0

    def add(self, records: int) -> None:
        now = time.perf_counter()
        self.first = self.first or now
        self.last = now
        self.records += records
        self.messages += 1

    @property
    def rate(self) -> float:
        return self.records / max(self.last - self.first, 1e-9)


async def read(kafka: Cluster, topic: str, scheme: str, wanted: int) -> Counter:
    """Read ``wanted`` records, or as many as ``LONGEST_S`` seconds allow."""
    settings = {**SETTINGS, "broker_session_timeout": 20.0, "broker_commit_interval": 1.0}
    app = faust.App(kafka.unique(scheme), broker=f"{scheme}://{kafka.bootstrap}", **settings)
    if scheme == "reflux":
        app.transport.read_in_chunks(topic)
    counter = Counter()
    channel = app.topic(topic, key_serializer="raw", value_serializer="raw")

    @app.agent(channel)  # type: ignore[untyped-decorator]
    async def count(stream: Any) -> None:
        async for event in stream.events():
            if scheme == "reflux":
                message = event.message
                framed = frame(message.value, message.first_offset, check_crc=True)
                counter.add(len(framed.frames))
            else:
                counter.add(1)

    await app.start()
    deadline = time.monotonic() + LONGEST_S
    while counter.records < wanted and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await app.stop()
    return counter


def fill(kafka: Cluster, topic: str, records: int, codec: str) -> None:
    value = os.urandom(VALUE_BYTES // 2).hex().encode()
    batch = [(f"account-{n}", value) for n in range(20_000)]
    producer = kafka.producer(compression_type=codec)
    for _ in range(0, records, len(batch)):
        kafka.produce(topic, batch, producer=producer)


def main() -> None:
    parser = argparse.ArgumentParser(description="Chunks through Faust beside stock Faust.")
    parser.add_argument("--records", type=int, default=1_000_000, help="for the chunks")
    parser.add_argument("--stock-records", type=int, default=40_000)
    parser.add_argument("--codec", default="none")
    options = parser.parse_args()
    warm = frame(b"", 0, check_crc=True)
    assert len(warm.frames) == 0
    with KafkaBroker() as broker:
        kafka = Cluster(broker.bootstrap, "apache", broker.line)
        topic = kafka.create_topic("throughput", PARTITIONS)
        fill(kafka, topic, options.records, options.codec)
        chunks = asyncio.run(read(kafka, topic, "reflux", options.records))
        stock = asyncio.run(read(kafka, topic, "kafka", options.stock_records))
    print(f"chunks: {chunks.records:,} records in {chunks.messages:,} messages")
    print(f"        {chunks.rate:,.0f} records/s, framed")
    print(f"stock:  {stock.rate:,.0f} records/s, {stock.records:,} records")
    result = {
        "chunk_records_per_second": round(chunks.rate),
        "stock_records_per_second": round(stock.rate),
        "transport_over_stock": round(chunks.rate / stock.rate, 1),
        "records_per_message": round(chunks.records / chunks.messages),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
