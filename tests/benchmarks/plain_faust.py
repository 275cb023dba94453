"""The same windows in a plain Faust agent with a table: what Reflux is measured against.

Written as Faust's documentation teaches it, with its own recommendations for throughput: raw bytes
decoded by orjson in the agent, one table write per event, no waiting for acknowledgements, several
agents' worth of prefetch, C extensions on. It keeps the same decayed windows per account and emits
an action when a simple score crosses a threshold; it has no evidence, no families, no repeats.
"""

import math
import os
import sys
import time

import faust
import orjson

HORIZONS = (3_600_000.0, 86_400_000.0, 604_800_000.0)
WINDOWS = ("requests", "input_tokens", "output_tokens", "reasoning_tokens", "elicitation")
WEEK_SUMS = ("refused", "opening", "turns", "tools", "proxy")


def empty() -> dict[str, object]:
    return {
        "last_ts": 0,
        **{name: [0.0, 0.0, 0.0] for name in WINDOWS},
        **dict.fromkeys(WEEK_SUMS, 0.0),
        "tasks": {},
    }


def fold(row: dict, request: dict) -> None:
    """Add one request to the account's decayed windows."""
    elapsed = max(request["ts"] - row["last_ts"], 0) if row["last_ts"] else 0
    row["last_ts"] = max(request["ts"], row["last_ts"])
    decay = [math.exp(-elapsed / horizon) for horizon in HORIZONS]
    added = (
        1.0,
        request["input_tokens"],
        request["output_tokens"],
        request["reasoning_tokens"],
        request["elicitation"],
    )
    for name, value in zip(WINDOWS, added, strict=True):
        window = row[name]
        for i in range(3):
            window[i] = window[i] * decay[i] + value
    week = decay[2]
    sums = (
        1.0 if request["status"] in (403, 429) else 0.0,
        1.0 if request["turn"] == 1 else 0.0,
        math.log2(request["turn"]),
        1.0 if request["tools"] else 0.0,
        request["proxy"],
    )
    for name, value in zip(WEEK_SUMS, sums, strict=True):
        row[name] = row[name] * week + value
    tasks = row["tasks"]
    for task in tasks:
        tasks[task] *= week
    tasks[request["task"]] = tasks.get(request["task"], 0.0) + 1.0


def score(row: dict) -> float:
    requests = row["requests"][2]
    narrow = max(row["tasks"].values()) / requests
    return narrow * row["elicitation"][2] / requests * min(row["requests"][1] / 2000.0, 1.0)


def create_app(bootstrap: str, app_id: str, topic: str, actions: str, total: int) -> faust.App:
    app = faust.App(
        app_id,
        broker=f"kafka://{bootstrap}",
        store="memory://",
        topic_partitions=int(os.environ.get("BENCH_PARTITIONS", "4")),
        topic_replication_factor=1,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        broker_max_poll_records=10_000,
        stream_wait_empty=False,
        producer_linger_ms=20,
        producer_max_batch_size=1 << 18,
        web_enabled=False,
        datadir=os.environ["BENCH_DATA"],
    )
    requests = app.topic(topic, value_serializer="raw", key_serializer="raw")
    enforcements = app.topic(actions, value_serializer="raw", key_serializer="raw")
    accounts = app.Table("accounts", default=empty, key_type=str, value_type=dict)
    progress = {"seen": 0, "first": 0.0}

    @app.agent(requests)
    async def count(stream: faust.StreamT) -> None:
        async for value in stream:
            if not progress["seen"]:
                progress["first"] = time.perf_counter()
            request = orjson.loads(value)
            account = request["account_id"]
            row = accounts[account]
            fold(row, request)
            accounts[account] = row
            if score(row) > 0.9:
                await enforcements.send(key=account.encode(), value=orjson.dumps({"a": account}))
            progress["seen"] += 1
            if progress["seen"] == total:
                elapsed = time.perf_counter() - progress["first"]
                # Faust turns what is printed into log messages.
                os.write(1, orjson.dumps({"events_per_second": total / elapsed}) + b"\n")
                os._exit(0)

    return app


if __name__ == "__main__":
    bootstrap, app_id, topic, actions, total = sys.argv[1:6]
    faust_app = create_app(bootstrap, app_id, topic, actions, int(total))
    faust.Worker(faust_app, loglevel="WARNING").execute_from_commandline()
