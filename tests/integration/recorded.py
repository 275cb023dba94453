"""A simulated campaign on file, what a replay of it decides, and its way into topics."""

import json
import time
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from app.simulation.pace import Pace
from tests.integration.deployment import Deployment

PERIOD_MS = 6 * 3_600_000
SLICE_SECONDS = 0.1
"""What is fed at once, of real time."""

Action = dict[str, Any]


class Recorded(NamedTuple):
    """``requests`` and ``profiles`` as (account, line), in order of arrival; ``clock`` the newest
    event time up to each request; ``actions`` and ``campaigns`` of the replay."""

    requests: list[tuple[str, bytes]]
    profiles: list[tuple[str, bytes]]
    clock: list[int]
    actions: list[Action]
    campaigns: list[dict[str, Any]]

    @property
    def last_period(self) -> int:
        """The sighting period that the requests end in the middle of: nobody closes it."""
        return self.clock[-1] // PERIOD_MS


def record(deployment: Deployment, *world: str) -> Recorded:
    """Simulate ``world``, and replay it as if the topics were those of ``deployment``."""
    names = ("requests", "profiles", "decisions", "campaigns")
    files = {name: deployment.directory / f"{name}.ndjson" for name in names}
    given = ("--requests", str(files["requests"]), "--profiles", str(files["profiles"]))
    deployment.reflux("simulate", *world, *given)
    deployment.reflux(
        *("backtest", *given, "--partitions", str(deployment.partitions)),
        *("--decisions", str(files["decisions"]), "--campaigns", str(files["campaigns"])),
    )
    requests, profiles = (files[name].read_bytes().splitlines() for name in names[:2])
    read = [json.loads(line) for line in requests]
    return Recorded(
        [(request["account_id"], line) for request, line in zip(read, requests, strict=True)],
        [(json.loads(line)["account_id"], line) for line in profiles],
        list(accumulate((request["ts"] for request in read), max)),
        _ndjson(files["decisions"]),
        _ndjson(files["campaigns"]),
    )


def _ndjson(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def feed_at(deployment: Deployment, recorded: Recorded, speed: float) -> dict[int, float]:
    """Send the requests when they are due, at ``speed`` times real time.

    Returns when each sighting period but the first began: wall clock, ms.
    """
    producer = deployment.kafka.producer()
    pace = Pace(speed=speed)
    start = due = recorded.clock[0]
    period = start // PERIOD_MS
    begun: dict[int, float] = {}
    for (account, line), clock in zip(recorded.requests, recorded.clock, strict=True):
        if clock >= due:
            pace.wait(0, clock - start)
            due = clock + round(SLICE_SECONDS * 1_000 * speed)
        if clock // PERIOD_MS > period:
            period = clock // PERIOD_MS
            begun[period] = time.time() * 1_000
        producer.produce(deployment.topic("requests.v1"), line, account)
        producer.poll(0)
    assert producer.flush(30) == 0
    return begun


def standings(actions: Iterable[Action], at: int) -> dict[str, str]:
    """What is in force for each account at ``at``: "none" where its last action has lapsed."""
    newest: dict[str, Action] = {}
    for action in sorted(actions, key=lambda action: int(action["sequence"])):
        newest[action["account_id"]] = action
    return {account: _in_force(action, at) for account, action in newest.items()}


def _in_force(action: Action, at: int) -> str:
    expires = action["expires_at"]
    return "none" if expires is not None and expires <= at else str(action["action"])


def suspended_by_campaigns(actions: Iterable[Action]) -> set[str]:
    """The accounts that a campaign's finding suspended."""
    return {
        action["account_id"]
        for action in actions
        if action["action"] == "suspend" and action["campaign_id"]
    }
