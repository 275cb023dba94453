"""``reflux demo``: a simulated campaign, found and suspended before your eyes."""

import signal
from types import FrameType
from typing import Annotated

import orjson
import typer
from rich.console import Console

from app.broker.embedded import BrokerUnavailableError
from app.commands.exits import FAILED, fail
from app.demo.report import Report
from app.demo.run import Options, run
from app.demo.worker import DemoFailedError
from app.simulation.to_topic import UndeliveredError

LINE_WIDTH = 160
TERMINATED = 128 + signal.SIGTERM


def command(
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another population.")] = 1,
    accounts: Annotated[
        int, typer.Option(min=100, max=200_000, help="Accounts; a tenth is the campaign's.")
    ] = 2_000,
    days: Annotated[float, typer.Option(min=0.25, max=30, help="Length in event time.")] = 2.0,
    bootstrap: Annotated[
        str | None,
        typer.Option(
            "--bootstrap",
            metavar="HOST:PORT",
            help="A Kafka to use instead of the embedded broker. The demo makes topics of its own"
            " there, and deletes them.",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave broker and worker running until Ctrl-C.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="End with the summary as one JSON object; all else on stderr."),
    ] = False,
) -> None:
    """Watch a simulated campaign inside a benign population being found and suspended.

    Starts an in-memory broker for development and a worker, streams two days of event time in half
    a minute, and prints every enforcement action as a consumer reads it. Everything is real but the
    traffic. The campaign starts after six hours of event time. Its accounts are limited, throttled
    or suspended, when what they share has been seen for some hours: after about half a day, and
    nearly all are suspended within a day. A shorter demo may show no more than who is observed.
    Honest accounts are rarely limited at all. Leaves nothing behind.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no broker answered, 130 interrupted.

    Example: reflux demo --accounts 5000 --seed 7 --json
    """
    # A polite end takes the broker and the worker along; an impolite one does too, see app/broker.
    signal.signal(signal.SIGTERM, _terminate)
    console = Console(stderr=as_json)
    if not console.is_terminal:
        # A file has no width to fold lines to.
        console = Console(stderr=as_json, width=LINE_WIDTH)
    try:
        with Report(console) as report:
            outcome = run(Options(seed, accounts, days, bootstrap, keep), report)
    except (DemoFailedError, BrokerUnavailableError, UndeliveredError) as exc:
        fail(str(exc), FAILED)
    if as_json:
        typer.echo(orjson.dumps(outcome.summary()))
    elif not keep:
        report.outcome(outcome)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)
