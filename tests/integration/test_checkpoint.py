"""Checkpoints against a real broker: whole or not at all, and never from a former owner."""

from collections.abc import Callable
from typing import Any

import pytest

from app.state.checkpoint import HEADER_KEY, Checkpoint, CheckpointWriter, Output, WriterFenced
from tests.kafka.cluster import Cluster

pytestmark = pytest.mark.kafka


@pytest.fixture
def writer(kafka: Cluster, new_topic: Callable[..., str]) -> Callable[..., CheckpointWriter]:
    changelog = new_topic("changelog", partitions=2, cleanup_policy="compact")
    name = kafka.unique("writer")

    def make() -> CheckpointWriter:
        made = CheckpointWriter(
            {"bootstrap.servers": kafka.bootstrap},
            transactional_id=name,
            changelog=changelog,
            partition=1,
            timeout=20.0,
        )
        made.changelog = changelog  # type: ignore[attr-defined]
        made.open()
        return made

    return make


def read(kafka: Cluster, topic: str, count: int, **settings: object) -> list[tuple[Any, Any]]:
    return [(message.key(), message.value()) for message in kafka.consume(topic, count, **settings)]


def test_rows_outputs_and_header_become_visible_together(
    kafka: Cluster, new_topic: Callable[..., str], writer: Callable[..., CheckpointWriter]
) -> None:
    outputs = new_topic("enforcements")
    owner = writer()
    owner.write(
        Checkpoint(
            rows=[(b"a", b"1"), (b"b", None)],
            outputs=[Output(outputs, b"a", b"throttle", (("content-type", b"application/json"),))],
            header=b"{}",
        )
    )
    changelog = owner.changelog  # type: ignore[attr-defined]
    assert read(kafka, changelog, 3) == [
        (b"a", b"1"),
        (b"b", None),
        (HEADER_KEY, b"{}"),
    ]
    assert read(kafka, outputs, 1) == [(b"a", b"throttle")]
    owner.close()


def test_a_former_owner_is_fenced_and_its_open_transaction_vanishes(
    kafka: Cluster, writer: Callable[..., CheckpointWriter]
) -> None:
    former = writer()
    former._producer.begin_transaction()
    former._produce(Checkpoint(rows=[(b"a", b"half")]), deadline=float("inf"))
    former._producer.flush()
    owner = writer()
    owner.write(Checkpoint(rows=[(b"a", b"whole")]))
    with pytest.raises(WriterFenced, match="held by another worker"):
        former.write(Checkpoint(rows=[(b"a", b"zombie")]))
    changelog = owner.changelog  # type: ignore[attr-defined]
    assert read(kafka, changelog, 1) == [(b"a", b"whole")]
    uncommitted = read(kafka, changelog, 2, isolation_level="read_uncommitted")
    assert uncommitted == [(b"a", b"half"), (b"a", b"whole")]
    owner.close()
    former.close()
