import time

import pytest

from app.events.operators import OperatorCommand
from app.kafka.admin import BrokerUnreachable
from tests.unit.commands.conftest import Reflux
from tests.unit.commands.fakes import FakeKafka

TOPIC = "reflux.operators.v1"
LIMIT = ("--requests-per-minute", "6", "--tokens-per-minute", "2000")


def written(kafka: FakeKafka, topic: str = TOPIC) -> OperatorCommand:
    [message] = kafka.records[topic]
    record = OperatorCommand.from_json(message.value() or b"")
    assert message.key() == record.account_id.encode()
    return record


def test_suspend_until_another_command(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    before = time.time_ns() // 1_000_000
    result = reflux("operator", "suspend", "acct-1", "--reason", "seen", "--operator", "jo")
    assert result.exit_code == 0
    record = written(fake_kafka)
    assert (record.command, record.account_id) == ("suspend", "acct-1")
    assert (record.operator, record.reason, record.expires_at) == ("jo", "seen", None)
    assert before <= record.issued_at <= time.time_ns() // 1_000_000
    assert "acct-1 will be suspended until another command" in result.stdout
    assert f"written to {TOPIC}, partition 0, offset 0" in result.stdout


def test_throttle_for_a_while(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    result = reflux("operator", "throttle", "a", *LIMIT, "--reason", "r", "--for", "1d12h")
    assert result.exit_code == 0
    record = written(fake_kafka)
    assert record.limit is not None
    assert (record.limit.requests_per_minute, record.limit.tokens_per_minute) == (6, 2000)
    assert record.expires_at is not None
    assert record.expires_at - record.issued_at == pytest.approx(36 * 3_600_000, abs=1_000)
    assert "6 requests and 2000 tokens a minute until " in result.stdout


def test_release(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    result = reflux("operator", "release", "a", "--reason", "honest")
    assert result.exit_code == 0
    assert written(fake_kafka).command == "release"
    assert "not acted on again for the same evidence" in result.stdout


def test_the_confirmation_says_that_names_are_not_checked(
    reflux: Reflux, fake_kafka: FakeKafka
) -> None:
    why = ("acct-9", "--reason", "r")
    for command in (["release"], ["exempt", "--for", "1h"]):
        assert "no such account, or it is not limited" in reflux("operator", *command, *why).stdout
    for command in (["suspend"], ["throttle", *LIMIT]):
        assert "even if there is no such account" in reflux("operator", *command, *why).stdout


def test_exempt_until_a_day(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    result = reflux(
        "operator", "exempt", "a", "--reason", "r", "--until", "2099-05-01T12:00:00+02:00"
    )
    assert result.exit_code == 0
    assert written(fake_kafka).expires_at == 4_081_312_800_000
    assert "until 2099-05-01 10:00:00Z" in result.stdout


def test_dry_run_sends_nothing(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    result = reflux("operator", "suspend", "a", "--reason", "r", "--dry-run")
    assert result.exit_code == 0
    assert fake_kafka.records == {}
    assert '"command":"suspend"' in result.stdout


def test_operator_comes_from_the_environment(
    reflux: Reflux, fake_kafka: FakeKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFLUX_OPERATOR", "jo")
    reflux("operator", "release", "a", "--reason", "r")
    assert written(fake_kafka).operator == "jo"


def test_connection_flags_and_prefix_hold(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    reflux(
        "operator", "release", "a", "--reason", "r",
        "--topic-prefix", "eu.", "--bootstrap-servers", "k:1",
    )  # fmt: skip
    assert written(fake_kafka, "eu.operators.v1")
    assert fake_kafka.settings[0].bootstrap_servers == "k:1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["suspend", "a"], "--reason"),
        (["suspend", "--reason", "r"], "account"),
        (["suspend", "", "--reason", "r"], "account_id"),
        (["suspend", "x" * 65, "--reason", "r"], "account_id"),
        (["suspend", "a", "--reason", ""], "reason"),
        (["suspend", "a", "--reason", "r", "--for", "soon"], "'soon' is no duration"),
        (["suspend", "a", "--reason", "r", "--until", "soon"], "'soon' is no time"),
        (["suspend", "a", "--reason", "r", "--until", "2001-01-01"], "not after issued_at"),
        (["suspend", "a", "--reason", "r", "--for", "1h", "--until", "2099-01-01"], "one of them"),
        (["throttle", "a", "--reason", "r"], "--requests-per-minute"),
        (["exempt", "a", "--reason", "r"], "--for or --until"),
        (["pardon", "a"], "pardon"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_why(
    reflux: Reflux, fake_kafka: FakeKafka, arguments: list[str], message: str
) -> None:
    result = reflux("operator", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert fake_kafka.records == {}


def test_no_broker_is_exit_code_3(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.raises = BrokerUnreachable("not acknowledged")
    result = reflux("operator", "release", "a", "--reason", "r")
    assert result.exit_code == 3
    assert result.stdout == ""
