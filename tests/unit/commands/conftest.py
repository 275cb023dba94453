import os
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.commands import campaign, operator, policy, report, tail, topics, worker
from tests.unit.commands.fakes import FakeKafka

Reflux = Callable[..., Result]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("REFLUX_"):
            monkeypatch.delenv(name)
    # Wide enough that no sentence of a message is broken.
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def fake_kafka(monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    fake = FakeKafka()
    for module in (campaign, operator, policy):
        monkeypatch.setattr(module, "send", fake.send)
    for module in (policy, report, tail):
        monkeypatch.setattr(module, "TopicReader", fake.reader)
    for module in (topics, worker):
        monkeypatch.setattr(module, "Cluster", fake.cluster)
    return fake


@pytest.fixture
def reflux() -> Reflux:
    """Runs the command as a user would; nothing that a user does ends in a traceback."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
