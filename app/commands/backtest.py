"""``reflux backtest``: a policy tried on recorded traffic."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand

from app.commands.exits import FAILED, USAGE, fail
from app.commands.files import files_reported
from app.commands.policy_file import read_policy
from app.commands.times import show_time
from app.policy.load import default_policy
from app.replay.backtest import Recorder, Summary, Trial, backtest
from app.replay.compare import Change, Comparison, Standings, compare
from app.replay.engine import PARTITIONS
from app.replay.listener import Decision
from app.replay.parquet import UnreadableFile
from app.replay.recording import Letter, Recording
from app.simulation.to_files import lines_to

SEVERAL = ("--requests", "--profiles")


class _SeveralFiles(TyperCommand):
    """Lets an option be followed by several files, as a shell's pattern gives them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before each of its files."""
        spread: list[str] = []
        option = None
        for arg in args:
            if arg.startswith("-"):
                option = arg if arg in SEVERAL else None
            elif option is not None and spread[-1] != option:
                spread.append(option)
            spread.append(arg)
        return super().parse_args(ctx, spread)


app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command("backtest", cls=_SeveralFiles)
def command(
    requests: Annotated[
        list[Path],
        typer.Option(
            "--requests",
            metavar="FILE...",
            help="Recorded requests: NDJSON (.gz, .zst) or .parquet; one or several.",
        ),
    ],
    decisions: Annotated[
        Path, typer.Option(metavar="OUT", help="Actions as NDJSON (.gz, .zst), as issued.")
    ],
    profiles: Annotated[
        list[Path] | None,
        typer.Option("--profiles", metavar="FILE...", help="Recorded profiles, likewise."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Policy; the shipped one by default.")
    ] = None,
    compare_with: Annotated[
        Path | None,
        typer.Option("--compare", metavar="FILE", help="Say what this policy would change."),
    ] = None,
    closed_loop: Annotated[
        bool, typer.Option("--closed-loop", help="Refuse what an action would have refused.")
    ] = False,
    shadow: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Shadow decisions, likewise.")
    ] = None,
    campaigns: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Campaigns as NDJSON, as they stood last.")
    ] = None,
    dead_letters: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Lines that could not be folded, with the reason."),
    ] = None,
    partitions: Annotated[
        int, typer.Option(min=1, max=4096, help="Partitions that the topics would have.")
    ] = PARTITIONS,
    as_json: Annotated[
        bool, typer.Option("--json", help="The summary as one line of JSON.")
    ] = False,
) -> None:
    """Try a policy on recorded traffic: the decision code of the workers, without Kafka.

    Event time only: an action's `issued_at` is the event time that tipped it, and `published_at`
    the same. Files may overlap and be out of order by the policy's allowed lateness; what a line
    lacks or has wrong makes it a dead letter, with its number, as it would on the topic. Profiles
    are known from the start, or from the hour of their `recorded_at` (ms) where they have one.

    With --closed-loop a request of a suspended account, or beyond a throttle's requests or tokens
    per minute, goes on as the gateway would have reported it: status 403 or 429, nothing generated.

    Exit codes: 0 done, 1 a file is broken, 2 wrong usage or no such file, 4 invalid policy,
    130 interrupted.

    Example: reflux backtest --requests week/*.zst --policy stricter.yaml --decisions out.ndjson
    """
    chosen = default_policy() if policy is None else read_policy(policy)
    other = None if compare_with is None else read_policy(compare_with)
    with _reported(decisions, shadow, campaigns, dead_letters), contextlib.ExitStack() as outputs:

        def writer(path: Path | None) -> Callable[[bytes], object]:
            return (lambda _: None) if path is None else outputs.enter_context(lines_to(path)).write

        live, hidden, bury = writer(decisions), writer(shadow), writer(dead_letters)
        write_campaign = writer(campaigns)

        def buried(letter: Letter) -> None:
            bury(orjson.dumps(letter._asdict()) + b"\n")

        first, second = Standings(), Standings()

        def decided(decision: Decision) -> None:
            assert decision.record is not None
            (hidden if decision.shadow else live)(decision.record.encode().value + b"\n")
            first.hear(decision)

        recording = Recording(requests, profiles or [], buried=buried)
        trials = [Trial(chosen, Recorder(recording, decided))]
        if other is not None:
            trials.append(Trial(other, Recorder(None, second.hear)))
        with _progress(recording) as advance:
            summary = backtest(
                recording,
                trials,
                closed_loop=closed_loop,
                partitions=partitions,
                progress=advance,
            )[0]
        for _, record in sorted(trials[0].recorder.campaigns.items()):
            write_campaign(record + b"\n")
    comparison = None if other is None else compare(first, second)
    if as_json:
        _show_json(summary, comparison)
    else:
        _show(summary, comparison)


@contextlib.contextmanager
def _reported(*outputs: Path | None) -> Iterator[None]:
    try:
        with files_reported(USAGE, outputs):
            yield
    except UnreadableFile as exc:
        fail(str(exc), FAILED)


@contextlib.contextmanager
def _progress(recording: Recording) -> Iterator[Callable[[], None]]:
    """A bar on stderr while it lasts, where that is a terminal."""
    columns = (TextColumn("replaying"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=recording.total_bytes)
        yield lambda: bar.update(task, completed=recording.read_bytes)


def _show_json(summary: Summary, comparison: Comparison | None) -> None:
    shown: dict[str, Any] = summary._asdict()
    if comparison is not None:
        shown["comparison"] = comparison.as_json()
    typer.echo(orjson.dumps(shown))


def _show(summary: Summary, comparison: Comparison | None) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in summary._asdict().items():
        table.add_row(name.replace("_", " "), _cell(name, value))
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    if comparison is None:
        return
    console.print(f"\nlimited alike by both policies: {comparison.same:,} accounts")
    for name in ("newly", "spared", "harder", "softer"):
        _show_change(console, _TITLES[name], getattr(comparison, name))


_TITLES = {
    "newly": "newly acted on",
    "spared": "spared",
    "harder": "suspended instead of throttled",
    "softer": "throttled instead of suspended",
}


def _show_change(console: Console, title: str, change: Change) -> None:
    console.print(f"\n{title}: {change.accounts:,} accounts")
    for detector, accounts in change.detectors.items():
        console.print(f"  {detector}: {accounts:,}")
    for example in change.examples:
        when = show_time(example.issued_at)
        console.print(Text(f"  {example.account} {example.action} {when}: {example.text}"))


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {count:,}" for key, count in value.items()) or "none"
    if name.endswith("_ts"):
        return show_time(value)
    return f"{value:,}"
