"""What is deployed speaks of settings, topics and metrics that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import metrics
from app.cli import COMMANDS
from app.events.topics import TOPICS
from app.kafka.manifest import shipped_manifest
from app.settings import Settings
from app.worker import STOP_MARGIN_SECONDS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"

VARIABLES = {f"REFLUX_{name.upper()}" for name in Settings.model_fields}
# Read where no setting is loaded yet, or by single commands.
VARIABLES |= {"REFLUX_SECRETS_DIR", "REFLUX_OPERATOR"}


def load(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text())


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "README.md", "alerts.yaml"])
def test_variables_that_are_named_exist(name: str) -> None:
    named = set(re.findall(r"REFLUX_[A-Z_]+[A-Z]", (DEPLOY / name).read_text()))
    assert named
    assert named <= VARIABLES


def test_topics_file_is_the_one_that_is_shipped() -> None:
    assert (DEPLOY / "topics.yaml").read_text() == shipped_manifest()


# The image.


def dockerfile() -> list[str]:
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


def test_image_installs_what_is_locked_and_runs_as_nobody_special() -> None:
    lines = dockerfile()
    assert any("pip install" in line and "--require-hashes" in line for line in lines)
    last_stage = lines[[i for i, line in enumerate(lines) if line.startswith("FROM")][-1] :]
    assert "USER reflux" in last_stage
    assert any(line.startswith("HEALTHCHECK") and "start-period" in line for line in last_stage)
    assert 'ENTRYPOINT ["reflux"]' in last_stage


def test_image_is_built_from_files_that_exist() -> None:
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    for line in dockerfile():
        if line.startswith("COPY") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert f"!{source}" in allowed, source
                # The readme comes with the first release.
                assert source == "README.md" or (ROOT / source).exists(), source


def test_the_lock_holds_hashes_for_everything() -> None:
    text = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^[A-Za-z0-9._-]+(?:\[.*\])?==\S+ .*\\$", text, re.MULTILINE)
    assert pins
    assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE))


# The compose file.


def test_compose_starts_things_in_their_order() -> None:
    services = load("compose.yaml")["services"]
    assert services["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    waits = services["worker"]["depends_on"]
    assert waits["topics"] == {"condition": "service_completed_successfully"}
    for name in ("kafka", "schema-registry"):
        assert services[name]["healthcheck"]["test"], name


def test_compose_runs_commands_that_exist() -> None:
    services = load("compose.yaml")["services"]
    for name in ("topics", "worker"):
        assert services[name]["command"][0] in COMMANDS
        assert (DEPLOY / services[name]["build"]["context"]).resolve() == ROOT
        assert (ROOT / services[name]["build"]["dockerfile"]).exists()


def test_compose_lets_a_worker_write_its_last_checkpoint_or_say_that_it_cannot_stop() -> None:
    grace = load("compose.yaml")["services"]["worker"]["stop_grace_period"]
    timeout = Settings.model_fields["rebalance_timeout"].default
    assert int(grace.removesuffix("s")) > timeout + STOP_MARGIN_SECONDS


def test_brokers_create_no_topic_by_accident() -> None:
    broker = load("compose.yaml")["services"]["kafka"]["environment"]
    assert broker["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


# The alerts.

RULES = [rule for group in load("alerts.yaml")["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_an_alert_says_what_happened_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert len(rule["annotations"]["action"]) > 40


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_an_alert_asks_for_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    known = {item.exposed_name: item for item in metrics.CATALOGUE.definitions}
    asked = re.findall(r"(reflux_\w+)(?:\{([^}]*)\})?", rule["expr"])
    assert asked
    labels = {"instance", "version", "le"}
    for name, selector in asked:
        item = known[re.sub(r"_bucket$", "", name)]
        labels |= set(item.labels)
        for label in re.findall(r"(\w+)\s*=", selector):
            assert label in item.labels, label
    for grouping in re.findall(r"by \(([^)]*)\)", rule["expr"]):
        assert {label.strip() for label in grouping.split(",")} <= labels
    for used in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
        assert used in labels


def test_alert_for_full_state_fits_the_default_limit() -> None:
    [rule] = [rule for rule in RULES if rule["alert"] == "RefluxAccountsNearLimit"]
    threshold = int(re.findall(r"> (\d+)", rule["expr"])[0])
    limit = Settings.model_fields["max_accounts_per_partition"].default
    assert 0.8 * limit < threshold < limit
    assert f"{limit:,}" in rule["annotations"]["action"]


# The runbook.


def test_the_runbook_names_every_file_and_commands_that_exist() -> None:
    text = (DEPLOY / "README.md").read_text()
    for file in DEPLOY.iterdir():
        if file.name not in ("README.md", "Dockerfile.dockerignore"):
            assert f"`{file.name}`" in text, file.name
    used = set(re.findall(r"reflux ([a-z]+)\b(?! is| reads| ends)", text))
    assert used & set(COMMANDS) == {"campaign", "operator", "policy", "report", "tail", "topics"}


def test_the_runbook_documents_what_apply_points_at() -> None:
    assert "## Changing the number of partitions" in (DEPLOY / "README.md").read_text()


def test_topics_named_by_the_runbook_exist() -> None:
    names = {topic.name.removesuffix(".v1") for topic in TOPICS}
    text = (DEPLOY / "README.md").read_text()
    assert set(re.findall(r"`([a-z-]+)` topic", text)) <= names
