import getpass
import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.events.policies import PolicyRecord
from app.kafka.admin import BrokerUnreachable
from app.policy.document import PolicyDocument
from app.policy.load import InvalidPolicy, default_policy, load_policy, published_policy
from tests.unit.commands.conftest import Reflux
from tests.unit.commands.fakes import FakeKafka

TOPIC = "reflux.policy.v1"


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The shipped policy with two settings changed, as somebody saved it."""
    document = default_policy().model_dump(mode="json")
    document["shadow"] = True
    document["ladder"]["throttle"]["risk"] = 0.91
    return write(tmp_path / "policy.yaml", document)


def write(file: Path, document: Any) -> Path:
    file.write_text(yaml.safe_dump(document))
    return file


def publish(kafka: FakeKafka, **changes: Any) -> PolicyDocument:
    plain = default_policy().model_dump(mode="json") | {"published_at": 1} | changes
    kafka.put(TOPIC, plain["name"].encode(), json.dumps(plain).encode())
    return PolicyDocument.model_validate(plain)


def test_show_explains_every_field_and_can_be_read_back(
    reflux: Reflux, fake_kafka: FakeKafka
) -> None:
    result = reflux("policy", "show")
    assert result.exit_code == 0
    assert load_policy(result.stdout.encode()) == default_policy()
    assert "# Event time from which it judges" in result.stdout
    settings = [line for line in result.stdout.splitlines() if line and "#" not in line]
    assert len(settings) < result.stdout.count("#")


def test_show_shipped_needs_no_broker(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.raises = BrokerUnreachable("away")
    assert reflux("policy", "show").exit_code == 3
    result = reflux("policy", "show", "--shipped", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == default_policy().model_dump(mode="json")


def test_show_gives_the_newest_valid_policy_of_that_name(
    reflux: Reflux, fake_kafka: FakeKafka
) -> None:
    publish(fake_kafka, version="2")
    newest = publish(fake_kafka, version="3", shadow=True)
    publish(fake_kafka, name="other", version="9")
    refused = json.dumps(newest.model_dump(mode="json") | {"ladder": 7}).encode()
    fake_kafka.put(TOPIC, b"default", refused)
    result = reflux("policy", "show", "--json")
    assert json.loads(result.stdout) == newest.model_dump(mode="json")
    with pytest.raises(InvalidPolicy) as why:
        published_policy(refused)
    assert f"workers refuse reflux.policy.v1:0:3: {why.value}" in result.stderr
    assert "ladder" in str(why.value)


def test_what_workers_refused_before_the_policy_in_force_is_history(
    reflux: Reflux, fake_kafka: FakeKafka
) -> None:
    fake_kafka.put(TOPIC, b"default", b"no JSON at all")
    assert "workers refuse" in reflux("policy", "show").stderr
    publish(fake_kafka, version="2")
    assert reflux("policy", "show").stderr == ""


def test_a_record_is_read_as_workers_read_it(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    # A file may be YAML, a record is JSON.
    fake_kafka.put(TOPIC, b"default", yaml.safe_dump({"version": "2"}).encode())
    result = reflux("policy", "show", "--json")
    assert json.loads(result.stdout)["version"] == "1"
    assert "workers refuse reflux.policy.v1:0:0: malformed" in result.stderr


def test_a_tombstone_brings_the_shipped_policy_back(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    publish(fake_kafka, version="2")
    fake_kafka.put(TOPIC, b"default", None)
    assert json.loads(reflux("policy", "show", "--json").stdout)["version"] == "1"


def test_validate_counts_what_differs(reflux: Reflux, edited: Path) -> None:
    result = reflux("policy", "validate", str(edited))
    assert result.exit_code == 0
    assert "2 settings differ from the shipped policy" in result.stdout


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("laddder: {}", "laddder"),
        ("ladder: {throttle: {risk: 2}}", "ladder.throttle.risk"),
        ("shadow: maybe", "shadow"),
        ("[]", "not a mapping"),
        ("{", "neither YAML nor JSON"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "diff", "apply"])
def test_an_invalid_document_is_exit_code_4_with_place_and_reason(
    reflux: Reflux, fake_kafka: FakeKafka, tmp_path: Path, command: str, text: str, place: str
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    result = reflux("policy", command, str(file))
    assert result.exit_code == 4
    assert str(file) in result.stderr
    assert place in result.stderr
    assert fake_kafka.records == {}


def test_each_error_of_a_document_names_the_file(reflux: Reflux, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("ladder: {throttle: {risk: 2}}\nshadow: maybe\n")
    lines = reflux("policy", "validate", str(file)).stderr.removeprefix("reflux: ").splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{file}: ") for line in lines)


def test_a_missing_file_is_exit_code_2(reflux: Reflux, tmp_path: Path) -> None:
    result = reflux("policy", "validate", str(tmp_path / "absent.yaml"))
    assert result.exit_code == 2
    assert "No such file" in result.stderr


def test_diff_shows_old_and_new(reflux: Reflux, fake_kafka: FakeKafka, edited: Path) -> None:
    result = reflux("policy", "diff", str(edited))
    assert result.exit_code == 0
    before = default_policy().ladder.throttle.risk
    assert result.stdout.splitlines() == [
        "shadow: false -> true",
        f"ladder.throttle.risk: {before} -> 0.91",
    ]


def test_diff_can_tell_a_script(reflux: Reflux, fake_kafka: FakeKafka, edited: Path) -> None:
    assert reflux("policy", "diff", str(edited), "--exit-code").exit_code == 1
    publish(fake_kafka, version="2", **load_policy(edited).model_dump(include={"shadow", "ladder"}))
    assert reflux("policy", "diff", str(edited), "--exit-code").exit_code == 0
    assert reflux("policy", "diff", str(edited), "--exit-code", "--shipped").exit_code == 1


def test_apply_publishes_the_whole_document_under_its_name(
    reflux: Reflux, fake_kafka: FakeKafka, edited: Path
) -> None:
    before = time.time_ns() // 1_000_000
    result = reflux(
        "policy", "apply", str(edited), "--version", "2", "--reason", "try", "--author", "jo"
    )
    assert result.exit_code == 0
    [message] = fake_kafka.records[TOPIC]
    assert message.key() == b"default"
    value = message.value() or b""
    record = PolicyRecord.from_json(value)
    assert (record.version, record.reason, record.author) == ("2", "try", "jo")
    assert before <= record.published_at <= time.time_ns() // 1_000_000
    assert record.effective_from is None
    document = load_policy(value)
    assert document.shadow
    assert set(json.loads(value)) == set(PolicyDocument.model_fields)
    assert "published default version 2" in result.stdout
    assert "ladder.throttle.risk" in result.stdout


def test_the_author_is_whom_the_document_names_anew(
    reflux: Reflux, fake_kafka: FakeKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(fake_kafka, version="2", author="kim")
    monkeypatch.setenv("REFLUX_OPERATOR", "operator")

    def author(version: str, named: str, *arguments: str) -> str:
        document = default_policy().model_dump(mode="json") | {"author": named}
        file = write(tmp_path / "policy.yaml", document)
        result = reflux("policy", "apply", str(file), "--version", version, *arguments)
        assert result.exit_code == 0, result.output
        return PolicyRecord.from_json(fake_kafka.records[TOPIC][-1].value() or b"").author

    assert author("3", "kim") == "operator"
    assert author("4", default_policy().author) == "operator"
    assert author("5", "jo") == "jo"
    assert author("6", "lee", "--author", "max") == "max"
    monkeypatch.delenv("REFLUX_OPERATOR")
    monkeypatch.setattr(getpass, "getuser", lambda: "user")
    assert author("7", "max") == "user"


def test_an_edited_copy_does_not_judge_from_the_former_publication(
    reflux: Reflux, fake_kafka: FakeKafka, tmp_path: Path
) -> None:
    publish(fake_kafka, version="2", effective_from=5)
    shown = reflux("policy", "show").stdout
    file = tmp_path / "policy.yaml"
    file.write_text(shown.replace("shadow: false", "shadow: true", 1))
    reflux("policy", "apply", str(file), "--version", "3")
    record = PolicyRecord.from_json(fake_kafka.records[TOPIC][-1].value() or b"")
    assert record.effective_from is None
    assert record.published_at > 5


def test_apply_from_a_time_on(reflux: Reflux, fake_kafka: FakeKafka, edited: Path) -> None:
    result = reflux(
        "policy", "apply", str(edited), "--version", "2", "--effective-from", "2030-01-01"
    )
    record = PolicyRecord.from_json(fake_kafka.records[TOPIC][0].value() or b"")
    assert record.effective_from == 1_893_456_000_000
    assert "from 2030-01-01 00:00:00Z on" in result.stdout


def test_a_version_is_not_published_twice_with_other_content(
    reflux: Reflux, fake_kafka: FakeKafka, edited: Path
) -> None:
    result = reflux("policy", "apply", str(edited))
    assert result.exit_code == 5
    assert "--version" in result.stderr
    assert TOPIC not in fake_kafka.records


def test_nor_is_a_version_of_long_ago(reflux: Reflux, fake_kafka: FakeKafka, edited: Path) -> None:
    publish(fake_kafka, version="2")
    publish(fake_kafka, version="3")
    assert reflux("policy", "apply", str(edited), "--version", "2").exit_code == 5
    assert reflux("policy", "apply", str(edited), "--version", "4").exit_code == 0


def test_applying_what_is_in_force_does_nothing(
    reflux: Reflux, fake_kafka: FakeKafka, edited: Path
) -> None:
    for _ in range(2):
        assert reflux("policy", "apply", str(edited), "--version", "2").exit_code == 0
    assert len(fake_kafka.records[TOPIC]) == 1


def test_dry_run_compares_and_sends_nothing(
    reflux: Reflux, fake_kafka: FakeKafka, edited: Path
) -> None:
    result = reflux("policy", "apply", str(edited), "--version", "2", "--dry-run")
    assert result.exit_code == 0
    assert "shadow: false -> true" in result.stdout
    assert fake_kafka.records == {}


def test_a_version_that_is_no_name_is_refused(
    reflux: Reflux, fake_kafka: FakeKafka, edited: Path
) -> None:
    result = reflux("policy", "apply", str(edited), "--version", "v" * 200)
    assert result.exit_code == 4
    assert "version" in result.stderr
