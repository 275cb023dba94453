"""A worker that keeps accounts alone: what it tells links waits on its topic, unread."""

from pathlib import Path

import orjson
import pytest

from tests.integration.deployment import Deployment, request
from tests.kafka.cluster import Cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PERIOD_MS = 6 * 3_600_000


def test_accounts_are_kept_and_links_can_be_held_later(kafka: Cluster, tmp_path: Path) -> None:
    deployment = Deployment(kafka, "alone", tmp_path, links=False)
    try:
        worker = deployment.start()
        worker.until_ready()
        # A request in each of two sighting periods, on every partition: the first one is reported.
        accounts = deployment.accounts("alone", 8, range(deployment.partitions))
        first = int(request(accounts[0], "any")["ts"]) - PERIOD_MS
        for period in range(2):
            events = [
                request(account, f"{account}-{period}", ts=first + period * PERIOD_MS)
                for account in accounts
            ]
            kafka.produce(
                deployment.topic("requests.v1"),
                [(event["account_id"], orjson.dumps(event)) for event in events],
            )
        deployment.settle(worker)
        assert deployment.counters()["requests.folded"] == 2 * len(accounts)
        assert deployment.read("sightings.v1") != []
        committed = {topic for topic, _ in deployment.commits()}
        assert deployment.topic("sightings.v1") not in committed
        assert deployment.headers("links") == {}
        assert worker.stop() == 0
        deployment.environ["REFLUX_LINKS"] = "true"
        worker = deployment.start()
        worker.until_ready()
        sightings = deployment.ends("sightings.v1")
        worker.until(
            lambda: all(deployment.positions().get(p, 0) >= end for p, end in sightings.items()),
            "the sightings to be read",
        )
        assert worker.stop() == 0
    finally:
        deployment.close()
