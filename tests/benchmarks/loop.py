"""How long the worker's event loop is ever blocked, while it works through a backlog at full speed.

The worker times a timer of its own (``app/health.py``): a call that blocks the loop makes it late
by the call's length less ten milliseconds at most, which are added to the longest here.
"""

import contextlib
import re
from pathlib import Path
from typing import Any

from app.health import BEAT_SECONDS
from tests.benchmarks.throughput import ACCOUNTS, HOURS, PARTITIONS, fill
from tests.integration.workers import Worker, environment, reflux
from tests.kafka.cluster import Cluster

EVENTS = 2_000_000
BUCKET = re.compile(r'reflux_loop_late_seconds_bucket\{le="([^"]+)"\} (\S+)')
QUANTILE = 0.99


def measure(kafka: Cluster, directory: Path, scale: float) -> dict[str, Any]:
    """Longest block and 99th percentile of the loop's lag, ms, from the first record on."""
    events = int(EVENTS * scale)
    prefix = f"{kafka.unique('loop')}."
    environ = environment(
        kafka, prefix, prefix.rstrip("."), partitions=PARTITIONS, checkpoint_interval=5
    )
    reflux(environ, "topics", "apply", "--replication", "1")
    topic = prefix + "requests.v1"
    worker = Worker(environ, directory, "loop")
    try:
        worker.until_ready()  # what a start blocks is nobody's lag
        before = _buckets(worker)
        fill(kafka, topic, events, ACCOUNTS, hours=HOURS)
        longest = 0.0

        def done() -> bool:
            nonlocal longest
            with contextlib.suppress(OSError):
                longest = max(longest, worker.metric("reflux_loop_lag_seconds"))
                return worker.metric("reflux_consumed_records_total", topic=topic) >= events
            return False

        worker.until(done, "the last record", 600, 0.5)
        after = _buckets(worker)
        worker.stop()
    finally:
        worker.end()
    grown = {bound: after[bound] - before[bound] for bound in after}
    return {
        "loop_longest_block_ms": round(1_000 * (longest + BEAT_SECONDS)),
        "loop_lag_p99_ms": round(1_000 * _quantile(grown, QUANTILE), 1),
    }


def _buckets(worker: Worker) -> dict[float, float]:
    """Upper bound (s) of each bucket of the histogram, and how many are below."""
    found = BUCKET.findall(worker.get("/metrics"))
    return {float(bound): float(count) for bound, count in found}


def _quantile(buckets: dict[float, float], share: float) -> float:
    """The quantile, evenly spread within its bucket, as Prometheus' ``histogram_quantile``."""
    wanted = share * max(buckets.values())
    below, low = 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if count >= wanted:
            return (
                low if count == below else low + (bound - low) * (wanted - below) / (count - below)
            )
        below, low = count, bound
    return low
