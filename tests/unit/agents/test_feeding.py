"""Chunks into partitions, and how they wait for schemas that only a registry knows."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from app.agents import schemas
from app.agents.feeding import feed, take
from app.agents.ownership import Tenure
from app.agents.schemas import SchemaLookups, SchemasAtHand, Wanted
from app.events.framing import to_avro
from app.events.operators import OperatorCommand
from app.events.profiles import Profile
from app.events.record import Record
from app.events.requests import Request
from app.events.schemas import Schema, avro_schema
from tests.unit.agents.accounts import FOLDS, START, Accounts, command, profile, request

KNOWN = 7


class Registry:
    """A registry that knows one id, after a while: when it is open, and no longer away."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.away = 0
        self.asked: list[int] = []
        self._asked = threading.Event()
        self.threads: set[int] = set()

    def writer(self, schema_id: int, record: type[Record], /) -> Schema | None:
        self.threads.add(threading.get_ident())
        self.asked.append(schema_id)
        self._asked.set()
        assert self.open.wait(600)  # kernels may have to be compiled meanwhile
        if self.away > 0:
            self.away -= 1
            raise ConnectionError("nobody answers")
        return avro_schema(record) if schema_id == KNOWN else None

    def identify(self, _topic: str, _record: type[Record], /) -> int:
        return KNOWN

    async def is_asked(self) -> None:
        assert await asyncio.to_thread(self._asked.wait, 10)


class Bench:
    """One partition behind its agents."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.schemas = SchemasAtHand(self.registry)
        self.accounts = Accounts(schemas=self.schemas)
        self.consumer = SimpleNamespace(held_up=set())
        checkpointer: Any = SimpleNamespace(wake=lambda: None)
        self.tenure: Any = Tenure(self.accounts.partition, checkpointer)
        self._lookups = {
            topic: SchemaLookups(topic, self.schemas, lambda: self.consumer) for topic in FOLDS
        }

    async def take(self, topic: str, *records: tuple[bytes | None, bytes | None]) -> None:
        log = self.accounts.logs[topic]
        first = len(log)
        log += records
        run = self.accounts.run(topic, first, len(log))
        message = SimpleNamespace(
            topic=topic,
            partition=0,
            value=run.data,
            first_offset=run.first_offset,
            next_offset=run.next_offset,
        )
        owner: Any = SimpleNamespace(get=lambda _: self.tenure)
        await take(owner, FOLDS[topic], message, self._lookups[topic])

    def position(self, topic: str) -> int:
        return self.accounts.partition.positions[topic].next_offset


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(schemas, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(schemas, "LONGEST_PAUSE_SECONDS", 0.004)
    return Bench()


def avro(
    record: tuple[bytes | None, bytes | None], kind: type[Record], schema_id: int = KNOWN
) -> Any:
    key, value = record
    return key, to_avro(kind.from_json(value or b""), schema_id)


async def test_a_registry_that_takes_its_time_holds_up_nobody_else(bench: Bench) -> None:
    bench.registry.open.clear()
    waiting = asyncio.create_task(bench.take("requests", avro(request("ann", "1", START), Request)))
    await bench.registry.is_asked()
    await bench.take("profiles", profile("bob"))  # the event loop, and the other agents, go on
    assert bench.accounts.row("bob") is not None
    assert bench.consumer.held_up == {"requests"}
    assert bench.position("requests") == 0
    assert not waiting.done()
    bench.registry.open.set()
    await waiting
    assert bench.accounts.row("ann")["events"] == 1
    assert bench.position("requests") == 1
    assert bench.consumer.held_up == set()
    assert threading.get_ident() not in bench.registry.threads


async def test_a_registry_that_is_away_is_asked_again(bench: Bench) -> None:
    bench.registry.away = 4
    records = [avro(request("ann", "1", START), Request), request("ann", "2", START + 1)]
    await bench.take("requests", *records)
    assert bench.registry.asked == [KNOWN] * 5
    assert bench.accounts.row("ann")["events"] == 2
    assert bench.accounts.reasons() == []
    await bench.take("requests", avro(request("ann", "3", START + 2), Request))
    assert bench.registry.asked == [KNOWN] * 5  # its program is kept


async def test_a_run_that_is_begun_again_is_applied_once(bench: Bench) -> None:
    plain, framed = command("ann", "suspend", START), command("bob", "suspend", START)
    await bench.take("operators", plain, avro(framed, OperatorCommand), (b"x", b"{"))
    bench.accounts.checkpoint()
    counted = bench.accounts.counters()
    counts = [counted.get(f"operators.{name}", 0) for name in ("in", "applied", "stale", "dead")]
    assert counts == [3, 2, 0, 1]
    assert [action["account_id"] for action in bench.accounts.sent("live")] == ["ann", "bob"]
    assert bench.accounts.reasons() == ["malformed"]
    assert bench.registry.asked == [KNOWN]


async def test_what_was_given_up_meanwhile_is_left_alone(bench: Bench) -> None:
    bench.registry.open.clear()
    waiting = asyncio.create_task(bench.take("profiles", avro(profile("ann"), Profile)))
    await bench.registry.is_asked()
    bench.tenure = None
    bench.registry.open.set()
    await waiting
    assert bench.accounts.row("ann") is None
    assert bench.position("profiles") == 0


async def test_nobody_waits_for_a_registry_after_the_partition_has_gone(bench: Bench) -> None:
    bench.registry.away = 1_000_000
    waiting = asyncio.create_task(bench.take("profiles", avro(profile("ann"), Profile)))
    await bench.registry.is_asked()
    bench.tenure = None
    await asyncio.wait_for(waiting, 10)
    assert bench.consumer.held_up == set()


async def test_made_up_ids_are_dead_letters_and_are_not_kept(bench: Bench) -> None:
    ids = range(100, 400)
    await bench.take("profiles", *(avro(profile(f"a{i}"), Profile, i) for i in ids))
    assert bench.registry.asked == list(ids)
    bench.accounts.checkpoint()
    assert bench.accounts.reasons() == ["unknown_schema"] * len(ids)
    assert not bench.schemas._answers


async def test_runs_that_wait_together_hold_up_their_topic_until_the_last_is_answered(
    bench: Bench,
) -> None:
    lookups = SchemaLookups("requests", bench.schemas, lambda: bench.consumer)
    bench.registry.open.clear()
    one: set[Wanted] = {(KNOWN, Request)}
    both: set[Wanted] = {(KNOWN, Request), (8, Request)}
    first = asyncio.create_task(lookups.wait(one, lambda: True))
    second = asyncio.create_task(lookups.wait(both, lambda: True))
    await bench.registry.is_asked()
    bench.registry.open.set()
    await first
    lookups.release(one)
    await second
    # The first one has let go of what the second still reads with.
    assert bench.schemas.writer(KNOWN, Request) == avro_schema(Request)
    assert bench.schemas.writer(8, Request) is None
    assert bench.consumer.held_up == set()
    lookups.release(both)
    assert not bench.schemas._answers


async def test_others_have_their_turn_between_chunks_of_a_backlog() -> None:
    """The queue of a backlog is never empty, so that taking from it never waits."""
    agents: dict[str, Callable[[Any], Awaitable[None]]] = {}
    app = SimpleNamespace(
        topic=lambda *_, **__: None,
        agent=lambda _, name: lambda agent: agents.setdefault(name, agent),
    )
    told = SimpleNamespace(next=AsyncMock())
    nobody = SimpleNamespace(get=lambda _: None, failed=pytest.fail, turns=told)
    feed(app, "requests", nobody, lambda *_: iter(()))  # type: ignore[arg-type]
    turns = 0
    turns_before_chunks = []

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def backlog() -> AsyncIterator[Any]:
        for _ in range(3):
            turns_before_chunks.append(turns)
            yield SimpleNamespace(message=SimpleNamespace(partition=0))

    busy = asyncio.create_task(others())
    await agents["requests"](SimpleNamespace(events=backlog))
    busy.cancel()
    assert sorted(set(turns_before_chunks)) == turns_before_chunks
    assert told.next.await_count == 3
