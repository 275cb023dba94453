"""The windows of ``windows.py`` in a plain Faust agent with a table: what Reflux is held against.

Written as Faust's documentation teaches it, with its own recommendations for throughput: raw bytes
decoded by orjson in the agent, one table write per event, no waiting for acknowledgements, several
agents' worth of prefetch, C extensions on. It has no evidence, no families, no repeats.
"""

import os
import sys

import faust
import orjson

from tests.benchmarks.progress import Progress
from tests.benchmarks.windows import empty, fold, tips


def create_app(bootstrap: str, app_id: str, topic: str, actions: str, step: int) -> faust.App:
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
    progress = Progress(step)

    @app.agent(requests)
    async def count(stream: faust.StreamT) -> None:
        async for value in stream:
            request = orjson.loads(value)
            account = request["account_id"]
            row = accounts[account]
            fold(row, request)
            acted = tips(row)
            accounts[account] = row
            if acted:
                await enforcements.send(key=account.encode(), value=orjson.dumps({"a": account}))
            progress.add()

    return app


if __name__ == "__main__":
    bootstrap, app_id, topic, actions, step = sys.argv[1:6]
    faust_app = create_app(bootstrap, app_id, topic, actions, int(step))
    faust.Worker(faust_app, loglevel="WARNING").execute_from_commandline()
