"""The command against a broker: what it writes is found, what is written it shows."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.partitioner import DefaultPartitioner
from typer.testing import CliRunner, Result

from app.cli import app
from app.events.enforcement import Enforcement
from app.events.operators import OperatorCommand
from app.policy.load import default_policy
from tests.kafka.cluster import Cluster
from tests.unit.events.samples import FULL

PARTITIONS = 3


class Deployment:
    """Topics of this test's own, and the command pointed at them."""

    def __init__(self, kafka: Cluster) -> None:
        self.kafka = kafka
        self.prefix = f"{kafka.unique('commands')}."
        self.environment = {
            "REFLUX_BOOTSTRAP_SERVERS": kafka.bootstrap,
            "REFLUX_TOPIC_PREFIX": self.prefix,
            "REFLUX_APP_ID": self.prefix.removesuffix("."),
            "REFLUX_PARTITIONS": str(PARTITIONS),
            "REFLUX_EMBEDDED_BROKER": str(kafka.kind == "embedded").lower(),
        }

    def reflux(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env=self.environment)

    def done(self, *arguments: str) -> str:
        result = self.reflux(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def deployment(kafka: Cluster) -> Iterator[Deployment]:
    deployment = Deployment(kafka)
    deployment.done("topics", "apply", "--replication", "1")
    yield deployment
    names = list(kafka.admin.list_topics(timeout=30).topics)
    kafka.delete_topics([name for name in names if name.startswith(deployment.prefix[:-1])])


def test_topics_are_listed_as_they_should_be(deployment: Deployment) -> None:
    lines = deployment.done("topics", "list", "--json", "--replication", "1").splitlines()
    assert {json.loads(line)["state"] for line in lines} == {"ok"}
    refused = deployment.reflux("topics", "apply", "--replication", "1", "--partitions", "7")
    assert refused.exit_code == 5


def test_commands_land_on_the_partition_of_their_account(deployment: Deployment) -> None:
    accounts = [f"acct-{number}" for number in range(8)]
    for account in accounts:
        deployment.done("operator", "release", account, "--reason", "r")
    messages = deployment.kafka.consume(f"{deployment.prefix}operators.v1", len(accounts))
    partitioner = DefaultPartitioner()
    numbers = list(range(PARTITIONS))
    assert {message.key() for message in messages} == {account.encode() for account in accounts}
    for message in messages:
        # aiokafka partitions as Java does, and so does Faust.
        assert message.partition() == partitioner(message.key(), numbers, numbers)
        assert OperatorCommand.from_json(message.value() or b"").command == "release"
        assert message.headers() == [("content-type", b"application/json")]


def test_a_published_policy_is_the_one_shown(deployment: Deployment, tmp_path: Path) -> None:
    assert json.loads(deployment.done("policy", "show", "--json"))["version"] == "1"
    file = tmp_path / "policy.yaml"
    shown = deployment.done("policy", "show")
    file.write_text(shown.replace("shadow: false", "shadow: true", 1))
    deployment.done("policy", "apply", str(file), "--version", "2", "--reason", "quiet")
    now = json.loads(deployment.done("policy", "show", "--json"))
    assert (now["version"], now["reason"], now["shadow"]) == ("2", "quiet", True)
    assert now["ladder"] == default_policy().model_dump(mode="json")["ladder"]
    assert deployment.reflux("policy", "diff", str(file), "--exit-code").exit_code == 0


def test_tail_reads_every_partition_from_the_beginning(deployment: Deployment) -> None:
    actions = [
        Enforcement.from_fields(FULL[Enforcement] | {"account_id": f"acct-{number}"})
        for number in range(6)
    ]
    deployment.kafka.produce(
        f"{deployment.prefix}enforcements.v1",
        [(action.account_id, action.to_json()) for action in actions],
    )
    lines = deployment.done("tail", "--from-beginning", "--json", "--limit", "6").splitlines()
    assert {json.loads(line)["account_id"] for line in lines} == {
        action.account_id for action in actions
    }


def test_tail_follows_until_it_is_interrupted(deployment: Deployment) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "tail", "--json"],
        env=os.environ | deployment.environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        action = Enforcement.from_fields(FULL[Enforcement])
        topic = f"{deployment.prefix}enforcements.v1"
        os.set_blocking(process.stdout.fileno(), False)
        deadline = time.monotonic() + 60
        line = ""
        # Written again and again: it shows only what comes after it has found the end.
        while not line and time.monotonic() < deadline:
            deployment.kafka.produce(topic, [(action.account_id, action.to_json())])
            time.sleep(0.2)
            line = process.stdout.readline()
        assert json.loads(line)["action_id"] == action.action_id
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_a_missing_topic_is_said_with_advice(kafka: Cluster) -> None:
    deployment = Deployment(kafka)
    for arguments in (
        ("tail", "--limit", "1"),
        ("policy", "show"),
        ("operator", "release", "a", "--reason", "r"),
    ):
        result = deployment.reflux(*arguments)
        assert result.exit_code == 1
        assert "reflux topics apply" in result.stderr
    result = deployment.reflux("worker")
    assert result.exit_code == 5
    assert "reflux topics apply" in result.stderr
