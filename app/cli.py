"""The command ``reflux``. Each command lives in ``app/commands`` and is imported when it is used:
an operator who suspends an account does not wait for compilers and simulators to load."""

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app import __version__
from app.commands.exits import reported

COMMANDS = {
    "worker": "app.commands.worker:command",
    "demo": "app.commands.demo:command",
    "simulate": "app.commands.simulate:command",
    "evaluate": "app.commands.evaluate:command",
    "backtest": "app.commands.backtest:app",
    "topics": "app.commands.topics:app",
    "policy": "app.commands.policy:app",
    "operator": "app.commands.operator:app",
    "campaign": "app.commands.campaign:app",
    "report": "app.commands.report:command",
    "tail": "app.commands.tail:command",
}


def load(name: str) -> Any:
    """The command ``name``, imported."""
    module, _, attribute = COMMANDS[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        single.command(name)(found)
        found = single
    command = typer.main.get_command(found)
    command.name = name
    return command


class LazyGroup(TyperGroup):
    """Finds commands by name, and turns errors into exit codes."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """Their names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, _ctx: Any, name: str) -> Any:
        """The command, or None when there is none of that name."""
        return load(name) if name in COMMANDS else None

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        with reported():
            return super().invoke(ctx)


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reflux {__version__}")
        raise typer.Exit


@app.callback()
def reflux(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Find distillation campaigns in a stream of API requests, and stop them.

    Example: reflux demo

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no broker answered, 4 invalid document,
    5 refused, 130 interrupted.
    """


def main() -> None:
    """Entry point of the command."""
    app(prog_name="reflux")
