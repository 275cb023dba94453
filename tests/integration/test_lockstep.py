"""Two workers in lockstep on a real broker decide what a replay of the same records decides."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.integration.deployment import Deployment
from tests.integration.recorded import Action, record, suspended_by_campaigns
from tests.kafka.cluster import Cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

WORLD = (
    *("--accounts", "1500", "--campaign", "naive", "--campaign-accounts", "300"),
    *("--campaign-rate", "60", "--share", "75", "--days", "2.6", "--seed", "3"),
)
"""Hard to tell apart: accounts go up the ladder in every period but the first."""


KILLED_AT = (8, 6, 4)
"""Sighting periods before the last one, when one of the two workers is killed."""


@pytest.mark.parametrize("killed_at", [(), KILLED_AT], ids=["in peace", "killed three times"])
def test_two_workers_in_lockstep_and_a_replay_act_alike(
    kafka: Cluster, tmp_path: Path, killed_at: tuple[int, ...]
) -> None:
    """Every action, with its reasons, and every campaign record."""
    deployment = Deployment(kafka, f"lockstep{len(killed_at)}", tmp_path, lockstep=True)
    try:
        recorded = record(deployment, *WORLD)
        kafka.produce(deployment.topic("profiles.v1"), recorded.profiles)
        kafka.produce(deployment.topic("requests.v1"), recorded.requests)
        workers = [deployment.start() for _ in range(2)]
        for worker in workers:
            worker.until_ready()
        for before in killed_at:
            deployment.until_closed(workers[1], recorded.last_period - before)
            workers.pop(0).kill()
            workers.append(deployment.start())
        deployment.settle(workers[0])
        deployment.until_closed(workers[0], recorded.last_period - 1)
        found = deployment.actions()
        campaigns = {
            message.key(): orjson.loads(message.value() or b"")
            for message in deployment.read("campaigns.v1")
        }
    finally:
        deployment.close()
    kinds = {(action["action"], bool(action["campaign_id"])) for action in recorded.actions}
    assert kinds >= {("observe", False), ("suspend", True)}
    assert len(suspended_by_campaigns(recorded.actions)) > 100
    assert comparable(found) == comparable(recorded.actions)
    assert recorded.campaigns
    assert campaigns == {c["campaign_id"].encode(): c for c in recorded.campaigns}


def comparable(actions: list[Action]) -> dict[str, Action]:
    """By id, without what names the deployment and the wall clock."""
    return {
        action["action_id"]: {**action, "published_at": None, "source": _place(action["source"])}
        for action in actions
    }


def _place(source: dict[str, Any]) -> tuple[str, int, int | None]:
    """The record that tipped it. Between verdicts lie markers, which a replay does without."""
    name = source["topic"].split(".")[-2]
    return name, source["partition"], source["offset"] if name == "requests" else None
