"""Two workers that wait for nobody come to the standings of a replay, if time passes slowly enough.

What links find is the same. But an account hears of it when it comes, and not in the order of a
replay, while the guards let only so many actions on a campaign pass in an hour: so another of its
members may be the first, and the population, which leaves out whom it holds back, is a little
different meanwhile. When the campaign's last member has had its turn, standings agree.
"""

from pathlib import Path

import pytest

from app.events.markers import MARKER_KEY, SweepMarker
from tests.integration.deployment import Deployment
from tests.integration.recorded import (
    PERIOD_MS,
    feed_at,
    record,
    standings,
    suspended_by_campaigns,
)
from tests.kafka.cluster import Cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

WORLD = (
    *("--accounts", "1500", "--campaign", "naive", "--campaign-accounts", "600"),
    *("--campaign-rate", "40", "--days", "2.1", "--seed", "3"),
)
SPEED = 2_400.0
"""Forty minutes a second: a sighting period lasts 9 s, and an epoch of the population 1.5 s.

Between the end of a period and its verdicts lie a request in every partition, two transactions and
two fetches: 0.1 to 0.5 s, a twentieth of the period at most. A snapshot judges from one epoch after
its own, so its parts have 1.5 s to leave with a checkpoint and to be heard, which takes 0.5 s.
(At 3,600 with checkpoints a second apart some come too late, and all scores are others.) Requests
come at 1,400 a second; a worker folds a hundred thousand."""
CHECKPOINT = 0.2
"""Seconds: an eighth of an epoch. The shipped five are a seven-hundredth of one in real time."""
AGREEMENT = 0.995


def test_two_free_workers_and_a_replay_end_alike(kafka: Cluster, tmp_path: Path) -> None:
    deployment = Deployment(kafka, "free", tmp_path, checkpoint_interval=CHECKPOINT)
    try:
        recorded = record(deployment, *WORLD)
        kafka.produce(deployment.topic("profiles.v1"), recorded.profiles)
        workers = [deployment.start() for _ in range(2)]
        for worker in workers:
            worker.until_ready()
        deployment.settle(workers[0])
        begun = feed_at(deployment, recorded, SPEED)
        deployment.settle(workers[0])
        deployment.until_closed(workers[0], recorded.last_period - 1)
        found = deployment.actions("enforcement-state.v1")
        delays = closing_delays(deployment, begun)
    finally:
        deployment.close()
    assert len(delays) > 4
    assert max(delays.values()) < PERIOD_MS / SPEED / 2, f"this machine is too slow: {delays}"

    end = recorded.clock[-1]
    live, replayed = standings(found, end), standings(recorded.actions, end)
    assert len(suspended_by_campaigns(found) & suspended_by_campaigns(recorded.actions)) > 100
    assert {"observe", "suspend"} <= set(live.values())
    acted_on = live.keys() | replayed.keys()
    different = {
        account: (live.get(account, "none"), replayed.get(account, "none"))
        for account in sorted(acted_on)
        if live.get(account, "none") != replayed.get(account, "none")
    }
    print(f"{len(acted_on)} acted on; (live, replayed) where they differ: {different}")
    print(f"ms from the end of a period to its last close: {delays}")
    assert len(different) <= (1 - AGREEMENT) * len(acted_on), different


def closing_delays(deployment: Deployment, begun: dict[int, float]) -> dict[int, int]:
    """By sighting period, how long after its end the last partition of links closed it, in ms."""
    closed: dict[int, float] = {}
    for message in deployment.read("verdicts.v1"):
        if message.key() == MARKER_KEY:
            epoch = SweepMarker.read(message.value()).epoch
            _, written = message.timestamp()
            closed[epoch] = max(closed.get(epoch, 0), written)
    return {
        epoch: round(closed[epoch] - begun[epoch + 1])
        for epoch in sorted(closed)
        if epoch + 1 in begun
    }
