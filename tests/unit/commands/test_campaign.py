import time

import pytest

from app.events.campaign_commands import CampaignCommand
from app.kafka.admin import BrokerUnreachable
from tests.unit.commands.conftest import Reflux
from tests.unit.commands.fakes import FakeKafka

TOPIC = "reflux.campaign-commands.v1"
CAMPAIGN = "0001429a5c0ffee1"


def written(kafka: FakeKafka) -> CampaignCommand:
    [message] = kafka.records[TOPIC]
    record = CampaignCommand.from_json(message.value() or b"")
    assert message.key() == record.campaign_id.encode()
    return record


@pytest.mark.parametrize("command", ["confirm", "dismiss", "undo"])
def test_a_decision_is_written_with_who_and_why(
    command: str, reflux: Reflux, fake_kafka: FakeKafka
) -> None:
    before = time.time_ns() // 1_000_000
    result = reflux("campaign", command, CAMPAIGN, "--reason", "seen", "--operator", "jo")
    assert result.exit_code == 0
    record = written(fake_kafka)
    assert (record.command, record.campaign_id) == (command, CAMPAIGN)
    assert (record.operator, record.reason, record.expires_at) == ("jo", "seen", None)
    assert before <= record.issued_at <= time.time_ns() // 1_000_000
    assert CAMPAIGN in result.stdout
    assert "if there is no such campaign, nothing changes; `reflux report --list`" in result.stdout
    assert f"written to {TOPIC}, partition 0, offset 0" in result.stdout


def test_a_dismissal_for_a_while(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    result = reflux("campaign", "dismiss", CAMPAIGN, "--reason", "r", "--for", "7d")
    assert result.exit_code == 0
    record = written(fake_kafka)
    assert record.expires_at is not None
    assert record.expires_at - record.issued_at == pytest.approx(7 * 86_400_000, abs=1_000)
    assert "leave them alone until 20" in result.stdout


def test_a_dry_run_sends_nothing(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    result = reflux("campaign", "confirm", CAMPAIGN, "--reason", "r", "--dry-run")
    assert result.exit_code == 0
    assert "not sent" in result.stdout
    assert not fake_kafka.records


@pytest.mark.parametrize("campaign", ["c-1", CAMPAIGN.upper(), CAMPAIGN + "0"])
def test_what_is_no_campaign_id_is_wrong_usage(
    campaign: str, reflux: Reflux, fake_kafka: FakeKafka
) -> None:
    assert reflux("campaign", "confirm", campaign, "--reason", "r").exit_code == 2
    assert not fake_kafka.records


def test_nothing_is_promised_where_nothing_was_written(
    reflux: Reflux, fake_kafka: FakeKafka
) -> None:
    fake_kafka.raises = BrokerUnreachable("not acknowledged")
    result = reflux("campaign", "dismiss", CAMPAIGN, "--reason", "r")
    assert (result.exit_code, result.stdout) == (3, "")
