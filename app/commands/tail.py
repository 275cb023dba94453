"""``reflux tail``: follow enforcement actions."""

import time
from collections.abc import Iterator
from typing import Annotated

import typer
from confluent_kafka import Message
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from app.commands.options import CONNECTION, with_settings
from app.commands.times import show_time
from app.events.enforcement import Enforcement
from app.events.framing import SchemaSource, decode
from app.events.record import BadRecord
from app.events.topics import ENFORCEMENTS, ENFORCEMENTS_SHADOW
from app.kafka.records import TopicReader
from app.kafka.registry import schema_source
from app.reports.actions import CAMPAIGN_REASON
from app.settings import Settings

INDENT = 4
_COLOURS = {"observe": "cyan", "throttle": "yellow", "suspend": "bold red", "release": "green"}


@with_settings(*CONNECTION, "schema_registry_url", "schema_registry_username")
def command(
    settings: Settings,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Start with the oldest action kept.")
    ] = False,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="What would have been done, in shadow mode.")
    ] = False,
    why: Annotated[
        bool, typer.Option("--why", help="Every reason of each action, not the strongest alone.")
    ] = False,
    account: Annotated[
        str | None, typer.Option("--account", "-a", help="Only this account's.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="End after so many actions.")
    ] = None,
    idle: Annotated[
        float | None,
        typer.Option("--idle", min=0.1, help="End when none came for so many seconds."),
    ] = None,
) -> None:
    """Follow enforcement actions as they become durable.

    Ends by itself only with --limit or --idle, else at Ctrl-C. Exit codes: 0 ended as asked,
    1 failed, 3 no broker answered, 130 interrupted.

    Example: reflux tail --from-beginning --idle 5 --account acct_42 --why
    """
    topic = (ENFORCEMENTS_SHADOW if shadow else ENFORCEMENTS).full_name(settings.topic_prefix)
    schemas = schema_source(settings)
    console = Console(highlight=False)
    shown = 0
    with TopicReader(settings, topic, from_beginning=from_beginning) as reader:
        last = time.monotonic()
        while limit is None or shown < limit:
            message = reader.poll()
            if message is None:
                if idle is not None and time.monotonic() - last > idle:
                    break
                continue
            last = time.monotonic()
            action = _read(message, schemas)
            if action is None or (account is not None and action.account_id != account):
                continue
            if as_json:
                typer.echo(action.to_json())
            else:
                _show(console, action, why=why)
            shown += 1


def _read(message: Message, schemas: SchemaSource) -> Enforcement | None:
    value = message.value()
    try:
        return decode(Enforcement, value.encode() if isinstance(value, str) else value, schemas)
    except BadRecord as exc:
        place = f"{message.topic()}:{message.partition()}:{message.offset()}"
        typer.echo(f"reflux: skipped {place}, which is no enforcement action: {exc}", err=True)
        return None


def _show(console: Console, action: Enforcement, *, why: bool) -> None:
    """One line per action where something else reads it; on a terminal a paragraph that fits."""
    line = Text()
    line.append(show_time(action.issued_at), style="dim")
    line.append(f"  {action.action:<8}", style=_COLOURS[action.action])
    line.append(f"  {action.account_id}")
    first, *others = [reason.text for reason in action.reasons] or [""]
    told = Text("".join(f"{term}  " for term in _terms(action))).append(first, style="italic")
    more = [Text(f"- {text}") for text in others] if why else []
    if console.is_terminal:
        console.print(line, soft_wrap=True)
        for text in (told, *more):
            console.print(Padding(text, (0, 0, 0, INDENT), expand=False))
    else:
        console.print(line.append("  ").append_text(told), soft_wrap=True)
        for text in more:
            console.print(Text(" " * INDENT).append_text(text), soft_wrap=True)


def _terms(action: Enforcement) -> Iterator[str]:
    # The risk is the account's own: beside a campaign's probability it would mislead.
    if not any(reason.detector == CAMPAIGN_REASON for reason in action.reasons):
        yield f"risk {action.risk:.2f}"
    if action.limit is not None:
        yield f"{action.limit.requests_per_minute} requests/min"
    if action.expires_at is not None:
        yield f"until {show_time(action.expires_at)}"
    if action.actor != "detector":
        yield f"by {action.actor}"
