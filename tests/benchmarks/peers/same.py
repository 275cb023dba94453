"""That every contestant computes the same: a few hundred requests, and the rows they make.

The rows of ``windows.py`` are what the others are held against.
"""

import json
import subprocess
from typing import Any

import numpy as np
import orjson

from app.state.layout import TASKS
from tests.benchmarks import kernels, traffic
from tests.benchmarks.peers import builds, load
from tests.benchmarks.peers.quix.job import judge
from tests.benchmarks.windows import WEEK_SUMS, WINDOWS, Row, empty, fold, tips

Rows = dict[str, Row]
SECONDS = 120


def requests(background: int = 400, accounts: int = 8, marked: int = 2) -> load.Records:
    """Requests of ordinary and of marked accounts; the last of each of the latter tips."""
    (history,) = load.history(background, accounts, marked, load.LEAST / 60)
    ts = orjson.loads(history.values[-1])["ts"] + 1
    keys = [load.marked_key(n) for n in range(marked)]
    values = [load.marked_request(n, load.LEAST, ts) for n in range(marked)]
    return load.Records(history.keys + keys, history.values + values)


def plain(records: load.Records) -> Rows:
    """The rows by ``windows.py``, as the Faust agent keeps them."""
    rows: Rows = {}
    for value in records.values:
        request = orjson.loads(value)
        row = rows.setdefault(request["account_id"], empty())
        fold(row, request)
        tips(row)
    return rows


class Kept:
    """A store of one message key, through JSON each time, as Quix Streams keeps it."""

    def __init__(self) -> None:
        self.bytes: dict[str, bytes] = {}

    def get(self, key: str) -> Row | None:
        return orjson.loads(self.bytes[key]) if key in self.bytes else None

    def set(self, key: str, value: Row) -> None:
        self.bytes[key] = orjson.dumps(value)


def quix(records: load.Records) -> Rows:
    """The rows by the function that Quix Streams runs."""
    stores: dict[str, Kept] = {}
    for value in records.values:
        request = orjson.loads(value)
        judge(request, stores.setdefault(request["account_id"], Kept()))
    return {account: store.get("row") or {} for account, store in stores.items()}


def streams(records: load.Records) -> Rows:
    """The rows by the classes of the Kafka Streams job; raises ``PeerUnavailable``."""
    done = subprocess.run(
        builds.java("peer.Check"),
        input=b"\n".join(records.values) + b"\n",
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row.pop("account_id"): row for row in rows}


def reflux(records: load.Records) -> Rows:
    """The rows by the kernels, as far as they keep the same."""
    folded = kernels.Kernels(0)
    pairs = list(zip(records.keys, records.values, strict=True))
    folded.fold((traffic.batch(pairs, 0, -1), 0, len(pairs)))
    return {key.decode(): _row(folded.store, key) for key in set(records.keys)}


def _row(store: Any, key: bytes) -> Row:
    slot = store.get(key)
    assert slot is not None
    kept = store.views().rows[slot]
    tasks = {task: float(kept["tasks"][k]) for k, task in enumerate(TASKS) if kept["tasks"][k] > 0}
    return {
        "last_ts": int(kept["last_ts"]),
        **{name: kept[name].astype(float).tolist() for name in WINDOWS},
        **{name: float(kept[name]) for name in WEEK_SUMS},
        "tasks": tasks,
    }


def differences(expected: Rows, found: Rows, relative: float) -> list[str]:
    """Where ``found`` differs from ``expected`` by more than ``relative``, in words."""
    if expected.keys() != found.keys():
        return [f"other accounts: {sorted(expected.keys() ^ found.keys())}"]
    wrong = []
    for account, row in found.items():
        for name, value in row.items():
            wanted = expected[account][name]
            if isinstance(value, dict):
                same = value.keys() == wanted.keys() and _near(
                    [value[k] for k in wanted], list(wanted.values()), relative
                )
            else:
                same = _near(value, wanted, relative)
            if not same:
                wrong.append(f"{account} {name}: {value}, not {wanted}")
    return wrong


def _near(found: Any, wanted: Any, relative: float) -> bool:
    return bool(np.allclose(found, wanted, rtol=relative, atol=1e-9))


EXACT = 1e-9
TICKS = 5e-3
"""Reflux counts time in ticks of ten seconds and keeps 32-bit sums: an hour's window may be off by
``exp(10 s / 1 h)``, a quarter of a per cent, for each."""

_OTHERS = {"quix": quix, "streams_rocksdb": streams, "streams_memory": streams}


def check(name: str) -> None:
    """Raise ``RuntimeError`` unless the peer makes the rows that it should."""
    if name in _OTHERS:
        records = requests()
        if wrong := differences(plain(records), _OTHERS[name](records), EXACT):
            raise RuntimeError(f"{name} does another job: {'; '.join(wrong[:3])}")
