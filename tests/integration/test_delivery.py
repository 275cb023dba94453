"""A worker that is killed again and again decides as one that never was."""

import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from confluent_kafka import Message

from app.events.policies import PolicyRecord
from app.simulation.campaigns import Naive
from app.simulation.encode import ProfileEncoder, RequestEncoder
from app.simulation.population import Population
from app.state.checkpoint import HEADER_KEY
from app.state.codec import ACCOUNT_CODEC
from app.state.layout import FLAG_WOVEN
from tests.integration.offline import Offline, Pairs, level_1_policy
from tests.integration.workers import Worker, environment, reflux
from tests.kafka.cluster import Cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PARTITIONS = 4
REQUESTS = 1_000_000
KILLS = 3
VERSION = "preloaded"
BENIGN, FRAUDULENT, DAYS, BUSY = 3_300, 300, 1.8, 12.0


@pytest.fixture(scope="module")
def traffic() -> tuple[Pairs, Pairs]:
    """Profiles, and a million requests of a population with a campaign in it."""
    people = Population(
        11, BENIGN, Naive(accounts=FRAUDULENT), days=DAYS, heaviest_per_day=2_000, busy=BUSY
    )
    profile_encoder, request_encoder = ProfileEncoder(people), RequestEncoder(people)
    known = people.profiles()
    profiles: Pairs = list(
        zip(profile_encoder.keys(known), profile_encoder.encode(known), strict=True)
    )
    requests: Pairs = []
    for batch in people.batches():
        profiles += zip(
            profile_encoder.keys(batch.created), profile_encoder.encode(batch.created), strict=True
        )
        requests += zip(
            request_encoder.keys(batch.rows), request_encoder.encode(batch.rows), strict=True
        )
    assert len(requests) >= REQUESTS, f"only {len(requests)} requests were simulated"
    return profiles, requests[:REQUESTS]


@pytest.fixture(scope="module")
def population(traffic: tuple[Pairs, Pairs]) -> Pairs:
    """Population parts to judge by: those of the same traffic, from a run that is cold."""
    offline = Offline(PARTITIONS, recorded_ms=int(time.time() * 1000))
    offline.feed(*traffic)
    parts = [(o.key, o.value) for o in offline.of_topic("population") if o.value is not None]
    # Partition by partition they were made; epoch by epoch a deployment publishes them.
    return sorted(parts, key=lambda part: [int(number) for number in part[0].split(b":")])


@pytest.fixture(scope="module")
def expected(traffic: tuple[Pairs, Pairs], population: Pairs) -> Offline:
    """The same decisions without Kafka, and without anything that could be killed."""
    offline = Offline(PARTITIONS, recorded_ms=int(time.time() * 1000))
    for key, value in population:
        offline.book.population_record(key, value)
    offline.feed(*traffic)
    return offline


class Run:
    """A deployment of its own with the input preloaded, from empty topics to the last record."""

    def __init__(
        self, kafka: Cluster, directory: Path, traffic: tuple[Pairs, Pairs], population: Pairs
    ) -> None:
        self.kafka = kafka
        self.directory = directory
        self.prefix = f"{kafka.unique('delivery')}."
        self.environ = environment(kafka, self.prefix, self.prefix.rstrip("."))
        reflux(self.environ, "topics", "apply", "--replication", "1")
        profiles, requests = traffic
        preloaded = {
            "version": VERSION,
            "author": "test",
            "reason": "in force before the first request",
            "published_at": 1,
            "effective_from": 0,
        }
        record = PolicyRecord(**level_1_policy().model_dump(mode="json") | preloaded).encode()
        self._produce("policy.v1", [(record.key, record.value)])
        self._produce("population.v1", population)
        self._produce("profiles.v1", profiles)
        self._take_in_profiles(len(profiles))
        self._produce("requests.v1", requests)

    def _produce(self, topic: str, pairs: Pairs) -> None:
        producer = self.kafka.producer(linger_ms=50, compression_type="lz4")
        for key, value in pairs:
            while True:
                try:
                    producer.produce(self.prefix + topic, value, key)
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(60) == 0

    def _take_in_profiles(self, count: int) -> None:
        """Profiles and requests are two topics: whether one meets the other is not determined."""
        worker = Worker(self.environ, self.directory, f"{self.prefix}profiles")
        try:
            topic = self.prefix + "profiles.v1"
            worker.until_ready()
            worker.until(
                lambda: worker.metric("reflux_consumed_records_total", topic=topic) >= count,
                "the profiles",
            )
            assert worker.stop() == 0, worker.last_words()
        finally:
            worker.end()

    def process(self, kills: int, seed: int) -> None:
        """Work through the input, with the worker killed ``kills`` times on the way."""
        rng = random.Random(seed)
        for number in range(kills + 1):
            worker = Worker(self.environ, self.directory, f"{self.prefix}{number}")
            try:
                worker.until_ready()
                if number < kills:
                    target = rng.uniform(0.05, 0.9) * REQUESTS / (kills + 1)
                    worker.until(
                        lambda w=worker, t=target: self._taken(w) >= t, "requests to be taken"
                    )
                    time.sleep(rng.uniform(0.0, 0.5))
                    worker.kill()
                else:
                    worker.until(lambda: sum(self.counters("in")) >= REQUESTS, "the end", 300)
                    assert worker.stop() == 0, worker.last_words()
            finally:
                worker.end()

    def _taken(self, worker: Worker) -> float:
        topic = self.prefix + "requests.v1"
        return worker.metric("reflux_consumed_records_total", topic=topic)

    def changelog(self) -> list[Message]:
        name = f"{self.prefix.rstrip('.')}-accounts-changelog"
        return list(self.kafka.read_to_end(name))

    def headers(self) -> list[dict[str, Any]]:
        found = {
            message.partition(): json.loads(message.value() or b"")
            for message in self.changelog()
            if message.key() == HEADER_KEY
        }
        return [found[number] for number in sorted(found)]

    def counters(self, name: str) -> Iterator[int]:
        return (header["counters"].get(f"requests.{name}", 0) for header in self.headers())

    def rows(self) -> dict[bytes, bytes]:
        rows: dict[bytes, bytes | None] = {}
        for message in self.changelog():
            rows[bytes(message.key() or b"")] = message.value()  # type: ignore[assignment]
        rows.pop(HEADER_KEY, None)
        return untold(rows)

    def actions(self) -> list[dict[str, Any]]:
        topic = self.prefix + "enforcements.v1"
        return [orjson.loads(message.value()) for message in self.kafka.read_to_end(topic)]


def test_killed_three_times(
    kafka: Cluster,
    tmp_path: Path,
    traffic: tuple[Pairs, Pairs],
    population: Pairs,
    expected: Offline,
) -> None:
    calm = Run(kafka, tmp_path, traffic, population)
    calm.process(kills=0, seed=0)
    killed = Run(kafka, tmp_path, traffic, population)
    killed.process(kills=KILLS, seed=5)

    wanted = {orjson.loads(o.value)["action_id"] for o in expected.of_topic("live") if o.value}
    assert len(wanted) > 100, "the campaign in the traffic was hardly acted on"
    for run in (calm, killed):
        _check_accounting(run, expected)
        actions = run.actions()
        assert not {action["action_id"] for action in actions} ^ wanted
        _check_actions(actions)
    assert calm.rows() == untold(expected.rows)
    assert killed.rows() == calm.rows()


def untold(rows: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    """Rows without what links have told their accounts: running free, that comes at any time."""
    found = {}
    for key, value in rows.items():
        if value is not None:
            row = ACCOUNT_CODEC.decode(value)
            row["ring"] = row["web"] = 0
            row["flags"] &= ~np.uint16(FLAG_WOVEN)
            found[key] = row.tobytes()
    return found


def _check_accounting(run: Run, expected: Offline) -> None:
    names = ("in", "folded", "duplicates", "dead")
    total = {name: sum(run.counters(name)) for name in names}
    wanted = [part.header().counters for part in expected.parts]
    assert total == {name: sum(one[f"requests.{name}"] for one in wanted) for name in names}
    assert total["in"] == REQUESTS == total["folded"] + total["duplicates"] + total["dead"]
    assert total["duplicates"] > 0


def _check_actions(actions: list[dict[str, Any]]) -> None:
    """No id has two contents, and every action names the one it replaces."""
    contents: dict[str, dict[str, Any]] = {}
    chains: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for action in actions:
        assert action["policy_version"] == VERSION
        content = {name: value for name, value in action.items() if name != "published_at"}
        assert contents.setdefault(action["action_id"], content) == content
        chains[action["account_id"]].append(action)
    assert len(contents) == len(actions), "an action was published twice"
    for chain in chains.values():
        assert [a["sequence"] for a in chain] == sorted({a["sequence"] for a in chain})
        replaced = [None, *(action["action_id"] for action in chain[:-1])]
        assert [action["supersedes"] for action in chain] == replaced
