"""``reflux report``: the case file of one campaign."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

import orjson
import typer
from confluent_kafka import Message
from rich.console import Console
from rich.table import Table

from app.commands.exits import FAILED, USAGE, fail
from app.commands.files import files_reported
from app.commands.options import CONNECTION, with_settings
from app.commands.times import show_time
from app.events.campaigns import Campaign
from app.events.enforcement import Enforcement
from app.events.framing import SchemaSource, decode
from app.events.record import BadRecord, Record
from app.events.topics import CAMPAIGNS, ENFORCEMENT_STATE, ENFORCEMENTS, Topic
from app.kafka.records import TopicReader
from app.kafka.registry import schema_source
from app.reports.actions import ActionBook
from app.reports.case import Case, make_case
from app.reports.files import BrokenFile, records_in
from app.reports.markdown import render
from app.reports.places import Place
from app.settings import Settings

R = TypeVar("R", bound=Record)
Campaigns = dict[str, tuple[Campaign, Place]]

LIST_WIDTH = 160
NAMED = 20
"""Ids of known campaigns in a message."""


@with_settings(*CONNECTION, "schema_registry_url", "schema_registry_username")
def command(
    settings: Settings,
    campaign: Annotated[
        str | None, typer.Argument(metavar="[CAMPAIGN]", help="Campaign id, as actions name it.")
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the campaigns that there are instead.")
    ] = False,
    decisions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Actions of a backtest, instead of the topics."),
    ] = None,
    campaigns: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Campaigns of the same backtest.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object; with --list one per line.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write report.md, report.json, and actions.ndjson, which names every action"
            " behind the figures with its place.",
        ),
    ] = None,
) -> None:
    """Tell one campaign as a case file: when, who, what for, how connected, what was done about it.

    Read from the topics, or from the files of `reflux backtest --decisions FILE --campaigns FILE`.
    Every figure names what it was made from: topic, partition and offset, or file and line. What
    an account asked before it was found is in no record: figures that leave it out say so.

    Exit codes: 0 told, 1 no such campaign or a broken file, 2 wrong usage or no such file, 3 no
    broker answered, 130 interrupted.

    Example: reflux report 0001429a5c0ffee1 --output case
    """
    _check_usage(campaign, listed, decisions, campaigns)
    schemas = schema_source(settings)
    try:
        with files_reported(USAGE):
            known = _known(settings, schemas, campaigns)
            if listed or campaign is None:
                _show_list(known, as_json)
                return
            if campaign not in known:
                _no_such(campaign, known)
            record, place = known[campaign]
            book = _actions(settings, schemas, decisions, campaign)
            case = make_case(record, place, book)
            if output is not None:
                _write(output, case, book)
    except BrokenFile as exc:
        fail(str(exc), FAILED)
    if as_json:
        typer.echo(orjson.dumps(case))
    elif output is None:
        typer.echo(render(case), nl=False)
    else:
        typer.echo(f"written: {', '.join(str(output / name) for name in _FILES)}")


def _check_usage(
    campaign: str | None, listed: bool, decisions: Path | None, campaigns: Path | None
) -> None:
    if listed == (campaign is not None):
        fail("give one campaign's id, or --list to see which there are", USAGE)
    if decisions is not None and campaigns is None:
        fail("--decisions are a backtest's: give its --campaigns too", USAGE)
    if campaigns is not None and decisions is None and not listed:
        fail("--campaigns are a backtest's: give its --decisions too", USAGE)


def _known(settings: Settings, schemas: SchemaSource, path: Path | None) -> Campaigns:
    """The newest record of each campaign."""
    if path is not None:
        found = records_in(path, Campaign)
    else:
        found = _on_topic(settings, schemas, CAMPAIGNS, Campaign)
    return {record.campaign_id: (record, place) for record, place in found}


def _actions(
    settings: Settings, schemas: SchemaSource, path: Path | None, campaign: str
) -> ActionBook:
    book = ActionBook(campaign)
    if path is not None:
        for action, place in records_in(path, Enforcement):
            book.hear(action, place)
        return book
    for action, place in _on_topic(settings, schemas, ENFORCEMENTS, Enforcement):
        book.hear(action, place)
    for action, place in _on_topic(settings, schemas, ENFORCEMENT_STATE, Enforcement):
        book.stands(action, place)
    return book


def _on_topic(
    settings: Settings, schemas: SchemaSource, topic: Topic, kind: type[R]
) -> Iterator[tuple[R, Place]]:
    """The records of a topic up to its end; what is none is named on stderr and passed over."""
    name = topic.full_name(settings.topic_prefix)
    with TopicReader(settings, name, from_beginning=True) as reader:
        for message in reader.to_end():
            if message.value() is None:
                continue
            place = Place(f"{name}:{message.partition()}", message.offset() or 0)
            try:
                yield decode(kind, _value(message), schemas), place
            except BadRecord as exc:
                typer.echo(f"reflux: skipped {place}, no {kind.schema_name}: {exc}", err=True)


def _value(message: Message) -> bytes | None:
    value = message.value()
    return value.encode() if isinstance(value, str) else value


def _no_such(campaign: str, known: Campaigns) -> None:
    if not known:
        fail(f"there is no campaign {campaign}, nor any other", FAILED)
    ids = sorted(known)
    more = f" and {len(ids) - NAMED:,} more (--list)" if len(ids) > NAMED else ""
    fail(f"there is no campaign {campaign}; known: {', '.join(ids[:NAMED])}{more}", FAILED)


def _show_list(known: Campaigns, as_json: bool) -> None:
    if as_json:
        for _, (record, place) in sorted(known.items()):
            typer.echo(orjson.dumps({**record.model_dump(), "source": str(place)}))
        return
    table = Table(box=None, pad_edge=False)
    for title in (
        "campaign",
        "status",
        "accounts",
        "interactions since found",
        "confidence",
        "first seen",
    ):
        table.add_column(title, no_wrap=True)
    for name, (record, _) in sorted(known.items()):
        table.add_row(
            name,
            record.status,
            f"{record.accounts:,}",
            f"{record.interactions:,}",
            f"{record.confidence:.2f}",
            show_time(record.first_seen),
        )
    # Ids and times are for copying: a narrow terminal may break lines, but nothing is cut off.
    Console(highlight=False, markup=False, width=LIST_WIDTH).print(table)


_FILES = ("report.md", "report.json", "actions.ndjson")


def _write(folder: Path, case: Case, book: ActionBook) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = (
        orjson.dumps({**noted._asdict(), "place": str(noted.place)}) + b"\n"
        for noted in book.actions
    )
    contents = (
        render(case).encode(),
        orjson.dumps(asdict(case), option=orjson.OPT_INDENT_2) + b"\n",
        b"".join(lines),
    )
    for name, content in zip(_FILES, contents, strict=True):
        (folder / name).write_bytes(content)
