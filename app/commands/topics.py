"""``reflux topics``: create the topics of a deployment, and see how they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from app.commands.exits import REFUSED, USAGE
from app.commands.files import files_reported
from app.commands.options import CONNECTION, with_settings
from app.kafka.acls import acl_commands, load_acls
from app.kafka.admin import Cluster
from app.kafka.manifest import wanted_topics
from app.kafka.plan import FoundTopic, Step, describe, plan
from app.settings import Settings

SETTINGS = (*CONNECTION, "app_id", "partitions")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Create the topics of a deployment, see how they are.",
)

File = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="Topics file; the one that comes with Reflux by default."),
]
Replication = Annotated[
    int | None, typer.Option(min=1, help="Copies of every partition, whatever the file says.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.command("apply")
@with_settings(*SETTINGS)
def apply(
    settings: Settings,
    file: File = None,
    replication: Replication = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create what is missing, mend settings that differ, report the rest.

    May be run again at any time. The partition count of a topic keyed by account or link is never
    changed; if one differs nothing is done at all.

    Exit codes: 0 done or nothing to do, 1 failed, 2 wrong usage or no such file, 3 no broker
    answered, 4 invalid file, 5 refused.

    Example: reflux topics apply --replication 1 --dry-run
    """
    cluster = Cluster(settings)
    with files_reported(USAGE):
        wanted = wanted_topics(settings, file=file, replication=replication)
    steps = plan(wanted, cluster.topics([topic.name for topic in wanted]))
    refused = any(step.kind == "refuse" for step in steps)
    if not refused and not dry_run:
        cluster.carry_out(steps)
    if as_json:
        for line in describe(steps):
            typer.echo(orjson.dumps(line))
    else:
        _explain(steps, done=not refused and not dry_run)
    if refused:
        raise typer.Exit(REFUSED)


@app.command("list")
@with_settings(*SETTINGS)
def list_topics(
    settings: Settings,
    file: File = None,
    replication: Replication = None,
    as_json: AsJson = False,
) -> None:
    """Show every topic of the deployment, and whether it is as it should be.

    Exit codes: 0 all shown, 1 failed, 2 wrong usage or no such file, 3 no broker answered,
    4 invalid file.

    Example: reflux topics list --json
    """
    with files_reported(USAGE):
        wanted = wanted_topics(settings, file=file, replication=replication)
    found = Cluster(settings).topics([topic.name for topic in wanted])
    rows = [
        {
            "topic": step.topic.name,
            "state": _state(step, found.get(step.topic.name)),
            "partitions": found[step.topic.name].partitions if step.topic.name in found else None,
            "replication": found[step.topic.name].replication if step.topic.name in found else None,
            "keyed_by": step.topic.partitioning,
            "cleanup": step.topic.config["cleanup.policy"],
        }
        for step in plan(wanted, found)
    ]
    if as_json:
        for row in rows:
            typer.echo(orjson.dumps(row))
        return
    lines: list[tuple[str, ...]] = [
        ("topic", "state", "partitions", "copies", "keyed by", "cleanup")
    ]
    lines += [tuple("-" if value is None else str(value) for value in row.values()) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


@app.command("acls")
@with_settings("bootstrap_servers", "topic_prefix", "app_id")
def acls(
    settings: Settings,
    file: Annotated[Path, typer.Argument(help="Rules, like deploy/acls.yaml.", metavar="FILE")],
) -> None:
    """Print the kafka-acls.sh commands that set the access rules of a file.

    Nothing is changed: review them, then run them as whoever administers the cluster.

    Exit codes: 0 printed, 2 wrong usage or no such file, 4 invalid file.

    Example: reflux topics acls deploy/acls.yaml | sh
    """
    with files_reported(USAGE):
        rules = load_acls(file)
    for line in acl_commands(rules, settings):
        typer.echo(line)


_STATES = {
    "create": "missing",
    "configure": "settings differ",
    "refuse": "partitions differ",
    "keep": "ok",
}
_DONE = {"create": "created", "configure": "configured", "keep": "ok", "refuse": "refused"}
_PLANNED = {
    "create": "to be created",
    "configure": "to be configured",
    "keep": "ok",
    "refuse": "refused",
}


def _state(step: Step, found: FoundTopic | None) -> str:
    """How the topic is, in a few words, copies included, though ``apply`` cannot mend these."""
    same = found is None or found.replication == step.topic.replication
    if same or step.kind == "refuse":
        return _STATES[step.kind]
    return "copies differ" if step.kind == "keep" else "settings and copies differ"


def _explain(steps: Sequence[Step], *, done: bool) -> None:
    words = _DONE if done else _PLANNED
    for step in steps:
        typer.echo(f"{words[step.kind]:<17} {step.topic.name}")
        for name, value in step.changes.items():
            typer.echo(f"{'':<17}   {name} = {value}")
        for note in step.notes:
            typer.echo(f"{'':<17}   {note}", err=step.kind == "refuse")
    if any(step.kind == "refuse" for step in steps):
        typer.echo("reflux: nothing was changed", err=True)
