import errno
import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import pytest
import structlog

from app.kafka.admin import BrokerUnreachable
from app.kafka.manifest import wanted_topics
from app.settings import Settings, load_settings
from tests.unit.commands.conftest import Reflux
from tests.unit.commands.fakes import FakeKafka


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Settings]]:
    """The settings that workers were started with; none really is."""
    settings: list[Settings] = []
    module = ModuleType("app.worker")
    module.run_worker = settings.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "app.worker", module)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield settings
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_a_worker_starts_with_settings_of_environment_and_flags(
    reflux: Reflux,
    fake_kafka: FakeKafka,
    started: list[Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings()))
    monkeypatch.setenv("REFLUX_SASL_PASSWORD", "a long secret")
    result = reflux("worker", "--web-port", "0", "--no-embedded-broker")
    assert result.exit_code == 0
    [settings] = started
    assert settings.web_port == 0
    assert settings.sasl_password.get_secret_value() == "a long secret"
    assert "a long secret" not in result.output


def test_topics_that_are_missing_stop_it_before_it_starts(
    reflux: Reflux, fake_kafka: FakeKafka, started: list[Settings]
) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings()))
    del fake_kafka.found["reflux.verdicts.v1"]
    result = reflux("worker")
    assert result.exit_code == 5
    assert "topics are missing: reflux.verdicts.v1" in result.stderr
    assert "reflux topics apply" in result.stderr
    assert started == []


def test_unequal_partitions_stop_it_before_it_starts(
    reflux: Reflux, fake_kafka: FakeKafka, started: list[Settings]
) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings()))
    profiles = fake_kafka.found["reflux.profiles.v1"]
    fake_kafka.found["reflux.profiles.v1"] = replace(profiles, partitions=3)
    result = reflux("worker")
    assert result.exit_code == 5
    assert "reflux.profiles.v1 has 3 partitions, 12 wanted" in result.stderr
    assert started == []


def test_drifted_settings_of_topics_do_not_stop_it(
    reflux: Reflux, fake_kafka: FakeKafka, started: list[Settings]
) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings(), replication=1))
    assert reflux("worker").exit_code == 0
    assert len(started) == 1


def test_no_broker_is_exit_code_3(
    reflux: Reflux, fake_kafka: FakeKafka, started: list[Settings]
) -> None:
    fake_kafka.raises = BrokerUnreachable("no broker answered")
    assert reflux("worker").exit_code == 3


def test_invalid_settings_are_exit_code_2(reflux: Reflux, started: list[Settings]) -> None:
    result = reflux("worker", "--web-port", "high")
    assert result.exit_code == 2
    assert result.stderr.startswith("reflux: REFLUX_WEB_PORT: ")
    assert started == []


def test_a_taken_port_is_said_with_advice(
    reflux: Reflux, fake_kafka: FakeKafka, started: list[Settings]
) -> None:
    def taken(_settings: Settings) -> None:
        raise OSError(errno.EADDRINUSE, "address already in use")

    sys.modules["app.worker"].run_worker = taken  # type: ignore[attr-defined]
    fake_kafka.as_wanted(wanted_topics(load_settings()))
    result = reflux("worker")
    assert result.exit_code == 1
    assert "address already in use; choose another with --web-port" in result.stderr
