"""``make bench-peers``: Reflux beside others on the same job. The last line is one JSON object.

One broker on one core, and on the other, one after the other, each contestant, several rounds of
that; then the delays. README.md beside this folder says what each of them is set to and how it is
measured. ``--quick`` takes a fiftieth of the records in one round, to try the benchmark itself;
``--only NAME`` runs a part; ``--results FILE`` keeps what was measured after each part.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.benchmarks import kernels
from tests.benchmarks.peers import report, same
from tests.benchmarks.peers.builds import PeerUnavailable
from tests.benchmarks.peers.contest import REFLUX, Contest
from tests.benchmarks.peers.contestants import PEERS
from tests.benchmarks.peers.cores import cores, pinned
from tests.benchmarks.peers.warm import compile_kernels
from tests.kafka.broker import KafkaBroker

TITLES = REFLUX | {name: peer.title for name, peer in PEERS.items()}
PARTS = (*TITLES, "workers", "kernels")

BROKER = {
    # Members that start together share the partitions from the first generation on.
    "group.initial.rebalance.delay.ms": "5000",
    # The cleaner would take away from changelogs what is to be counted, and a core's time.
    "log.cleaner.backoff.ms": "86400000",
}


QUICK = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few records, one round")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument(
        "--rates", action="store_true", help="no delays: a busy machine makes them meaningless"
    )
    parser.add_argument("--results", type=Path, help="written after each part: what was measured")
    arguments = parser.parse_args()
    console = Console(stderr=True, width=180)
    wanted = arguments.only or PARTS
    scale, rounds = (QUICK, 1) if arguments.quick else (1.0, arguments.rounds)
    found = Measured(arguments.results)
    if "kernels" in wanted:
        console.print("kernels: a million accounts against ten thousand, uniform keys")
        found.extra |= kernels.by_accounts(int(300_000 * scale))
    if set(wanted) - {"kernels"}:
        compile_kernels()
        with (
            tempfile.TemporaryDirectory(prefix="reflux-peers-") as name,
            pinned(cores()[0]),
            KafkaBroker(settings=BROKER) as broker,
        ):
            contest = Contest(broker, Path(name), scale)
            for number in range(rounds):
                console.print(f"round {number + 1} of {rounds}")
                _round(console, contest, found, wanted)
            if "workers" in wanted:
                console.print("two workers against one")
                found.extra |= contest.two_workers()
            if not arguments.rates:
                _delays(console, contest, found)
    console.print(report.peers_table(report.medians(found.rounds, found.delays)))
    numbers = report.numbers(found.rounds, found.delays, found.extra)
    console.print(report.targets_table(numbers, report.ranges(found.rounds)))
    for name, reason in found.skipped.items():
        console.print(f"skipped {name}: {reason}")
    result = report.result(found.rounds, found.delays, found.extra, found.skipped)
    sys.stdout.write(json.dumps(result) + "\n")


class Measured:
    """What was measured so far, kept in ``path`` where there is one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.rounds: report.Rounds = {}
        self.delays: dict[str, report.Figures] = {}
        self.extra: dict[str, float] = {}
        self.skipped: dict[str, str] = {}

    def keep(self) -> None:
        """Write all of it."""
        if self._path is not None:
            known = {name: value for name, value in vars(self).items() if name != "_path"}
            self._path.write_text(json.dumps(known, indent=1) + "\n")


def _round(console: Console, contest: Contest, found: Measured, wanted: Sequence[str]) -> None:
    """How fast each contestant is, one after the other."""
    for name, title in TITLES.items():
        if name not in wanted or name in found.skipped:
            continue
        console.print(f"  {title}")
        try:
            same.check(name)
            found.rounds.setdefault(name, []).append(contest.rate(name))
        except PeerUnavailable as reason:
            found.skipped[name] = str(reason)
        found.keep()


def _delays(console: Console, contest: Contest, found: Measured) -> None:
    """How long the actions of each take, at half of its median rate."""
    for name, figures in report.medians(found.rounds, {}).items():
        console.print(f"delay: {TITLES[name]}")
        rate = figures["events_per_s"]
        assert rate is not None
        found.delays[name] = contest.delay(name, rate)
        found.keep()


if __name__ == "__main__":
    main()
