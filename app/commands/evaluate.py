"""``reflux evaluate``: how well the detector does, on worlds whose truth is known."""

import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

import app
from app.commands.exits import FAILED, USAGE, fail
from app.commands.files import files_reported
from app.commands.policy_file import read_policy
from app.policy.document import PolicyDocument
from app.policy.load import default_policy
from app.replay.evaluation import NONE, SCENARIOS, Experiment
from app.replay.evaluation_ablation import without
from app.replay.evaluation_runs import Result, Results, note_report_seeds, run_all
from app.replay.evaluation_table import SECTIONS, planned, write_table
from app.replay.evaluation_text import COLUMNS, notes
from app.simulation.campaigns import ShareMode

ALL = "all"
WIDE = 240
"""Columns of a terminal that a row for each run takes."""
NEEDED = ("scipy", "matplotlib")
SEEDS_FILE = Path(app.__file__).parents[1] / "tests" / "evaluation" / "report_seeds.ndjson"
"""Where this is a checkout: every detector version that was run on a report seed."""


def command(
    scenario: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help=f"Rung of the attack ladder: {', '.join(SCENARIOS[1:])}; {NONE}: benign traffic"
            f" alone; {ALL}: each of them.",
        ),
    ] = "seed",
    share: Annotated[
        str, typer.Option(metavar="PERCENT[,...]", help="Of the accounts' traffic that attacks.")
    ] = "100",
    share_mode: Annotated[
        ShareMode, typer.Option(help="What is 25.6 requests a day: all of them, or the attack.")
    ] = ShareMode.FIXED_TOTAL,
    scale: Annotated[
        float, typer.Option(min=0.0001, max=10.0, help="Fraudulent accounts, of the rung's own.")
    ] = 0.02,
    campaign_accounts: Annotated[
        int | None, typer.Option(min=1, help="Fraudulent accounts, instead of --scale.")
    ] = None,
    seed: Annotated[
        str,
        typer.Option(metavar="N[,...]", help="Of the world. 1 to 9 are for tuning, 101 on report."),
    ] = "1",
    accounts: Annotated[int, typer.Option(min=1, help="Benign accounts.")] = 30_000,
    days: Annotated[float, typer.Option(min=0.1, help="Length of the campaign.")] = 45.0,
    lead_in: Annotated[
        float, typer.Option(min=0.0, help="Days of benign traffic before the campaign.")
    ] = 2.0,
    policy: Annotated[
        Path | None, typer.Option(help="Policy file; by default the shipped policy.")
    ] = None,
    leave_out: Annotated[
        str,
        typer.Option(
            "--without",
            metavar="FAMILY[,...]",
            help="Evidence that is to count for nothing, by its path in the policy:"
            " groups.load, evidence.volume, or groups for all of them.",
        ),
    ] = "",
    everything: Annotated[
        Path | None,
        typer.Option(
            "--table",
            metavar="FILE",
            help="Run the whole table instead, and write it into FILE (Markdown), between its marks"
            " if it has them.",
        ),
    ] = None,
    section: Annotated[
        str, typer.Option(help=f"With --table, its parts to run: {', '.join(SECTIONS)}.")
    ] = ",".join(SECTIONS),
    results: Annotated[
        Path | None,
        typer.Option(help="Directory of one file for each run: what is there is not run again."),
    ] = None,
    any_version: Annotated[
        bool,
        typer.Option(
            "--any-version",
            help="With --results, take what other versions of code or policy have left there.",
        ),
    ] = False,
    existing: Annotated[
        bool,
        typer.Option(
            "--existing", help="Run nothing: tell of what --results already holds, and of no more."
        ),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write DIR/index.html, a page with plots.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Runs at a time.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Let simulated campaigns loose on the detector, and say how well it did.

    The loop is closed: what is suspended is refused from that moment on, and a campaign that
    replaces its accounts does. Worlds are examined for leaks before anything is scored on them.
    Rates come with exact 95 % intervals and the number of accounts behind them.

    Exit codes: 0 done, 1 failed or something is not installed, 2 wrong usage or no such policy
    file, 4 invalid policy.

    Example: reflux evaluate --scenario all --share 100,25 --seed 1,2 --jobs 2 --report report
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        fail(f"{' and '.join(missing)} missing: pip install 'reflux[evaluate]'", FAILED)
    document = default_policy() if policy is None else read_policy(policy)
    families = _listed(leave_out)
    try:
        without(document, families)
        if everything is not None:
            wanted = planned(_listed(section))
        else:
            if scenario not in (ALL, *SCENARIOS):
                raise ValueError(f"no scenario is called {scenario}: {', '.join(SCENARIOS)}")
            names = SCENARIOS if scenario == ALL else (scenario,)
            wanted = [
                Experiment(
                    name,
                    part,
                    share_mode.value,
                    scale,
                    number,
                    accounts,
                    days,
                    lead_in,
                    None if name == NONE else campaign_accounts,
                    families,
                )
                for name in names
                for part in ([100.0] if name == NONE else _numbers(share))
                for number in map(int, _numbers(seed))
            ]
        for experiment in wanted:
            experiment.campaign()
    except ValueError as exc:
        fail(str(exc), USAGE)
    date = datetime.now(UTC).date().isoformat()
    store = None if results is None else Results(results, any_version=any_version)
    if existing:
        if store is None:
            fail("--existing needs --results, the directory to look in", USAGE)
        wanted = [one for one in wanted if store.find(one, document) is not None]
    done = _run(wanted, document, jobs, store, date, as_json=as_json)
    with files_reported(FAILED):
        if everything is not None:
            write_table(everything, done, date)
        if report is not None:
            from app.replay.report_page import write_page  # matplotlib takes a second to load

            write_page(report, done)
    if not as_json:
        _show(done)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _numbers(text: str) -> list[float]:
    return [float(part) for part in _listed(text)]


def _run(
    wanted: list[Experiment],
    policy: PolicyDocument,
    jobs: int,
    store: Results | None,
    date: str,
    *,
    as_json: bool,
) -> list[Result]:
    """The results in the order in which they were asked for; lines are written as they come."""
    found: dict[Experiment, Result] = {}
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[text]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    shown: dict[Experiment, TaskID] = {}

    def tell(experiment: Experiment, text: str, share: float) -> None:
        if experiment not in shown:
            shown[experiment] = bar.add_task(experiment.name, total=1.0, text="")
        bar.update(shown[experiment], completed=share, text=text)

    with files_reported(FAILED), bar:
        for experiment, result in run_all(wanted, policy, jobs=jobs, results=store, report=tell):
            found[experiment] = result
            console.print(f"{len(found)} of {len(wanted)}: {experiment.name}: {_what(result)}")
            if SEEDS_FILE.parent.is_dir():
                note_report_seeds(SEEDS_FILE, [result], date)
            if as_json:
                typer.echo(orjson.dumps(_without_plots(result)))
    return [found[experiment] for experiment in wanted]


def _what(result: Result) -> str:
    bad, good, versions = (
        result[name] for name in ("fraudulent_accounts", "benign_accounts", "versions")
    )
    return (
        f"{bad:,} of {bad + good:,} accounts fraudulent, {result['requests']:,} requests,"
        f" {result['seconds']:.0f} s; detector {versions['detector']}, policy"
        f" {result['policy_version']} ({versions['policy']})"
    )


def _without_plots(result: Result) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != "plots"}


def _show(results: list[Result]) -> None:
    """A row for each run, or where that is too wide a column, as many beside each other as fit."""
    console = Console()
    if console.width >= WIDE:
        table = Table(*[column.heading for column in COLUMNS])
        for result in results:
            table.add_row(*[column.text(result) for column in COLUMNS])
        console.print(table)
    else:
        beside = max(1, (console.width - 20) // 36)
        for first in range(0, len(results), beside):
            chunk = results[first : first + beside]
            table = Table(show_header=False)
            for column in COLUMNS:
                table.add_row(column.heading, *[column.text(result) for result in chunk])
            console.print(table)
    for line in notes(results):
        console.print(line)
