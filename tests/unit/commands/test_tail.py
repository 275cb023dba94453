import json
import re

import pytest

from app.events.enforcement import Enforcement
from app.events.framing import to_avro
from tests.unit.commands.conftest import Reflux
from tests.unit.commands.fakes import FakeKafka
from tests.unit.events.samples import FULL

LIVE, SHADOW = "reflux.enforcements.v1", "reflux.enforcements-shadow.v1"
ONCE = ("--from-beginning", "--idle", "0.1")


def action(account: str, **changes: object) -> Enforcement:
    return Enforcement.from_fields(FULL[Enforcement] | {"account_id": account} | changes)


def put(kafka: FakeKafka, topic: str, *actions: Enforcement) -> None:
    for one in actions:
        kafka.put(topic, one.account_id.encode(), one.to_json())


def test_a_person_reads_one_line_per_action(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    put(fake_kafka, LIVE, action("acct-1"))
    result = reflux("tail", *ONCE)
    assert result.exit_code == 0
    [line] = result.stdout.splitlines()
    assert line.startswith("2026-04-24 03:06:40Z  throttle  acct-1  risk 0.50  6 requests/min")
    assert line.endswith("half of its requests are of one task")


def test_a_script_reads_one_object_per_action(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    put(fake_kafka, LIVE, action("acct-1"), action("acct-2"))
    result = reflux("tail", "--json", *ONCE)
    read = [Enforcement.from_fields(json.loads(line)) for line in result.stdout.splitlines()]
    assert read == [action("acct-1"), action("acct-2")]


def test_avro_is_shown_as_json(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.put(LIVE, b"acct-1", to_avro(action("acct-1"), 0))
    result = reflux("tail", "--json", *ONCE)
    assert json.loads(result.stdout)["account_id"] == "acct-1"


def test_one_account_only(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    put(fake_kafka, LIVE, action("acct-1"), action("acct-2"), action("acct-1", sequence=9))
    result = reflux("tail", "--json", "--account", "acct-1", *ONCE)
    assert [json.loads(line)["sequence"] for line in result.stdout.splitlines()] == [7, 9]


def test_limit_ends_it(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    put(fake_kafka, LIVE, *(action(f"acct-{n}") for n in range(5)))
    result = reflux("tail", "--json", "--from-beginning", "--limit", "2")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2


def test_shadow_is_another_topic(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    put(fake_kafka, LIVE, action("live"))
    put(fake_kafka, SHADOW, action("shadow"))
    result = reflux("tail", "--json", "--shadow", *ONCE)
    assert [json.loads(line)["account_id"] for line in result.stdout.splitlines()] == ["shadow"]


def test_without_from_beginning_old_actions_are_not_shown(
    reflux: Reflux, fake_kafka: FakeKafka
) -> None:
    put(fake_kafka, LIVE, action("acct-1"))
    assert reflux("tail", "--idle", "0.1").stdout == ""


def test_what_is_no_action_is_named_and_skipped(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.put(LIVE, b"x", b"<xml/>")
    put(fake_kafka, LIVE, action("acct-1"))
    result = reflux("tail", "--json", *ONCE)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1
    assert "skipped reflux.enforcements.v1:0:0" in result.stderr


def test_an_action_by_an_operator_names_him(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    changes = {"action": "suspend", "limit": None, "actor": "on-call", "expires_at": None}
    put(fake_kafka, LIVE, action("acct-1", **changes))
    result = reflux("tail", *ONCE)
    assert "by on-call" in result.stdout
    assert "until" not in result.stdout


CAMPAIGN = {
    "detector": "campaign",
    "observed": 0.96,
    "threshold": None,
    "population_percentile": None,
    "contribution": 1.0,
    "text": "The account belongs to a campaign.",
}


SUSPENDED = {"action": "suspend", "limit": None, "expires_at": None}


def test_beside_a_campaign_the_accounts_own_risk_is_not_shown(
    reflux: Reflux, fake_kafka: FakeKafka
) -> None:
    put(fake_kafka, LIVE, action("acct-1", reasons=[CAMPAIGN], **SUSPENDED))
    [line] = reflux("tail", *ONCE).stdout.splitlines()
    assert line.endswith("acct-1  The account belongs to a campaign.")


def test_every_reason_is_shown_on_demand(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    others = [CAMPAIGN | {"detector": "campaign.verdict", "text": text} for text in ("b", "c")]
    put(fake_kafka, LIVE, action("acct-1", reasons=[CAMPAIGN, *others]))
    assert len(reflux("tail", *ONCE).stdout.splitlines()) == 1
    lines = reflux("tail", "--why", *ONCE).stdout.splitlines()
    assert [line.strip() for line in lines[1:]] == ["- b", "- c"]


def test_a_terminal_gets_paragraphs_that_fit(
    reflux: Reflux, fake_kafka: FakeKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    reason = CAMPAIGN | {"text": "word " * 40}
    put(fake_kafka, LIVE, action("acct-1", reasons=[reason, reason]))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", reflux("tail", "--why", *ONCE).stdout).splitlines()
    assert lines[0].endswith("throttle  acct-1")
    assert len(lines) > 8
    assert all(line.startswith("    ") and len(line) <= 60 for line in lines[1:])
