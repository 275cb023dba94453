from pathlib import Path

import pytest

from app.events.topics import INFRASTRUCTURE, TOPICS, WORKER
from app.kafka.acls import acl_commands, load_acls
from app.kafka.manifest import InvalidManifest
from app.settings import load_settings

FILE = Path(__file__).parents[3] / "deploy" / "acls.yaml"
ACLS = load_acls(FILE)
SETTINGS = load_settings(bootstrap_servers="kafka:9092", app_id="reflux-eu", topic_prefix="eu.")


def test_a_worker_may_do_what_the_contract_says_and_no_more() -> None:
    worker = ACLS.principals["User:reflux-worker"]
    assert set(worker.read) == {topic.name for topic in TOPICS if WORKER in topic.readers}
    assert set(worker.write) == {topic.name for topic in TOPICS if WORKER in topic.writers}


def test_infrastructure_may_read_what_it_applies_and_never_the_shadow() -> None:
    reader = ACLS.principals["User:enforcement"]
    assert set(reader.read) == {topic.name for topic in TOPICS if INFRASTRUCTURE in topic.readers}
    assert "enforcements-shadow.v1" not in reader.read
    assert reader.write == []


def test_every_topic_can_be_written_and_read_by_somebody() -> None:
    everybody = ACLS.principals.values()
    for topic in TOPICS:
        assert any(topic.name in principal.write for principal in everybody), topic.name
        assert any(topic.name in principal.read for principal in everybody), topic.name


def test_only_workers_may_write_actions_and_state() -> None:
    for topic in TOPICS:
        if topic.writers == (WORKER,):
            writers = [name for name, one in ACLS.principals.items() if topic.name in one.write]
            assert writers == ["User:reflux-worker"], topic.name


def test_few_may_read_dead_letters() -> None:
    readers = [name for name, one in ACLS.principals.items() if "dead-letters.v1" in one.read]
    assert readers == ["User:dead-letter-reader"]


def test_commands_are_for_a_shell_and_carry_the_names_of_the_deployment() -> None:
    commands = list(acl_commands(ACLS, SETTINGS))
    start = "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal"
    assert all(command.startswith(start) for command in commands)
    worker = [command for command in commands if "User:reflux-worker" in command]
    assert f"{start} User:reflux-worker --topic eu.requests.v1 --operation Read" in worker[0]
    assert any("--topic reflux-eu-accounts-changelog" in command for command in worker)
    assert any("--group reflux-eu " in command for command in worker)
    assert any(
        "--transactional-id reflux-eu --resource-pattern-type prefixed" in command
        for command in worker
    )


def test_a_name_cannot_break_out_of_its_command(tmp_path: Path) -> None:
    file = tmp_path / "acls.yaml"
    file.write_text("principals: {'User:x; rm -rf /': {groups: ['$(id)']}}")
    [command] = acl_commands(load_acls(file), SETTINGS)
    assert "'User:x; rm -rf /'" in command
    assert "'$(id)'" in command


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("principals: {User:x: {read: [nosuch.v1]}}", "no such topic: nosuch.v1"),
        ("principals: {someone: {}}", "principals.someone"),
        ("principals: {User:x: {delete: [requests.v1]}}", "delete"),
        ("{", "not YAML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "acls.yaml"
    file.write_text(text)
    with pytest.raises(InvalidManifest, match=message):
        load_acls(file)
