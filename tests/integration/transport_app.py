"""A Faust application that reads topics in chunks and remembers what it read."""

import asyncio
import contextlib
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import faust
from faust.types import TP

from app.kernels.batches import frame
from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_OFFSET,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
)
from app.transport.chunks import ChunkMessage
from tests.kafka.cluster import Cluster

Record = tuple[int, bytes | None, bytes | None]

SETTINGS: dict[str, Any] = {
    "web_enabled": False,
    "topic_disable_leader": True,
    "topic_allow_declare": False,
    "topic_replication_factor": 1,
    "stream_wait_empty": False,
    "consumer_auto_offset_reset": "earliest",
    "processing_guarantee": "at_least_once",
    "broker_commit_interval": 0.2,
    "broker_session_timeout": 6.0,
    "broker_heartbeat_interval": 0.5,
    "broker_rebalance_timeout": 10.0,
    "stream_recovery_delay": 0.0,
}


def records_of(message: ChunkMessage) -> list[Record]:
    """(offset, key, value) of every record in a chunk."""
    framed = frame(message.value, message.first_offset, check_crc=True)
    data = framed.data.tobytes()

    def text(start: int, length: int) -> bytes | None:
        return None if start == -1 else data[start : start + length]

    return [
        (
            int(row[FRAME_OFFSET]),
            text(row[FRAME_KEY_START], row[FRAME_KEY_LENGTH]),
            text(row[FRAME_VALUE_START], row[FRAME_VALUE_LENGTH]),
        )
        for row in framed.frames
    ]


class Reader:
    """Reads ``topics`` in chunks. ``hold`` is awaited before a chunk is taken note of."""

    def __init__(self, kafka: Cluster, *topics: str, group: str = "", **settings: Any) -> None:
        self.group = group or kafka.unique("group")
        broker = settings.pop("broker", f"reflux://{kafka.bootstrap}")
        # Faust makes this directory, and puts nothing there.
        settings.setdefault("datadir", tempfile.gettempdir())
        self.app = faust.App(self.group, broker=broker, **{**SETTINGS, **settings})
        self.transport = self.app.transport
        self.records: dict[TP, list[Record]] = defaultdict(list)
        self.chunks: dict[TP, list[tuple[int, int]]] = defaultdict(list)
        self.hold: Callable[[TP], Awaitable[None]] | None = None
        for topic in topics:
            self.read(topic)

    def read(self, topic: str) -> None:
        self.transport.read_in_chunks(topic)
        channel = self.app.topic(topic, key_serializer="raw", value_serializer="raw")
        self.app.agent(channel, name=f"read-{topic}")(self._take)

    async def _take(self, stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            if self.hold is not None:
                await self.hold(message.tp)
            self.chunks[message.tp].append((message.first_offset, message.next_offset))
            self.records[message.tp].extend(records_of(message))

    @property
    def consumer(self) -> Any:
        return self.app.consumer

    def values(self, topic: str) -> list[bytes | None]:
        """All values read of a topic, partition by partition, in the order they were read."""
        tps = sorted(tp for tp in self.records if tp.topic == topic)
        return [value for tp in tps for _, _, value in self.records[tp]]

    def count(self, topic: str) -> int:
        return sum(len(records) for tp, records in self.records.items() if tp.topic == topic)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Reader"]:
        await self.app.start()
        try:
            yield self
        finally:
            await self.app.stop()

    async def until_read(self, topic: str, count: int) -> None:
        await until(lambda: self.count(topic) >= count, f"{count} records of {topic}")

    async def until_partition(self, tp: TP, count: int) -> None:
        await until(lambda: len(self.records[tp]) >= count, f"{count} records of {tp}")

    async def until_placed(self, topic: str) -> None:
        """Until the worker reads ``topic``."""
        await until(
            lambda: any(tp.topic == topic for tp in self.consumer.progress()), f"{topic} assigned"
        )


async def until(condition: Callable[[], bool], what: str, seconds: float = 90) -> None:
    """Wait for ``condition``, giving way to the event loop."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        await asyncio.sleep(0.02)
