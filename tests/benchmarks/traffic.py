"""Requests of the full contract over any number of accounts, as JSON, for measuring.

Keys are uniform or Zipf-distributed; every field varies as it does in real traffic as far as a
decoder or a fold can tell. Seeded: the same arguments give the same bytes.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from app.simulation import text
from app.simulation.encode import Field, Lines
from app.state.layout import TASKS

START_MS = 1_700_000_000_000
MODELS = ("model-large-1", "model-large-2", "model-small-1")
RECORDS_PER_CHUNK = 1_500  # some 900 kB, what a fetch of a busy partition brings


class Slice(NamedTuple):
    """Records in order: ``keys`` and ``values``, and their event times ``ts`` (int64, ms)."""

    keys: list[bytes]
    values: list[bytes]
    ts: np.ndarray


def account_key(number: int) -> bytes:
    return b"acct_%016x" % (number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)


def requests(
    events: int,
    accounts: int,
    *,
    seed: int = 1,
    hours: float = 2.0,
    zipf: float | None = None,
    slice_events: int = 20_000,
) -> Iterator[Slice]:
    """``events`` requests of ``accounts`` accounts over ``hours`` of event time, in order."""
    rng = np.random.default_rng(seed)
    hashes = np.arange(accounts, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    ids = text.hexadecimal(hashes)
    clients = rng.integers(1, 2**63, 200).astype(np.uint64)
    weights = np.arange(1, accounts + 1, dtype=np.float64) ** -zipf if zipf else None
    if weights is not None:
        weights = np.cumsum(weights / weights.sum())
    for first in range(0, events, slice_events):
        count = min(slice_events, events - first)
        if weights is None:
            account = rng.integers(0, accounts, count)
        else:
            account = np.searchsorted(weights, rng.random(count)).clip(max=accounts - 1)
        places = (np.arange(first, first + count) / events * hours * 3_600_000).astype(np.int64)
        rows = _rows(rng, account, START_MS + places, hashes, clients)
        lines = _lines(ids).encode(rows)
        keys = [b"acct_" + bytes(key) for key in ids[account].view("S16").ravel()]
        yield Slice(keys, lines.split(b"\n")[:-1], rows["ts"])


def _rows(
    rng: np.random.Generator,
    account: np.ndarray,
    ts: np.ndarray,
    hashes: np.ndarray,
    clients: np.ndarray,
) -> np.ndarray:
    count = len(account)
    rows = np.zeros(
        count,
        [(name, np.int64) for name in _INTEGERS]
        + [(name, np.uint64) for name in _HASHES]
        + [(name, np.float64) for name in _FRACTIONS]
        + [("account", np.int64), ("task", np.int64), ("model", np.int64)],
    )
    rows["account"], rows["ts"] = account, ts
    rows["status"] = np.where(rng.random(count) < 0.01, 429, 200)
    rows["input_tokens"] = rng.lognormal(6.9, 0.9, count).astype(np.int64)
    rows["output_tokens"] = rng.lognormal(4.9, 0.9, count).astype(np.int64)
    rows["reasoning_tokens"] = rng.lognormal(5.0, 1.0, count).astype(np.int64)
    rows["latency_ms"] = rng.lognormal(7.5, 0.6, count).astype(np.int64)
    rows["turn"] = 1 + rng.geometric(0.4, count)
    rows["tools"] = rng.integers(0, 6, count)
    rows["asn"] = rng.integers(1, 65_000, count)
    rows["task"] = rng.integers(0, len(TASKS), count)
    rows["model"] = rng.integers(0, len(MODELS), count)
    mixed = hashes[account] ^ np.uint64(0x5851F42D4C957F2D)
    rows["event_id"] = rng.integers(1, 2**63, count).astype(np.uint64)
    rows["prompt_simhash"] = mixed ^ (np.uint64(1) << rng.integers(0, 64, count).astype(np.uint64))
    rows["template_hash"] = clients[account % len(clients)] ^ np.uint64(77)
    rows["ip_hash"], rows["net_hash"] = mixed, mixed >> np.uint64(8)
    rows["client_hash"] = clients[account % len(clients)]
    for name in _FRACTIONS:
        rows[name] = rng.random(count)
    return rows


_INTEGERS = (
    "ts",
    "status",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "latency_ms",
    "turn",
    "tools",
    "asn",
)
_HASHES = ("event_id", "prompt_simhash", "template_hash", "ip_hash", "net_hash", "client_hash")
_FRACTIONS = ("task_confidence", "elicitation", "proxy", "temperature")


def _lines(ids: text.Block) -> Lines:
    def integer(name: str) -> Field:
        return Field(name, lambda rows: text.integers(rows[name]))

    def fraction(name: str) -> Field:
        return Field(name, lambda rows: text.fractions(rows[name].astype(np.float32)))

    def hashed(name: str) -> Field:
        return Field(name, lambda rows: text.hexadecimal(rows[name]), b'"', b'"')

    def label(name: str, labels: tuple[str, ...]) -> Field:
        table = text.labels(labels)
        return Field(name, lambda rows: table[rows[name]])

    def constant(name: str, json: str) -> Field:
        table = text.table([json])
        return Field(name, lambda rows: table[np.zeros(len(rows), np.intp)])

    return Lines(
        [
            Field("event_id", lambda rows: text.hexadecimal(rows["event_id"]), b'"req_', b'"'),
            integer("ts"),
            Field("account_id", lambda rows: ids[rows["account"]], b'"acct_', b'"'),
            constant("org_id", "null"),
            label("model", MODELS),
            constant("surface", '"api"'),
            *(integer(name) for name in _INTEGERS[1:6]),
            label("task", TASKS),
            fraction("task_confidence"),
            fraction("elicitation"),
            hashed("prompt_simhash"),
            hashed("template_hash"),
            integer("turn"),
            integer("tools"),
            fraction("temperature"),
            constant("language", '"en"'),
            hashed("ip_hash"),
            hashed("net_hash"),
            integer("asn"),
            fraction("proxy"),
            hashed("client_hash"),
        ]
    )


def batch(pairs: list[tuple[bytes, bytes]], first_offset: int, recorded_ms: int) -> bytes:
    """(key, value) records as one uncompressed record batch."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 64 << 20)
    for i, (key, value) in enumerate(pairs):
        builder.append(i, recorded_ms, key, value, [])
    encoded = bytearray(builder.build())
    encoded[:8] = first_offset.to_bytes(8, "big")
    return bytes(encoded)


def chunks(slices: Iterator[Slice], first_offset: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """The records as record batches of one partition: (bytes, first, next offset)."""
    offset = first_offset
    for part in slices:
        for start in range(0, len(part.values), RECORDS_PER_CHUNK):
            stop = min(start + RECORDS_PER_CHUNK, len(part.values))
            pairs = list(zip(part.keys[start:stop], part.values[start:stop], strict=True))
            yield batch(pairs, offset, int(part.ts[stop - 1])), offset, offset + stop - start
            offset += stop - start
