"""The kernels alone: from record-batch bytes to verdicts.

Against them stands what they replace: the same records taken apart by aiokafka's own C parser,
decoded by orjson, and folded and judged by the plain-Python references that the tests hold the
kernels to. Both see the same bytes, decide the same, and are measured in turns.
"""

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

import numpy as np

from app.events.specs import REQUESTS
from app.kernels import columns as c
from app.kernels import guards as g
from app.kernels import ledger as l
from app.kernels.avro_decode_program import AvroPrograms, no_schemas
from app.kernels.batches import frame
from app.kernels.decisions import DECISION
from app.kernels.decode import decode
from app.kernels.fold import Partition, RequestBatch, fold_requests, look_up
from app.policy.load import default_policy
from app.policy.regimes import build_regimes
from app.state.layout import ACCOUNT
from app.state.store import ColumnStore
from tests.benchmarks import plain_python, snapshots, traffic

Chunk = tuple[bytes, int, int]
EPOCH_MS = 3_600_000
ROUNDS = 5


class Kernels:
    """A store with ``accounts`` rows, and everything it takes to fold chunks into it."""

    def __init__(self, accounts: int) -> None:
        self.store = ColumnStore(ACCOUNT, limit=max(accounts, 1024))
        self.regimes = build_regimes((default_policy(),), snapshots.some())
        self.state = Partition(
            np.zeros(l.WIDTH, np.int64), np.zeros(g.WIDTH, np.int64), np.zeros(1 << 16, np.uint64)
        )
        self.state.guards[g.PARTITIONS] = 1
        self.avro = AvroPrograms(REQUESTS, no_schemas)
        self.decisions = 0
        for first in range(0, accounts, 10_000):
            keys = [traffic.account_key(i) for i in range(first, min(first + 10_000, accounts))]
            self.store.reserve(len(keys), sum(map(len, keys)))
            for key in keys:
                self.store.add(key)

    def fold(self, chunk: Chunk) -> None:
        data, first_offset, _ = chunk
        framed = frame(data, first_offset, check_crc=True)
        decoded = decode(framed, REQUESTS, partition=0, partitions=1, avro=self.avro)
        count = len(framed.frames)
        self.store.reserve(count, int(framed.frames[:, c.FRAME_KEY_LENGTH].sum()))
        batch = RequestBatch(
            framed.data,
            framed.frames,
            decoded.values,
            decoded.status,
            np.empty(count, np.uint64),
            np.empty(count, np.int64),
        )
        decisions = np.zeros(count, DECISION)
        done = 0
        while True:
            look_up(batch, self.store.views())
            done, made = fold_requests(
                batch,
                done,
                self.store.views(),
                self.regimes,
                self.state,
                EPOCH_MS,
                EPOCH_MS,
                decisions,
            )
            self.decisions += made
            if done == count:
                return
            self.state.ledger[l.EPOCH] = decoded.values[done, c.REQ_TS] // EPOCH_MS


def seconds(fold: Callable[[Chunk], Any], chunks: Iterable[Chunk]) -> float:
    """CPU seconds: both sides have one thread, and a busy machine must not decide."""
    started = time.process_time()
    for chunk in chunks:
        fold(chunk)
    return time.process_time() - started


def measure(scale: float) -> dict[str, Any]:
    return _against_python(int(100_000 * scale)) | by_accounts(int(300_000 * scale))


def _against_python(events: int) -> dict[str, Any]:
    # Thirty requests an account: most of them find a row with a history, as in a day of traffic.
    accounts = events // 30
    chunks = list(traffic.chunks(traffic.requests(events, accounts, hours=0.9)))
    Kernels(0).fold(chunks[0])  # compiled from here on
    rates: dict[str, list[float]] = {"kernels": [], "python": []}
    for _ in range(ROUNDS):
        rates["python"].append(events / seconds(plain_python.Fold().fold, chunks))
        rates["kernels"].append(events / seconds(Kernels(accounts).fold, chunks))
    ratios = [k / p for k, p in zip(rates["kernels"], rates["python"], strict=True)]
    return {
        "kernels_events_per_cpu_second": round(median(rates["kernels"])),
        "python_events_per_cpu_second": round(median(rates["python"])),
        "kernels_over_python": round(median(ratios), 2),
    }


def by_accounts(events: int) -> dict[str, Any]:
    small, large = Kernels(10_000), Kernels(1_000_000)
    ratios = []
    for seed in range(ROUNDS):
        few = list(traffic.chunks(traffic.requests(events, 10_000, seed=seed), seed * events))
        many = list(traffic.chunks(traffic.requests(events, 1_000_000, seed=seed), seed * events))
        # Decoding does not depend on the rows, but it is part of an event's cost.
        ratios.append(seconds(large.fold, many) / seconds(small.fold, few))
    return {"cost_1m_over_10k": round(median(ratios), 3)}
