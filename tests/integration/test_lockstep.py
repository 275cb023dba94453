"""Two workers in lockstep on a real broker decide what a replay of the same records decides."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deployment import Deployment
from tests.kafka.cluster import Cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PARTITIONS = 4
SECONDS = 300.0
PERIOD_MS = 6 * 3_600_000
POLICY = """\
version: suspicious
reason: links of a small world are told apart by little
effective_from: 1
groups:
  prior: 0.45
  null_nats: 0.0
  false_discovery_rate: 1.0
"""


def ndjson(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_two_workers_in_lockstep_and_a_replay_act_alike(kafka: Cluster, tmp_path: Path) -> None:
    deployment = Deployment(kafka, "lockstep", tmp_path, partitions=PARTITIONS, lockstep=True)
    requests, profiles, policy = (tmp_path / n for n in ("r.ndjson", "p.ndjson", "policy.yaml"))
    policy.write_text(POLICY)
    try:
        deployment.reflux(
            *("simulate", "--accounts", "500", "--campaign", "seed", "--campaign-accounts", "100"),
            *("--days", "2.6", "--seed", "3", "--requests", str(requests)),
            *("--profiles", str(profiles)),
        )
        expected = replayed(deployment, requests, profiles, policy)
        assert any(action["campaign_id"] for action in expected.values())
        deployment.reflux(
            "policy", "apply", str(policy), "--effective-from", "1970-01-01T00:00:01Z"
        )
        publish(deployment, "profiles.v1", profiles)
        publish(deployment, "requests.v1", requests)
        workers = [deployment.start() for _ in range(2)]
        for worker in workers:
            worker.until_ready()
        last = max(request["ts"] for request in ndjson(requests)) // PERIOD_MS  # is cut short

        def closed() -> bool:
            newest = [
                max(
                    worker.metric("reflux_closed_period", partition=str(number))
                    for worker in workers
                )
                for number in range(PARTITIONS)
            ]
            return min(newest) >= last - 1

        workers[0].until(closed, "the last whole period to be closed", SECONDS, interval=1.0)
        found = {action["action_id"]: action for action in deployment.actions()}
        campaigns = {(message.key() or b"").decode() for message in deployment.read("campaigns.v1")}
    finally:
        deployment.close()
    end = last * PERIOD_MS
    before = {i for i, action in expected.items() if action["issued_at"] < end}
    assert {i for i, action in found.items() if action["issued_at"] < end} == before
    assert len(before) > 5
    # A campaign has a record from when its members are next seen; the replay sees them for longer.
    told = {campaign["campaign_id"] for campaign in ndjson(tmp_path / "campaigns.ndjson")}
    assert campaigns
    assert campaigns <= told


def replayed(
    deployment: Deployment, requests: Path, profiles: Path, policy: Path
) -> dict[str, dict[str, Any]]:
    decisions = deployment.directory / "decisions.ndjson"
    deployment.reflux(
        *("backtest", "--requests", str(requests), "--profiles", str(profiles)),
        *("--policy", str(policy), "--partitions", str(PARTITIONS)),
        *("--decisions", str(decisions)),
        *("--campaigns", str(deployment.directory / "campaigns.ndjson")),
    )
    return {action["action_id"]: action for action in ndjson(decisions)}


def publish(deployment: Deployment, topic: str, path: Path) -> None:
    lines = path.read_bytes().splitlines()
    keyed = [(json.loads(line)["account_id"], line) for line in lines]
    deployment.kafka.produce(deployment.topic(topic), keyed)
