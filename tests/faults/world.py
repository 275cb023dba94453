"""Traffic that is known beforehand, and what must come of it: the measure of every fault.

Profiles, a policy and the population to judge by are in place before the first request, so each
decision is a function of the requests alone. A replay of the same requests in memory, in one go and
without Kafka, decides what a deployment must have decided whatever befell it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from app.events.policies import PolicyRecord
from app.policy.document import PolicyDocument
from app.simulation.campaigns import Naive
from app.simulation.encode import ProfileEncoder, RequestEncoder
from app.simulation.population import START_MS, Population
from tests.integration.offline import Offline, Pairs, level_1_policy

PARTITIONS = 4
VERSION = "preloaded"
BENIGN, FRAUDULENT, BUSY = 1_500, 150, 8.0
"""Few accounts that send much: the load is what counts here."""
HISTORY = 150_000
"""Requests that are sent at once, before the fault: actions begin soon after them."""


@dataclass(frozen=True)
class World:
    """``requests`` in the order they are sent, ``profiles`` before them, and the ``population``
    parts that judge them."""

    profiles: Pairs
    requests: Pairs
    population: Pairs

    def replay(self, requests: Pairs, policies: Sequence[PolicyRecord] = ()) -> Offline:
        """What ``requests`` come to, by ``policies`` in their order."""
        offline = Offline(PARTITIONS, recorded_ms=int(time.time() * 1000))
        for policy in (preloaded_policy(), *policies):
            record = policy.encode()
            offline.book.policy_record(record.key, record.value, 0)
        for key, value in self.population:
            offline.book.population_record(key, value)
        offline.feed(self.profiles, requests)
        return offline


def make_world(days: float, start_ms: int = START_MS) -> World:
    """A population with a campaign in it, and its own distributions from a run that is cold.

    ``start_ms`` is a full hour. A day has some 220,000 requests.
    """
    campaign = Naive(accounts=FRAUDULENT)
    people = Population(
        11, BENIGN, campaign, start_ms=start_ms, days=days, heaviest_per_day=2_000, busy=BUSY
    )
    profile_encoder, request_encoder = ProfileEncoder(people), RequestEncoder(people)
    known = people.profiles()
    profiles = [*zip(profile_encoder.keys(known), profile_encoder.encode(known), strict=True)]
    requests: Pairs = []
    for batch in people.batches():
        new = batch.created
        profiles += zip(profile_encoder.keys(new), profile_encoder.encode(new), strict=True)
        rows = batch.rows
        requests += zip(request_encoder.keys(rows), request_encoder.encode(rows), strict=True)
    cold = World(profiles, requests, []).replay(requests)
    parts = [(o.key, o.value) for o in cold.of_topic("population") if o.value is not None]
    # Partition by partition they were made; epoch by epoch a deployment publishes them.
    parts.sort(key=lambda part: [int(number) for number in part[0].split(b":")])
    return World(profiles, requests, parts)


def policy_record(document: PolicyDocument, version: str, effective_from: int) -> PolicyRecord:
    """``document`` as it is published, in force from the event time ``effective_from`` (ms)."""
    said = {
        "version": version,
        "author": "test",
        "reason": "a test",
        "published_at": 1,
        "effective_from": effective_from,
    }
    return PolicyRecord(**document.model_dump(mode="json") | said)


def preloaded_policy() -> PolicyRecord:
    """In force before the first request."""
    return policy_record(level_1_policy(), VERSION, 0)


def event_time(value: bytes) -> int:
    """The event time of a request, in ms."""
    return int(orjson.loads(value)["ts"])
