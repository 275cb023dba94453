"""``make bench-peers``: Reflux beside others on the same job. The last line is one JSON object.

One broker on one core, and on the other, one after the other, each contestant. README.md beside
this folder says what each of them is set to and how it is measured. ``--quick`` takes a tenth of
the records, to try the benchmark itself; ``--only NAME`` runs a part; ``--results FILE`` keeps what
was measured, so that parts which were run one by one make one table.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.benchmarks import kernels
from tests.benchmarks.peers import report, same
from tests.benchmarks.peers.builds import PeerUnavailable
from tests.benchmarks.peers.contest import ZIPF, Contest
from tests.benchmarks.peers.contestants import PEERS
from tests.benchmarks.peers.cores import cores, pinned
from tests.benchmarks.peers.warm import compile_kernels
from tests.kafka.broker import KafkaBroker

REFLUX = {
    "reflux": "Reflux, whole",
    "reflux_accounts": "Reflux without links and campaigns",
    "reflux_zipf": f"Reflux, whole, on Zipf({ZIPF}) keys",
}
PARTS = (*REFLUX, *PEERS, "workers", "kernels")

BROKER = {
    # Members that start together share the partitions from the first generation on.
    "group.initial.rebalance.delay.ms": "5000",
    # The cleaner would take away from changelogs what is to be counted, and a core's time.
    "log.cleaner.backoff.ms": "86400000",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the records")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument(
        "--rates", action="store_true", help="no delays: a busy machine makes them meaningless"
    )
    parser.add_argument("--results", type=Path, help="read and written: figures measured before")
    arguments = parser.parse_args()
    console = Console(stderr=True, width=160)
    known: dict[str, Any] = {"figures": {}, "extra": {}, "skipped": {}}
    if arguments.results and arguments.results.exists():
        known = json.loads(arguments.results.read_text())
    wanted = arguments.only or PARTS
    scale = 0.1 if arguments.quick else 1.0
    if "kernels" in wanted:
        console.print("kernels: a million accounts against ten thousand, uniform keys")
        known["extra"] |= kernels.by_accounts(int(300_000 * scale))

    def keep() -> None:
        if arguments.results:
            arguments.results.write_text(json.dumps(known, indent=1) + "\n")

    keep()
    if set(wanted) - {"kernels"}:
        _contest(console, known, wanted, scale, keep, delays=not arguments.rates)
    figures = {name: known["figures"][name] for name in PARTS if name in known["figures"]}
    console.print(report.peers_table(figures))
    console.print(report.targets_table(report.numbers(figures, known["extra"])))
    for name, reason in known["skipped"].items():
        console.print(f"skipped {name}: {reason}")
    result = report.result(figures, known["extra"], known["skipped"])
    sys.stdout.write(json.dumps(result) + "\n")


def _contest(
    console: Console,
    known: dict[str, Any],
    wanted: Sequence[str],
    scale: float,
    keep: Callable[[], None],
    *,
    delays: bool,
) -> None:
    """Measure the parts ``wanted`` into ``known``, and ``keep`` it after each."""
    compile_kernels()
    with (
        tempfile.TemporaryDirectory(prefix="reflux-peers-") as name,
        pinned(cores()[0]),
        KafkaBroker(settings=BROKER) as broker,
    ):
        contest = Contest(broker, Path(name), scale, delays=delays)
        for part in (part for part in PARTS if part in wanted):
            if part in REFLUX:
                console.print(REFLUX[part])
                known["figures"][part] = contest.reflux(
                    links=part != "reflux_accounts", zipf=ZIPF if part == "reflux_zipf" else None
                )
            elif part == "workers":
                console.print("two workers against one")
                known["extra"] |= contest.two_workers()
            elif part in PEERS:
                console.print(PEERS[part].title)
                known["skipped"].pop(part, None)
                try:
                    same.check(part)
                    known["figures"][part] = contest.peer(part, PEERS[part])
                except PeerUnavailable as reason:
                    known["skipped"][part] = str(reason)
            keep()


if __name__ == "__main__":
    main()
