import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.events.topics import TOPICS
from app.kafka.admin import BrokerUnreachable
from app.kafka.manifest import shipped_manifest, wanted_topics
from app.settings import load_settings
from tests.unit.commands.conftest import Reflux
from tests.unit.commands.fakes import FakeKafka


def test_apply_creates_what_is_missing(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    result = reflux("topics", "apply", "--replication", "1")
    assert result.exit_code == 0
    assert len(fake_kafka.carried_out) == len(TOPICS) + 2
    assert {step.kind for step in fake_kafka.carried_out} == {"create"}
    assert {step.topic.replication for step in fake_kafka.carried_out} == {1}
    assert "created           reflux.requests.v1" in result.stdout


def test_apply_again_has_nothing_to_do(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings()))
    result = reflux("topics", "apply", "--json")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["action"] for line in lines} == {"keep"}


def test_dry_run_changes_nothing(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    result = reflux("topics", "apply", "--dry-run")
    assert result.exit_code == 0
    assert fake_kafka.carried_out == []
    assert "to be created     reflux.requests.v1" in result.stdout


def test_settings_that_differ_are_mended_and_shown(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings()))
    requests = fake_kafka.found["reflux.requests.v1"]
    config = dict(requests.config or {}) | {"retention.ms": "1"}
    fake_kafka.found["reflux.requests.v1"] = replace(requests, config=config)
    result = reflux("topics", "apply")
    [changed] = [step for step in fake_kafka.carried_out if step.kind == "configure"]
    assert changed.changes == {"retention.ms": "604800000"}
    assert "retention.ms = 604800000" in result.stdout


def test_one_refusal_keeps_everything_as_it_is(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings(partitions=6)))
    del fake_kafka.found["reflux.profiles.v1"]
    result = reflux("topics", "apply", "--partitions", "12")
    assert result.exit_code == 5
    assert fake_kafka.carried_out == []
    assert "migration" in result.stderr
    assert "nothing was changed" in result.stderr
    assert "created" not in result.stdout.replace("to be created", "")


def test_list_shows_how_topics_are(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings()))
    del fake_kafka.found["reflux.profiles.v1"]
    requests = fake_kafka.found["reflux.requests.v1"]
    fake_kafka.found["reflux.requests.v1"] = replace(requests, partitions=3)
    result = reflux("topics", "list", "--json")
    assert result.exit_code == 0
    states = {line["topic"]: line["state"] for line in map(json.loads, result.stdout.splitlines())}
    assert states["reflux.profiles.v1"] == "missing"
    assert states["reflux.requests.v1"] == "partitions differ"
    assert states["reflux.policy.v1"] == "ok"
    table = reflux("topics", "list").stdout.splitlines()
    assert table[0].split() == ["topic", "state", "partitions", "copies", "keyed", "by", "cleanup"]
    assert len(table) == len(TOPICS) + 3


def test_list_says_where_copies_differ(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings(), replication=1))
    requests = fake_kafka.found["reflux.requests.v1"]
    config = dict(requests.config or {}) | {"retention.ms": "1"}
    fake_kafka.found["reflux.requests.v1"] = replace(requests, config=config)

    def states(*arguments: str) -> dict[str, str]:
        lines = reflux("topics", "list", "--json", *arguments).stdout.splitlines()
        return {line["topic"]: line["state"] for line in map(json.loads, lines)}

    assert states()["reflux.profiles.v1"] == "copies differ"
    assert states()["reflux.requests.v1"] == "settings and copies differ"
    assert states("--replication", "1")["reflux.profiles.v1"] == "ok"


def test_apply_after_fewer_copies_has_nothing_to_do(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.as_wanted(wanted_topics(load_settings(), replication=1))
    result = reflux("topics", "apply")
    assert {step.kind for step in fake_kafka.carried_out} == {"keep"}
    assert "has 1 copy, 3 wanted" in result.stdout


def test_a_file_of_ones_own(reflux: Reflux, fake_kafka: FakeKafka, tmp_path: Path) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text(shipped_manifest().replace("account: 12", "account: 7"))
    reflux("topics", "apply", "--file", str(file))
    bound = [step.topic for step in fake_kafka.carried_out if step.topic.partitioning == "account"]
    assert {topic.partitions for topic in bound} == {7}


@pytest.mark.parametrize("command", ["apply", "list"])
def test_an_invalid_file_is_exit_code_4(
    reflux: Reflux, fake_kafka: FakeKafka, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text("replication: none")
    result = reflux("topics", command, "--file", str(file))
    assert result.exit_code == 4
    assert "replication" in result.stderr


@pytest.mark.parametrize("command", [["apply", "--file"], ["list", "--file"], ["acls"]])
def test_a_missing_file_is_exit_code_2(
    reflux: Reflux, fake_kafka: FakeKafka, command: list[str]
) -> None:
    result = reflux("topics", *command, "absent.yaml")
    assert (result.exit_code, result.stderr) == (
        2,
        "reflux: absent.yaml: No such file or directory\n",
    )


def test_no_broker_is_exit_code_3(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.raises = BrokerUnreachable("no broker at localhost:9092 answered")
    result = reflux("topics", "list")
    assert result.exit_code == 3
    assert result.stderr == "reflux: no broker at localhost:9092 answered\n"


def test_acls_are_printed_as_commands(reflux: Reflux) -> None:
    file = Path(__file__).parents[3] / "deploy" / "acls.yaml"
    result = reflux("topics", "acls", str(file), "--topic-prefix", "eu.")
    assert result.exit_code == 0
    assert all(line.startswith("kafka-acls.sh ") for line in result.stdout.splitlines())
    assert "--topic eu.requests.v1" in result.stdout
