"""Whole workers of one group join, leave and die while traffic flows: nothing is lost or doubled.

The group has two workers, then three, then one: one is asked to leave, one is killed. Requests
flow all the while, and operators suspend, throttle and release the same accounts again and again,
so that every handover has actions in flight.
"""

import contextlib
import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer

from app.events.operators import OperatorCommand
from tests.integration.deployment import Deployment, request
from tests.integration.workers import Worker
from tests.kafka.cluster import Cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PARTITIONS = 6  # Faust fills workers up to ceil(partitions / workers): 4 would leave a third idle
ACCOUNTS = 300
OPERATED = 24
REPEAT_EVERY = 50
PAUSE_SECONDS = 0.05
AT_A_TIME = 60


class Traffic:
    """Some 1,000 requests a second, and 20 commands, from another thread until it is stopped."""

    def __init__(self, deployment: Deployment) -> None:
        self.requests = self.repeats = self.commands = 0
        self._deployment = deployment
        self._accounts = [f"account-{number}" for number in range(ACCOUNTS)]
        self._producer: Producer = deployment.kafka.producer()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic")

    @contextlib.contextmanager
    def flowing(self) -> Iterator["Traffic"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            for _ in range(AT_A_TIME):
                self._request()
            self._command()
            self._producer.poll(0)
            time.sleep(PAUSE_SECONDS)
        assert self._producer.flush(60) == 0

    def _request(self) -> None:
        account = self._accounts[self.requests % ACCOUNTS]
        value = orjson.dumps(request(account, f"event-{self.requests}"))
        topic = self._deployment.topic("requests.v1")
        self._producer.produce(topic, value, account)
        self.requests += 1
        if self.requests % REPEAT_EVERY == 0:
            self._producer.produce(topic, value, account)
            self.repeats += 1

    def _command(self) -> None:
        """Every one changes the account's standing, so each must come out as one action."""
        turn, number = divmod(self.commands, OPERATED)
        kind = ("suspend", "throttle", "release")[turn % 3]
        limit = {"requests_per_minute": 6, "tokens_per_minute": 20_000}
        command = OperatorCommand.from_fields(
            {
                "command": kind,
                "account_id": self._accounts[number],
                "operator": "on-call",
                "reason": f"turn {turn}",
                "issued_at": time.time_ns() // 1_000_000,
                "limit": limit if kind == "throttle" else None,
            }
        )
        encoded = command.encode()
        self._producer.produce(self._deployment.topic("operators.v1"), encoded.value, encoded.key)
        self.commands += 1


@pytest.fixture
def deployment(kafka: Cluster, tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(kafka, "members", tmp_path, partitions=PARTITIONS, standby_replicas=0)
    yield deployment
    deployment.close()


@pytest.fixture
def with_standbys(kafka: Cluster, tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(kafka, "standby", tmp_path, partitions=PARTITIONS, standby_replicas=1)
    yield deployment
    deployment.close()


def owned(worker: Worker) -> float:
    return worker.metric("reflux_partitions_owned") if worker.ready() else 0.0


def share(*workers: Worker) -> None:
    """Wait until ``workers`` own all partitions between them, an equal number each."""
    each = PARTITIONS / len(workers)
    for worker in workers:
        worker.until(lambda w=worker: owned(w) == each, f"{each:g} partitions")


def folding(worker: Worker) -> None:
    """Wait until it has folded requests since now."""
    before = worker.metric("reflux_folded_requests_total")
    worker.until(
        lambda: worker.metric("reflux_folded_requests_total") > before, "requests to be folded"
    )


def test_workers_join_leave_and_die(deployment: Deployment) -> None:
    first, second = deployment.start(), deployment.start()
    share(first, second)
    with Traffic(deployment).flowing() as traffic:
        folding(first)
        folding(second)
        third = deployment.start()
        share(first, second, third)
        folding(third)
        assert first.stop() == 0, first.last_words()
        share(second, third)
        folding(second)
        second.kill()
        share(third)
        folding(third)
    deployment.settle(third)
    assert traffic.requests > 10_000
    check(deployment, traffic)
    third.until(lambda: deployment.commits() == deployment.positions(), "the commits", 60)
    assert third.stop() == 0, third.last_words()
    check(deployment, traffic)


def test_a_standby_takes_over_from_a_dead_owner(with_standbys: Deployment) -> None:
    deployment = with_standbys
    first, second = deployment.start(), deployment.start()
    share(first, second)
    with Traffic(deployment).flowing() as traffic:
        folding(first)
        folding(second)
        first.kill()
        share(second)
        folding(second)
    deployment.settle(second)
    check(deployment, traffic)
    assert second.stop() == 0, second.last_words()


def check(deployment: Deployment, traffic: Traffic) -> None:
    """Every record of ``traffic`` counted once, every command one action, every chain whole."""
    counters = deployment.counters()
    counted = {name: counters[f"requests.{name}"] for name in ("in", "folded", "duplicates")}
    assert counted == {
        "in": traffic.requests + traffic.repeats,
        "folded": traffic.requests,
        "duplicates": traffic.repeats,
    }
    assert counters["requests.dead"] == 0
    assert counters["operators.in"] == traffic.commands
    actions = [one for one in deployment.actions() if one["actor"] == "on-call"]
    assert len({one["action_id"] for one in actions}) == len(actions) == traffic.commands
    chains = defaultdict(list)
    for one in deployment.actions():
        chains[one["account_id"]].append(one)
    for chain in chains.values():
        assert chain[0]["supersedes"] is None
        for earlier, later in itertools.pairwise(chain):
            assert later["supersedes"] == earlier["action_id"]
            assert later["sequence"] > earlier["sequence"]
    standing = {one["account_id"]: one for one in deployment.actions("enforcement-state.v1")}
    assert standing == {account: chain[-1] for account, chain in chains.items()}
