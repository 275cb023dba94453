import inspect
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from app import __version__
from app.cli import COMMANDS, app, load
from app.commands import exits
from app.commands.options import EVERYTHING
from app.kafka.admin import BrokerUnreachable
from app.settings import InvalidSettings, Settings, flag_name, is_secret

RUNNER = CliRunner()


def leaves(name: str, command: Any) -> list[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(name, command)]
    return [leaf for key, one in inner.items() for leaf in leaves(f"{name} {key}", one)]


LEAVES = [leaf for name in COMMANDS for leaf in leaves(name, load(name))]


def test_the_commands_of_the_contract_are_there() -> None:
    assert {name for name, _ in LEAVES} >= {
        "worker", "demo", "simulate", "report", "tail",
        "topics apply", "topics list",
        "policy show", "policy validate", "policy apply", "policy diff",
        "operator suspend", "operator throttle", "operator release", "operator exempt",
        "campaign confirm", "campaign dismiss", "campaign undo",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "command"), LEAVES, ids=[name for name, _ in LEAVES])
def test_every_command_has_help_with_an_example_and_its_exit_codes(name: str, command: Any) -> None:
    text = inspect.getdoc(command.callback) or command.help
    assert f"Example: reflux {name}" in text
    assert "exit codes:" in text.lower()
    result = RUNNER.invoke(app, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output


def test_help_lists_every_command_and_every_exit_code() -> None:
    result = RUNNER.invoke(app, ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert name in result.output
    for code in (exits.OK, exits.FAILED, exits.USAGE, exits.UNREACHABLE, exits.INVALID):
        assert str(code) in result.output


def test_version() -> None:
    result = RUNNER.invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"reflux {__version__}\n")


@pytest.mark.parametrize("arguments", [["bogus"], ["tail", "--bogus"], ["topics", "bogus"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    assert RUNNER.invoke(app, arguments).exit_code == 2


def test_no_secret_is_a_flag_of_any_command() -> None:
    for name, command in LEAVES:
        flags = {flag for parameter in command.params for flag in parameter.opts}
        for secret in filter(is_secret, Settings.model_fields):
            assert flag_name(secret) not in flags, name


def test_a_worker_has_a_flag_for_every_other_setting() -> None:
    [worker] = [command for name, command in LEAVES if name == "worker"]
    flags = {flag for parameter in worker.params for flag in parameter.opts}
    assert {flag_name(name) for name in EVERYTHING} <= flags
    assert len(EVERYTHING) == sum(not is_secret(name) for name in Settings.model_fields)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidSettings("say what to do"), exits.USAGE),
        (BrokerUnreachable("say what to do"), exits.UNREACHABLE),
        (KeyboardInterrupt(), exits.INTERRUPTED),
    ],
)
def test_errors_of_users_become_exit_codes(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught, exits.reported():
        raise error
    assert caught.value.exit_code == code
    shown = capsys.readouterr().err
    assert shown == ("" if code == exits.INTERRUPTED else "reflux: say what to do\n")


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), exits.reported():
        raise ZeroDivisionError
