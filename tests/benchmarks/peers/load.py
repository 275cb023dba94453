"""Requests at an even pace, and among them some that tip an action at once.

Ordinary requests are made up beforehand as record batches, one for each partition and tick, and are
sent as they are, so that the load takes little of the core that it shares with the broker.
"""

import socket
import struct
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import orjson
from aiokafka.partitioner import murmur2
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from tests.benchmarks import traffic

TICK_S = 0.01
LEAST = 40
"""Requests of an account that tip nothing: the one behind them does."""

HOUR_MS = 3_600_000
_LZ4 = 3
NOT_LEADER = 6
LEADER_S = 30.0
_ACKS, _TIMEOUT_MS, _PRODUCE, _VERSION = 1, 30_000, 0, 7


class Records(NamedTuple):
    """Records in order, as (key, value)."""

    keys: list[bytes]
    values: list[bytes]


def marked_key(number: int) -> bytes:
    return b"acct_marked_%08d" % number


def marked_request(number: int, turn: int, ts: int) -> bytes:
    """A request of an account that does one thing only, and elicits: ordinary in all else."""
    simhash = (number + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    return orjson.dumps(
        {
            "event_id": f"mark_{number}_{turn}",
            "ts": ts,
            "account_id": marked_key(number).decode(),
            "org_id": None,
            "model": traffic.MODELS[0],
            "surface": "api",
            "status": 200,
            "input_tokens": 900,
            "output_tokens": 700,
            "reasoning_tokens": 900,
            "latency_ms": 1500,
            "task": "agentic_reasoning",
            "task_confidence": 0.9,
            "elicitation": 1.0,
            "prompt_simhash": f"{simhash ^ (1 << turn):016x}",
            "template_hash": f"{simhash:016x}",
            "turn": 1,
            "tools": 0,
            "temperature": 0.7,
            "language": "en",
            "ip_hash": f"{simhash:016x}",
            "net_hash": f"{simhash:016x}",
            "asn": 64500,
            "proxy": 0.9,
            "client_hash": f"{simhash:016x}",
        }
    )


def history(background: int, accounts: int, marked: int, hours: float) -> Iterator[Records]:
    """What a peer has seen before anything is measured: ``background`` requests of ``accounts``
    ordinary accounts over ``hours`` of event time, and the first ``LEAST`` of every marked one."""
    for part in traffic.requests(background, accounts, hours=hours, slice_events=background):
        start, stop = int(part.ts[0]), int(part.ts[-1])
        rest = list(zip(part.ts.tolist(), part.keys, part.values, strict=True))
        for turn in range(LEAST):
            ts = start + (stop - start) * turn // LEAST
            rest += [(ts, marked_key(n), marked_request(n, turn, ts)) for n in range(marked)]
        rest.sort(key=lambda record: record[0])
        yield Records([key for _, key, _ in rest], [value for _, _, value in rest])


def partition_of(key: bytes, partitions: int) -> int:
    """Where producers of the contract put ``key``."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


class Load(NamedTuple):
    """Batches to send: ``ticks[i]`` is due ``i * TICK_S`` after the start."""

    ticks: list[list[tuple[int, bytes]]]
    events: int


def ordinary(rate: float, seconds: float, accounts: int, partitions: int, start_ms: int) -> Load:
    """``rate`` requests a second for ``seconds``, of the accounts of ``history``, from ``start_ms``
    of event time on, which passes as fast as the wall clock's."""
    events = max(int(rate * seconds), 1)
    ticks: list[list[tuple[int, bytes]]] = []
    now = time.time_ns() // 1_000_000
    pending: list[list[tuple[bytes, bytes]]] = [[] for _ in range(partitions)]
    homes = [partition_of(traffic.account_key(n), partitions) for n in range(accounts)]
    home_of = {traffic.account_key(n): home for n, home in enumerate(homes)}
    at = 0
    shift = start_ms - traffic.START_MS
    for part in traffic.requests(events, accounts, seed=2, hours=seconds / 3600):
        # The same digits: the times of the traffic are those of its own start.
        for key, value, ts in zip(part.keys, part.values, part.ts.tolist(), strict=True):
            due = int(at / rate / TICK_S)
            while len(ticks) < due:
                ticks.append(_flushed(pending, now))
            moved = value.replace(b'"ts":%d' % ts, b'"ts":%d' % (ts + shift), 1)
            pending[home_of[key]].append((key, moved))
            at += 1
    ticks.append(_flushed(pending, now))
    return Load(ticks, events)


def _flushed(pending: list[list[tuple[bytes, bytes]]], now: int) -> list[tuple[int, bytes]]:
    batches = []
    for number, records in enumerate(pending):
        if records:
            builder = DefaultRecordBatchBuilder(2, _LZ4, 0, -1, -1, -1, 64 << 20)
            for i, (key, value) in enumerate(records):
                builder.append(i, now, key, value, [])
            batches.append((number, bytes(builder.build())))
            records.clear()
    return batches


class BatchSender:
    """Sends record batches to the one broker there is, as they are (Produce, version 7)."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        host, _, port = bootstrap.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._topic = topic.encode()

    def __enter__(self) -> "BatchSender":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, batches: list[tuple[int, bytes]]) -> None:
        """Send one batch to each partition named; raises ``RuntimeError`` if one was refused.

        A topic's metadata name a leader some moments before the leader knows."""
        deadline = time.monotonic() + LEADER_S
        while batches:
            errors = self._produce(batches)
            if bad := set(errors.values()) - {0, NOT_LEADER}:
                raise RuntimeError(f"batches were refused: error {bad}")
            batches = [one for one in batches if errors[one[0]] == NOT_LEADER]
            if batches and time.monotonic() > deadline:
                raise RuntimeError("a partition has no leader")
            if batches:
                time.sleep(TICK_S)

    def _produce(self, batches: list[tuple[int, bytes]]) -> dict[int, int]:
        """The answer to each partition's batch: 0, or an error of the protocol."""
        parts = [
            struct.pack(">hhih5s", _PRODUCE, _VERSION, 0, 5, b"bench"),
            struct.pack(">hhii", -1, _ACKS, _TIMEOUT_MS, 1),
            struct.pack(">h", len(self._topic)) + self._topic,
            struct.pack(">i", len(batches)),
        ]
        for number, batch in batches:
            parts += [struct.pack(">ii", number, len(batch)), batch]
        body = b"".join(parts)
        self._socket.sendall(struct.pack(">i", len(body)) + body)
        answer = self._receive(struct.unpack(">i", self._receive(4))[0])
        at = 4 + 4 + 2 + len(self._topic) + 4  # correlation, topics, name, partitions
        errors = {}
        for _ in batches:
            number, error = struct.unpack_from(">ih", answer, at)
            errors[number] = error
            at += 4 + 2 + 8 + 8 + 8  # base offset, append time, log start
        return errors

    def _receive(self, size: int) -> bytes:
        received = bytearray()
        while len(received) < size:
            part = self._socket.recv(size - len(received))
            if not part:
                raise ConnectionError("the broker closed the connection")
            received += part
        return bytes(received)


def due_times(count: int, first_s: float, last_s: float) -> list[float]:
    """When the marked requests are due: evenly, but never in step with the ticks."""
    rng = np.random.default_rng(3)
    return sorted((first_s + (last_s - first_s) * rng.random(count)).tolist())
