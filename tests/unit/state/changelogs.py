"""Changelogs for tests: records as framed chunks, and a log that Faust's own recovery reads."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import faust
from faust.types import TP

from app.kernels.batches import Framed, frame
from tests.reference.batches import build

Record = tuple[bytes | None, bytes | None]


def framed(records: Iterable[Record], first_offset: int = 0) -> Framed:
    """Records (key, value) at consecutive offsets."""
    batch = build(list(records), base_offset=first_offset)
    return frame(batch, first_offset, check_crc=True)


def chunk(
    tp: TP, records: list[Record], first: int = 0, end: int | None = None, generation: int = 1
) -> Any:
    """An event whose message is a chunk of ``[first, end)``: ``records`` first, then markers."""
    end = first + len(records) if end is None else end
    value = build(records, base_offset=first) if records else b""
    return SimpleNamespace(
        message=SimpleNamespace(
            tp=tp,
            topic=tp.topic,
            partition=tp.partition,
            first_offset=first,
            offset=end - 1,
            key=None,
            value=value,
            headers=None,
            generation_id=generation,
        )
    )


@dataclass
class Log:
    """One partition: record batches by first offset, the log's start, and its end."""

    batches: dict[int, list[Record]] = field(default_factory=dict)
    begin: int = 0
    end: int = 0

    def append(self, records: list[Record], *, markers: int = 0) -> None:
        self.batches[self.end] = records
        self.end += len(records) + markers

    def chunk(self, tp: TP, position: int, generation: int) -> Any:
        """What a fetch at ``position`` brings: the rest of one batch, or the tail of markers."""
        starts = [start for start in sorted(self.batches) if start >= self.begin]
        following = [start for start in starts if start + len(self.batches[start]) > position]
        if not following:
            return chunk(tp, [], position, self.end, generation)
        start = following[0]
        end = following[1] if len(following) > 1 else self.end
        event = chunk(tp, self.batches[start], start, end, generation)
        event.message.first_offset = max(position, self.begin)
        return event


class FakeConsumer:
    """As much of Faust's consumer as recovery needs, reading ``logs`` while it is not paused."""

    def __init__(self, app: faust.App, logs: dict[TP, Log]) -> None:
        self.app = app
        self.logs = logs
        self.positions: dict[TP, int] = {}
        self.active: set[TP] = set()
        self.assigned: set[TP] = set()
        self.deaf = False  # whether the brokers leave requests unanswered
        self.read: list[tuple[TP, int]] = []  # (partition, first offset) of what was delivered

    def assignment(self) -> set[TP]:
        return self.assigned

    async def highwaters(self, *tps: TP) -> dict[TP, int]:
        if self.deaf:
            await asyncio.Event().wait()
        return {tp: self.logs[tp].end for tp in tps}

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        return {tp: self.logs[tp].begin for tp in tps}

    async def seek_wait(self, offsets: dict[TP, int]) -> None:
        self.positions.update(offsets)

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        self.active.difference_update(tps)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        self.active.update(tps)

    def resume_flow(self) -> None: ...

    async def perform_seek(self) -> None:
        assert not self.active - set(self.logs), "inputs flow before they are placed"
        await asyncio.sleep(0.01)

    def verify_recovery_event_path(self, now: float, tp: TP) -> None: ...

    async def pump(self) -> None:
        while True:
            for tp in sorted(self.active & self.assigned & self.positions.keys()):
                log = self.logs[tp]
                if self.positions[tp] >= log.end:
                    continue
                event = log.chunk(tp, self.positions[tp], self.app.consumer_generation_id)
                self.read.append((tp, event.message.first_offset))
                self.positions[tp] = event.message.offset + 1
                await self.app.tables.changelog_queue.put(event)
            await asyncio.sleep(0.001)


class Recovering:
    """An application whose tables recover, by Faust's own recovery, from logs in memory."""

    def __init__(self, app: faust.App, logs: dict[TP, Log]) -> None:
        self.app = app
        self.consumer = FakeConsumer(app, logs)
        self.generation = 0
        self._assigned: set[TP] = set()
        app._consumer = self.consumer
        app._fetcher = SimpleNamespace(maybe_start=_nothing, stop=_nothing)

    async def __aenter__(self) -> "Recovering":
        self._pump = asyncio.create_task(self.consumer.pump())
        await self.app.tables.recovery.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.app.tables.recovery.stop()
        self._pump.cancel()

    async def assign(self, actives: Iterable[TP] = (), standbys: Iterable[TP] = ()) -> None:
        """A rebalance as the application performs it; returns when recovery is complete."""
        await self.revoke()
        await self.begin(actives, standbys)
        await self.until(lambda: not self.app.rebalancing)

    async def revoke(self) -> None:
        self.app.on_rebalance_start()
        self.app.tables.on_partitions_revoked(self._assigned)
        self.consumer.active.clear()
        self.app.flow_control.suspend()
        self.app.flow_control.clear()

    async def begin(self, actives: Iterable[TP], standbys: Iterable[TP]) -> None:
        actives, standbys = set(actives), set(standbys)
        before, self._assigned = self._assigned, actives | standbys
        self.consumer.assigned = self._assigned
        self.generation += 1
        self.app.consumer_generation_id = self.generation
        self.app.assignor = SimpleNamespace(
            assigned_actives=lambda: actives, assigned_standbys=lambda: standbys
        )
        await self.app.tables.on_rebalance(
            self._assigned, before - self._assigned, self._assigned - before, self.generation
        )

    @staticmethod
    async def until(condition: Any) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 (Faust's state sets no event of ours)
                await asyncio.sleep(0.001)


async def _nothing() -> None: ...
