"""What separates the topics of a cluster from those that are wanted; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.kafka.manifest import WantedTopic, fit


@dataclass(frozen=True)
class FoundTopic:
    """A topic as it is; ``config`` is None where the cluster does not tell."""

    partitions: int
    replication: int
    config: Mapping[str, str] | None


@dataclass(frozen=True)
class Step:
    """What ``apply`` would do about one topic."""

    topic: WantedTopic
    kind: Literal["create", "configure", "refuse", "keep"]
    changes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def plan(wanted: Sequence[WantedTopic], found: Mapping[str, FoundTopic]) -> list[Step]:
    """What is to be done about each wanted topic; changes nothing."""
    return [_step(topic, found.get(topic.name)) for topic in wanted]


def _step(topic: WantedTopic, found: FoundTopic | None) -> Step:
    if found is None:
        return Step(topic, "create")
    notes = []
    if found.partitions != topic.partitions:
        if topic.partitioning != "shared":
            return Step(topic, "refuse", notes=(_migration(topic, found),))
        notes.append(f"has {_partitions(found)}, {topic.partitions} wanted: any count will do")
    if found.replication != topic.replication:
        notes.append(
            f"has {'1 copy' if found.replication == 1 else f'{found.replication} copies'},"
            f" {topic.replication} wanted: move them with kafka-reassign-partitions"
        )
    # To the copies there are, for none is added here: were more demanded in sync, nothing could be
    # written any more.
    fitted = fit(topic.config, min(found.replication, topic.replication))
    changes = {
        name: fitted[name]
        for name in topic.config
        if found.config is not None and not _same(name, found.config.get(name), fitted[name])
    }
    kind: Literal["configure", "keep"] = "configure" if changes else "keep"
    return Step(topic, kind, changes, tuple(notes))


def _migration(topic: WantedTopic, found: FoundTopic) -> str:
    if topic.partitioning == "single":
        return (
            f"has {_partitions(found)}, 1 wanted: workers must all read it in the same"
            " order. Delete it and run this again, then publish the policy anew; population"
            " snapshots follow within a few hours."
        )
    return (
        f"has {_partitions(found)}, {topic.partitions} wanted. Keys move to other"
        f" partitions when the count of a topic keyed by {topic.partitioning} changes, so that"
        " records would no longer meet their state: it is a migration, see 'Changing the number of"
        " partitions' in deploy/README.md. To keep what is there, set"
        f" REFLUX_PARTITIONS={found.partitions}."
    )


def _partitions(found: FoundTopic) -> str:
    return "1 partition" if found.partitions == 1 else f"{found.partitions} partitions"


def _same(name: str, found: str | None, wanted: str) -> bool:
    if name == "cleanup.policy":
        return set((found or "").split(",")) == set(wanted.split(","))
    return found == wanted


def describe(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """``steps`` as plain data, for ``--json``."""
    return [
        {
            "topic": step.topic.name,
            "action": step.kind,
            "partitions": step.topic.partitions,
            "replication": step.topic.replication,
            "changes": dict(step.changes),
            "notes": list(step.notes),
        }
        for step in steps
    ]
