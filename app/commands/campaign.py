"""``reflux campaign``: what an on-call engineer decides about one campaign by hand."""

import getpass
import re
import time
from typing import Annotated, Literal

import typer

from app.commands.exits import USAGE, fail
from app.commands.options import CONNECTION, with_settings
from app.commands.times import expiry, show_time
from app.events.campaign_commands import CampaignCommand
from app.events.record import BadRecord
from app.events.topics import CAMPAIGN_COMMANDS
from app.kafka.records import send
from app.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Decide about one campaign by hand. The decision is a record on a topic: whoever may write"
    " there may decide, and the record says who did and why.",
)

Campaign = Annotated[str, typer.Argument(help="Campaign id, as its record and actions name it.")]
Why = Annotated[str, typer.Option("--reason", "-r", help="Why: read by whoever asks in a year.")]
Who = Annotated[
    str,
    typer.Option(
        "--operator", envvar="REFLUX_OPERATOR", help="Who decides; your user name by default."
    ),
]
For = Annotated[
    str | None, typer.Option("--for", metavar="DURATION", help="How long: 90m, 24h, 7d.")
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="Until when, like 2026-05-01T12:00:00Z.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, send nothing.")]


@app.command()
@with_settings(*CONNECTION)
def confirm(
    settings: Settings,
    campaign: Campaign,
    reason: Why,
    operator: Who = "",
    lasting: For = None,
    until: Until = None,
    dry_run: DryRun = False,
) -> None:
    """Treat a campaign's links as certain: their members are acted on by likeness alone.

    Without --for or --until it stays until another command. Exit codes: 0 written, 1 failed,
    2 wrong usage, 3 no broker answered.

    Example: reflux campaign confirm 0001429a5c0ffee1 --reason "payment data agree"
    """
    _decide(settings, "confirm", campaign, reason, operator, expiry(lasting, until), dry_run)


@app.command()
@with_settings(*CONNECTION)
def dismiss(
    settings: Settings,
    campaign: Campaign,
    reason: Why,
    operator: Who = "",
    lasting: For = None,
    until: Until = None,
    dry_run: DryRun = False,
) -> None:
    """Release a campaign's members, and leave its links alone.

    A member is released when the period of 6 hours in which it was last active has ended: one that
    has stopped asking stays until it asks again, or `reflux operator release`. Released, too, are
    suspensions, unless the account's own risk deserves one. Other campaigns may hold some members:
    `reflux report --list`.

    Without --for or --until it stays until another command. Exit codes: 0 written, 1 failed,
    2 wrong usage, 3 no broker answered.

    Example: reflux campaign dismiss 0001429a5c0ffee1 --reason "a public benchmark"
    """
    _decide(settings, "dismiss", campaign, reason, operator, expiry(lasting, until), dry_run)


@app.command()
@with_settings(*CONNECTION)
def undo(
    settings: Settings,
    campaign: Campaign,
    reason: Why,
    operator: Who = "",
    dry_run: DryRun = False,
) -> None:
    """Take back what was decided about a campaign: the detector decides again.

    Exit codes: 0 written, 1 failed, 2 wrong usage, 3 no broker answered.

    Example: reflux campaign undo 0001429a5c0ffee1 --reason "dismissed by mistake"
    """
    _decide(settings, "undo", campaign, reason, operator, None, dry_run)


def _decide(
    settings: Settings,
    command: Literal["confirm", "dismiss", "undo"],
    campaign: str,
    reason: str,
    operator: str,
    expires_at: int | None,
    dry_run: bool,
) -> None:
    if re.fullmatch("[0-9a-f]{16}", campaign) is None:
        fail("a campaign id has 16 hexadecimal digits, in lower case", USAGE)
    fields = {
        "command": command,
        "campaign_id": campaign,
        "operator": operator or getpass.getuser(),
        "reason": reason,
        "issued_at": time.time_ns() // 1_000_000,
        "expires_at": expires_at,
    }
    try:
        record = CampaignCommand.from_fields(fields)
    except BadRecord as exc:
        fail(str(exc), USAGE)
    topic = CAMPAIGN_COMMANDS.full_name(settings.topic_prefix)
    if dry_run:
        typer.echo(_consequence(record))
        typer.echo(f"not sent (--dry-run): {record.to_json().decode()}")
        return
    partition, offset = send(settings, topic, record.encode())
    # Not before: where nothing could be written, nothing will be.
    typer.echo(_consequence(record))
    typer.echo(f"written to {topic}, partition {partition}, offset {offset}")


def _consequence(record: CampaignCommand) -> str:
    """What the command brings about. Nothing here knows which campaigns there are: a slip in an id
    would look like success."""
    until = "until another command"
    if record.expires_at is not None:
        until = f"until {show_time(record.expires_at)}"
    match record.command:
        case "confirm":
            told = f"{record.campaign_id} will be taken for certain {until}."
        case "dismiss":
            told = (
                f"{record.campaign_id} will release its members within 6 hours of event time of"
                f" their next request, and leave them alone {until}."
            )
        case "undo":
            told = f"{record.campaign_id} will be judged by the detector again."
    return (
        f"{told} Ids are not checked: if there is no such campaign, nothing changes;"
        " `reflux report --list` names those there are."
    )
