from dataclasses import replace

from app.kafka.manifest import WantedTopic
from app.kafka.plan import FoundTopic, describe, plan

CONFIG = {"cleanup.policy": "compact,delete", "retention.ms": "1000"}
WANTED = WantedTopic("reflux.requests.v1", 12, "account", 3, CONFIG)
SAME = FoundTopic(12, 3, CONFIG | {"compression.type": "producer"})


def test_what_is_missing_is_created() -> None:
    [step] = plan([WANTED], {})
    assert step.kind == "create"


def test_what_fits_is_kept_and_settings_not_ours_are_left_alone() -> None:
    [step] = plan([WANTED], {WANTED.name: SAME})
    assert (step.kind, step.changes, step.notes) == ("keep", {}, ())


def test_settings_that_differ_are_changed_and_no_others() -> None:
    found = replace(SAME, config=CONFIG | {"retention.ms": "5"})
    [step] = plan([WANTED], {WANTED.name: found})
    assert (step.kind, step.changes) == ("configure", {"retention.ms": "1000"})


def test_the_order_of_cleanup_policies_means_nothing() -> None:
    found = replace(SAME, config=CONFIG | {"cleanup.policy": "delete,compact"})
    [step] = plan([WANTED], {WANTED.name: found})
    assert step.kind == "keep"


def test_another_partition_count_is_refused_where_keys_are_bound() -> None:
    for partitioning in ("account", "link"):
        wanted = replace(WANTED, partitioning=partitioning)
        [step] = plan([wanted], {WANTED.name: replace(SAME, partitions=6, config={})})
        assert step.kind == "refuse"
        assert step.changes == {}
        assert "migration" in step.notes[0]
        assert "REFLUX_PARTITIONS=6" in step.notes[0]


def test_a_topic_that_must_have_one_order_must_have_one_partition() -> None:
    wanted = replace(WANTED, partitioning="single", partitions=1)
    [step] = plan([wanted], {WANTED.name: replace(SAME, partitions=3)})
    assert step.kind == "refuse"
    assert "in the same order" in step.notes[0]


def test_another_partition_count_is_noted_where_any_will_do() -> None:
    wanted = replace(WANTED, partitioning="shared")
    [step] = plan([wanted], {WANTED.name: replace(SAME, partitions=1)})
    assert step.kind == "keep"
    assert step.notes == ("has 1 partition, 12 wanted: any count will do",)


def test_another_number_of_copies_is_noted() -> None:
    [step] = plan([WANTED], {WANTED.name: replace(SAME, replication=1)})
    assert step.kind == "keep"
    assert step.notes[0].startswith("has 1 copy, 3 wanted: ")
    assert "kafka-reassign-partitions" in step.notes[0]
    [step] = plan([WANTED], {WANTED.name: replace(SAME, replication=2)})
    assert step.notes[0].startswith("has 2 copies, 3 wanted: ")


def test_no_more_copies_are_demanded_in_sync_than_there_are() -> None:
    wanted = replace(WANTED, config=CONFIG | {"min.insync.replicas": "2"})
    for copies, demanded in ((1, "1"), (2, "1"), (3, "2"), (4, "2")):
        found = FoundTopic(12, copies, CONFIG | {"min.insync.replicas": demanded})
        [step] = plan([wanted], {WANTED.name: found})
        assert step.changes == {}, copies
    [step] = plan([wanted], {WANTED.name: FoundTopic(12, 1, wanted.config)})
    assert step.changes == {"min.insync.replicas": "1"}


def test_a_cluster_that_does_not_tell_its_settings_is_not_changed() -> None:
    [step] = plan([WANTED], {WANTED.name: replace(SAME, config=None)})
    assert step.kind == "keep"


def test_steps_are_plain_data_for_scripts() -> None:
    assert describe(plan([WANTED], {})) == [
        {
            "topic": "reflux.requests.v1",
            "action": "create",
            "partitions": 12,
            "replication": 3,
            "changes": {},
            "notes": [],
        }
    ]
