"""``reflux operator``: what an on-call engineer decides about one account by hand."""

import getpass
import time
from typing import Annotated

import typer

from app.commands.exits import USAGE, fail
from app.commands.options import CONNECTION, with_settings
from app.commands.times import expiry, show_time
from app.events.enforcement import Limit
from app.events.operators import OperatorAction, OperatorCommand
from app.events.record import BadRecord
from app.events.topics import OPERATORS
from app.kafka.records import send
from app.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Decide about one account by hand. The decision is a record on a topic: whoever may write"
    " there may decide, and the record says who did and why.",
)

Account = Annotated[str, typer.Argument(help="Account id.")]
Why = Annotated[
    str, typer.Option("--reason", "-r", help="Why: read by whoever answers the customer.")
]
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
def suspend(
    settings: Settings,
    account: Account,
    reason: Why,
    operator: Who = "",
    lasting: For = None,
    until: Until = None,
    dry_run: DryRun = False,
) -> None:
    """Suspend an account now, whatever the detector thinks.

    Without --for or --until it stays until another command. Exit codes: 0 written, 1 failed,
    2 wrong usage, 3 no broker answered.

    Example: reflux operator suspend acct-7f3a --reason "confirmed by trust team" --for 7d
    """
    _decide(settings, "suspend", account, reason, operator, expiry(lasting, until), None, dry_run)


@app.command()
@with_settings(*CONNECTION)
def throttle(
    settings: Settings,
    account: Account,
    reason: Why,
    requests_per_minute: Annotated[int, typer.Option(min=1, help="What it may still send.")],
    tokens_per_minute: Annotated[int, typer.Option(min=1, help="What it may still use.")],
    operator: Who = "",
    lasting: For = None,
    until: Until = None,
    dry_run: DryRun = False,
) -> None:
    """Limit an account's requests and tokens per minute.

    Without --for or --until it stays until another command. Exit codes: 0 written, 1 failed,
    2 wrong usage, 3 no broker answered.

    Example: reflux operator throttle acct-7f3a --requests-per-minute 6 --tokens-per-minute 20000
    --reason "under investigation" --for 24h
    """
    limit = (requests_per_minute, tokens_per_minute)
    _decide(settings, "throttle", account, reason, operator, expiry(lasting, until), limit, dry_run)


@app.command()
@with_settings(*CONNECTION)
def release(
    settings: Settings,
    account: Account,
    reason: Why,
    operator: Who = "",
    dry_run: DryRun = False,
) -> None:
    """End an account's standing, and keep the same evidence from acting on it again.

    Exit codes: 0 written, 1 failed, 2 wrong usage, 3 no broker answered.

    Example: reflux operator release acct-7f3a --reason "evaluation partner, see contract"
    """
    _decide(settings, "release", account, reason, operator, None, None, dry_run)


@app.command()
@with_settings(*CONNECTION)
def exempt(
    settings: Settings,
    account: Account,
    reason: Why,
    operator: Who = "",
    lasting: For = None,
    until: Until = None,
    dry_run: DryRun = False,
) -> None:
    """Release an account and observe it without enforcing, for a while.

    --for or --until is required: what nobody reviews never ends. Exit codes: 0 written, 1 failed,
    2 wrong usage, 3 no broker answered.

    Example: reflux operator exempt acct-7f3a --reason "load test agreed with sales" --for 3d
    """
    expires_at = expiry(lasting, until)
    if expires_at is None:
        fail("an exemption needs --for or --until", USAGE)
    _decide(settings, "exempt", account, reason, operator, expires_at, None, dry_run)


def _decide(
    settings: Settings,
    command: OperatorAction,
    account: str,
    reason: str,
    operator: str,
    expires_at: int | None,
    limit: tuple[int, int] | None,
    dry_run: bool,
) -> None:
    fields = {
        "command": command,
        "account_id": account,
        "operator": operator or getpass.getuser(),
        "reason": reason,
        "issued_at": time.time_ns() // 1_000_000,
        "expires_at": expires_at,
        "limit": limit
        and Limit.model_construct(requests_per_minute=limit[0], tokens_per_minute=limit[1]),
    }
    try:
        record = OperatorCommand.from_fields(fields)
    except BadRecord as exc:
        fail(str(exc), USAGE)
    topic = OPERATORS.full_name(settings.topic_prefix)
    if dry_run:
        typer.echo(_consequence(record))
        typer.echo(f"not sent (--dry-run): {record.to_json().decode()}")
        return
    partition, offset = send(settings, topic, record.encode())
    # Not before: where nothing could be written, nothing will be.
    typer.echo(_consequence(record))
    typer.echo(f"written to {topic}, partition {partition}, offset {offset}")


def _consequence(record: OperatorCommand) -> str:
    """What the command brings about. Nothing here knows which accounts there are: a slip in a name
    would look like success."""
    until = "until another command"
    if record.expires_at is not None:
        until = f"until {show_time(record.expires_at)}"
    account = record.account_id
    match record.command:
        case "suspend":
            told = f"{account} will be suspended {until}; the detector cannot change that."
        case "throttle":
            assert record.limit is not None
            told = (
                f"{account} will be held to {record.limit.requests_per_minute} requests and"
                f" {record.limit.tokens_per_minute} tokens a minute {until}; the detector cannot"
                " change that."
            )
        case "release":
            told = (
                f"{account} will be released, and not acted on again for the same evidence;"
                " stronger or other evidence still counts."
            )
        case "exempt":
            told = f"{account} will be released, and observed but not acted on {until}."
    return f"{told} Names are not checked: {_UNKNOWN[record.command]}."


_LIMITS = "the action is published even if there is no such account"
_FREES = "if there is no such account, or it is not limited, no action is published"
_UNKNOWN = {"suspend": _LIMITS, "throttle": _LIMITS, "release": _FREES, "exempt": _FREES}
"""What becomes of a command about an account that nobody knows."""
