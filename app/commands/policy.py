"""``reflux policy``: see, check and change the thresholds in force."""

import getpass
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from app.commands.exits import INVALID, REFUSED, fail
from app.commands.options import CONNECTION, with_settings
from app.commands.policy_file import read_policy
from app.commands.policy_text import explained
from app.commands.times import parse_time, show_time
from app.events.policies import PolicyRecord
from app.events.topics import POLICY
from app.kafka.records import TopicReader, send
from app.policy.document import PolicyDocument
from app.policy.load import InvalidPolicy, default_policy, load_policy, published_policy
from app.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="See, check and change the thresholds in force.",
)

File = Annotated[Path, typer.Argument(help="Policy document, YAML or JSON.")]
Name = Annotated[str, typer.Option(help="Which policy.")]
Shipped = Annotated[
    bool, typer.Option("--shipped", help="The policy that comes with Reflux; needs no broker.")
]

# What says where a document comes from, not how it judges.
_LETTERHEAD = frozenset(("name", "version", "author", "reason", "published_at", "effective_from"))


@app.command()
@with_settings(*CONNECTION)
def show(
    settings: Settings,
    name: Name = "default",
    shipped: Shipped = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one line of JSON.")] = False,
) -> None:
    """Show the newest valid policy published, or the shipped one when there is none.

    Exit codes: 0 shown, 1 failed, 3 no broker answered.

    Example: reflux policy show > policy.yaml
    """
    document = default_policy() if shipped else _in_force(settings, name)
    if as_json:
        typer.echo(orjson.dumps(document.model_dump(mode="json")))
    else:
        typer.echo(explained(document), nl=False)


@app.command()
def validate(file: File) -> None:
    """Check a policy document, without a broker.

    Exit codes: 0 valid, 2 wrong usage or no such file, 4 invalid, with the field and the reason.

    Example: reflux policy validate policy.yaml
    """
    document = read_policy(file)
    changes = list(_changes(default_policy(), document))
    typer.echo(f"valid: {document.name} version {document.version}")
    typer.echo(f"{len(changes)} settings differ from the shipped policy")


@app.command()
@with_settings(*CONNECTION)
def diff(
    settings: Settings,
    file: File,
    shipped: Shipped = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if a setting differs.")
    ] = False,
) -> None:
    """Show what a document would change, compared with the policy in force.

    Exit codes: 0 shown, 1 failed (or with --exit-code: it differs), 2 wrong usage or no such file,
    3 no broker answered, 4 invalid document.

    Example: reflux policy diff policy.yaml
    """
    document = read_policy(file)
    current = default_policy() if shipped else _in_force(settings, document.name)
    changes = list(_changes(current, document))
    _show_changes(changes)
    if changes and exit_code:
        raise typer.Exit(1)


@app.command("apply")
@with_settings(*CONNECTION)
def apply(
    settings: Settings,
    file: File,
    reason: Annotated[
        str | None, typer.Option("--reason", "-r", help="Why; else as the document says.")
    ] = None,
    author: Annotated[
        str | None,
        typer.Option(
            help="Who; else as the document says where it names somebody new, else REFLUX_OPERATOR"
            " or your user name."
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Its version; else as the document says.")
    ] = None,
    effective_from: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Event time it judges from; from now by default."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare only.")] = False,
) -> None:
    """Publish a policy. Workers put it in force within two seconds, without a restart.

    A version is never published twice with different content. Exit codes: 0 published or already
    in force, 1 failed, 2 wrong usage or no such file, 3 no broker answered, 4 invalid document,
    5 the version is taken.

    Example: reflux policy apply policy.yaml --version 2026-05-01.1 --reason "fewer throttles"
    """
    given = read_policy(file)
    published = _published(settings, given.name)
    document = _completed(
        given,
        reason=reason,
        author=author or _author(given, published),
        version=version,
        effective_from=None if effective_from is None else parse_time(effective_from),
    )
    _show_changes(list(_changes(published[-1], document)))
    if any(
        document.version == other.version and any(_changes(other, document)) for other in published
    ):
        fail(
            f"version {document.version} was published with other content, and actions name it:"
            " give the new one a version of its own with --version",
            REFUSED,
        )
    if document.version == published[-1].version:
        typer.echo(f"version {document.version} is in force already")
        return
    if dry_run:
        typer.echo(f"not published (--dry-run): {document.name} version {document.version}")
        return
    record = PolicyRecord.from_fields(document.model_dump(mode="json"))
    topic = POLICY.full_name(settings.topic_prefix)
    partition, offset = send(settings, topic, record.encode())
    typer.echo(
        f"published {document.name} version {document.version} to {topic}, partition {partition},"
        f" offset {offset}; it judges requests from {show_time(document.judges_from)} on."
        " Workers show it as reflux_policy_info."
    )


def _author(document: PolicyDocument, published: list[PolicyDocument]) -> str:
    """Who is taken for the author of ``document`` where the command line names nobody.

    An edited copy still carries the author of what it was copied from, the policy in force or the
    shipped one, who did not write it.
    """
    if document.author not in (published[0].author, published[-1].author):
        return document.author
    return os.environ.get("REFLUX_OPERATOR") or getpass.getuser()


def _completed(document: PolicyDocument, **said: Any) -> PolicyDocument:
    """``document`` as it is published: with what the command line says of it, checked again."""
    given = {key: value for key, value in said.items() if value is not None}
    # A document that was shown and edited carries the times of the former publication.
    times = {"published_at": time.time_ns() // 1_000_000, "effective_from": None}
    try:
        return load_policy(orjson.dumps(document.model_dump(mode="json") | times | given))
    except InvalidPolicy as exc:
        fail(str(exc), INVALID)


def _in_force(settings: Settings, name: str) -> PolicyDocument:
    """The newest valid policy on the topic, as workers see it; the shipped one if none is."""
    return _published(settings, name)[-1]


def _published(settings: Settings, name: str) -> list[PolicyDocument]:
    """The shipped policy and every valid one that the topic still holds, the one in force last.

    Tells of those after it that workers refuse; one that something valid has followed is history.
    """
    published = [default_policy()]
    refused: list[str] = []
    topic = POLICY.full_name(settings.topic_prefix)
    with TopicReader(settings, topic, from_beginning=True) as reader:
        for message in reader.to_end():
            if message.key() != name.encode():
                continue
            value = message.value()
            try:
                published.append(default_policy() if value is None else _read(value))
                refused.clear()
            except InvalidPolicy as exc:
                place = f"{message.topic()}:{message.partition()}:{message.offset()}"
                refused.append(f"reflux: workers refuse {place}: {exc}")
    for line in refused:
        typer.echo(line, err=True)
    return published


def _read(value: str | bytes) -> PolicyDocument:
    return published_policy(value.encode() if isinstance(value, str) else value)


def _changes(old: PolicyDocument, new: PolicyDocument) -> Iterator[tuple[str, Any, Any]]:
    """Every setting that judges differently: its path, the old value and the new."""
    before, after = (_flat(one.model_dump(mode="json")) for one in (old, new))
    for path in dict.fromkeys((*before, *after)):
        if path not in _LETTERHEAD and before.get(path) != after.get(path):
            yield path, before.get(path), after.get(path)


def _flat(node: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in node.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            flat |= _flat(value, f"{path}.")
        else:
            flat[path] = value
    return flat


def _show_changes(changes: list[tuple[str, Any, Any]]) -> None:
    for path, old, new in changes:
        typer.echo(f"{path}: {_text(old)} -> {_text(new)}")
    if not changes:
        typer.echo("no setting differs from the policy in force")


def _text(value: Any) -> str:
    return "(absent)" if value is None else orjson.dumps(value).decode()
