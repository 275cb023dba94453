from pathlib import Path

import pytest
import yaml

from app.events.topics import TOPICS, Topic
from app.kafka.manifest import InvalidManifest, shipped_manifest, wanted_topics
from app.settings import Settings, load_settings

SHIPPED = yaml.safe_load(shipped_manifest())


def test_every_topic_of_the_contract_is_there_and_no_other() -> None:
    assert list(SHIPPED["topics"]) == [topic.name for topic in TOPICS]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_file_and_contract_agree(topic: Topic) -> None:
    entry = SHIPPED["topics"][topic.name]
    assert entry["partitions"] == topic.partitioning
    policies = entry["config"]["cleanup.policy"].split(",")
    assert ("compact" in policies) == topic.compacted
    # What is only ever appended to must end some day.
    assert ("retention.ms" in entry["config"]) == ("delete" in policies)


def test_dead_letters_are_kept_for_seven_days() -> None:
    config = SHIPPED["topics"]["dead-letters.v1"]["config"]
    assert config["retention.ms"] == 7 * 86_400_000


def test_changelogs_are_never_deleted_by_time_and_stay_short() -> None:
    for entry in SHIPPED["changelogs"].values():
        config = entry["config"]
        assert config["cleanup.policy"] == "compact"
        assert "retention.ms" not in config
        assert config["segment.bytes"] == 64 * 1024 * 1024
        assert config["min.cleanable.dirty.ratio"] == 0.1
        assert 0 < config["max.compaction.lag.ms"] <= 86_400_000


def test_file_and_settings_have_the_same_default() -> None:
    default = Settings.model_fields["partitions"].default
    assert SHIPPED["partitions"]["account"] == SHIPPED["partitions"]["link"] == default


def test_names_carry_prefix_and_application() -> None:
    settings = load_settings(topic_prefix="eu.", app_id="reflux-eu")
    topics = [topic.name for topic in wanted_topics(settings)]
    assert "eu.requests.v1" in topics
    assert {"reflux-eu-accounts-changelog", "reflux-eu-links-changelog"} <= set(topics)
    assert len(topics) == len(TOPICS) + 2


def test_partitions_of_the_settings_win_where_keys_are_bound() -> None:
    counts = {
        topic.partitioning: topic.partitions for topic in wanted_topics(load_settings(partitions=5))
    }
    assert counts["account"] == counts["link"] == 5
    assert counts["shared"] == SHIPPED["partitions"]["shared"]


@pytest.mark.parametrize(
    ("replication", "in_sync"), [(None, "2"), (3, "2"), (2, "1"), (1, "1"), (5, "2")]
)
def test_copies_in_sync_leave_room_for_one_broker_to_be_away(
    replication: int | None, in_sync: str
) -> None:
    for topic in wanted_topics(load_settings(), replication=replication):
        assert topic.replication == (replication or 3)
        assert topic.config["min.insync.replicas"] == in_sync


def test_values_are_written_as_kafka_reads_them() -> None:
    topics = {topic.name: topic for topic in wanted_topics(load_settings())}
    config = topics["reflux-accounts-changelog"].config
    assert config["min.cleanable.dirty.ratio"] == "0.1"
    assert config["unclean.leader.election.enable"] == "false"
    assert config["segment.bytes"] == "67108864"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not YAML"),
        ("[]", "document"),
        ("replication: 0", "replication"),
        ("copies: 3", "copies"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text(text)
    with pytest.raises(InvalidManifest) as caught:
        wanted_topics(load_settings(), file=file)
    assert str(file) in str(caught.value)
    assert message in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No such file"):
        wanted_topics(load_settings(), file=tmp_path / "absent.yaml")


def test_a_file_of_ones_own_is_used(tmp_path: Path) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text(shipped_manifest().replace("account: 12", "account: 7"))
    topics = wanted_topics(load_settings(), file=file)
    assert {topic.partitions for topic in topics if topic.partitioning == "account"} == {7}
