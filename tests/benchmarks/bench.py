"""``make bench``: the measured ratios. The last line is one JSON object.

Every ratio compares two things measured in this run, on this machine, one after the other, since
absolute figures of a shared machine mean little. ``--quick`` takes a tenth of the records, to try
the benchmark itself.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks import backtest, kernels, loop, memory, recovery, throughput
from tests.kafka.broker import KafkaBroker
from tests.kafka.cluster import Cluster

PARTS = ("kernels", "backtest", "memory", "throughput", "loop", "recovery")
ON_KAFKA = {"memory", "throughput", "loop", "recovery"}
TARGETS = {
    "reflux_over_faust": ("at least", 60),
    "kernels_over_python": ("at least", 8),
    "cost_1m_over_10k": ("at most", 2),
    "backtest_requests_per_s": ("at least", 250_000),
    "rss_bytes_1m_accounts": ("at most", int(1.5 * 2**30)),
    "loop_longest_block_ms": ("at most", 50),
    "ready_seconds_1m_accounts": ("at most", 30),
    "takeover_seconds_over_session_timeout": ("at most", 5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the records")
    parser.add_argument("--only", choices=PARTS, action="append")
    arguments = parser.parse_args()
    scale = 0.1 if arguments.quick else 1.0
    wanted = arguments.only or PARTS
    console = Console(stderr=True)
    results: dict[str, Any] = {}
    if "kernels" in wanted:
        console.print("kernels against plain Python, and a million accounts against ten thousand")
        results |= kernels.measure(scale)
    if "backtest" in wanted:
        console.print("a backtest of a day of recorded traffic, on one core")
        with tempfile.TemporaryDirectory(prefix="reflux-bench-") as name:
            results |= backtest.measure(Path(name), scale)
    if not ON_KAFKA.isdisjoint(wanted):
        with tempfile.TemporaryDirectory(prefix="reflux-bench-") as name, KafkaBroker() as broker:
            cluster = Cluster(broker.bootstrap, "apache", broker.line)
            if "throughput" in wanted:
                console.print("a worker against a plain Faust agent, on Apache Kafka")
                results |= throughput.measure(cluster, Path(name), scale)
            if "memory" in wanted:
                console.print("a worker with a million accounts")
                results |= memory.measure(cluster, Path(name), scale)
            if "loop" in wanted:
                console.print("how long the event loop of a busy worker is blocked")
                results |= loop.measure(cluster, Path(name), scale)
            if "recovery" in wanted:
                console.print("a worker that starts on a million accounts, and one that is killed")
                results |= recovery.measure(cluster, Path(name), scale)
    _show(console, results)
    sys.stdout.write(json.dumps(results) + "\n")


def _show(console: Console, results: dict[str, Any]) -> None:
    table = Table("figure", "measured", "target")
    for name, value in results.items():
        kind, target = TARGETS.get(name, ("", ""))
        shown = f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
        table.add_row(name, shown, f"{kind} {target:,}" if kind else "")
    console.print(table)


if __name__ == "__main__":
    main()
