"""A deployment on three brokers, with all in place for the first request."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition

from app.events.policies import PolicyRecord
from tests.faults.traffic import Traffic
from tests.faults.world import HISTORY, PARTITIONS, World, preloaded_policy
from tests.integration.deployment import Deployment
from tests.integration.offline import Pairs
from tests.integration.workers import Worker
from tests.kafka.quorum import Quorum

CAUGHT_UP_SECONDS = 300.0
DRAIN_SECONDS = 0.5
ANSWER_SECONDS = 10.0


class Stage(Deployment):
    """Its workers reach the brokers by ``quorum.links`` if ``linked``."""

    def __init__(
        self,
        quorum: Quorum,
        directory: Path,
        world: World,
        *,
        linked: bool = False,
        **settings: object,
    ) -> None:
        if linked:
            settings["bootstrap_servers"] = quorum.links.bootstrap
        super().__init__(quorum.cluster, "fault", directory, partitions=PARTITIONS, **settings)
        self.quorum = quorum
        self.world = world
        # As a member would ask that never joins: an administrator's question about a group ends the
        # process when its coordinator moves meanwhile (an assertion in librdkafka 2.11 and later).
        asking = {"bootstrap.servers": self.kafka.bootstrap, "group.id": self.app_id}
        self._group = Consumer(asking | {"enable.auto.commit": False})

    def prepare(self) -> Worker:
        """A first worker, which has taken in the policy, the population and every profile.

        Profiles and requests are two topics: whether one meets the other is not determined.
        """
        self.publish(preloaded_policy())
        self.kafka.produce(self.topic("population.v1"), self.world.population)
        self.kafka.produce(self.topic("profiles.v1"), self.world.profiles, linger_ms=50)
        worker = self.start()
        worker.until_ready()
        self.until_read("profiles.v1", worker)
        return worker

    def publish(self, policy: PolicyRecord) -> None:
        """Put ``policy`` on its topic."""
        record = policy.encode()
        self.kafka.produce(self.topic("policy.v1"), [(record.key, record.value)])

    def traffic(self, rate: float, requests: Pairs | None = None) -> Traffic:
        """The requests of the world, or these, with what is their history sent already."""
        traffic = Traffic(self, self.world.requests if requests is None else requests, rate)
        traffic.send(HISTORY)
        return traffic

    def until_read(self, name: str, worker: Worker, seconds: float = CAUGHT_UP_SECONDS) -> None:
        """Wait until all that is on a topic is part of the durable state, as the group says."""
        worker.until(lambda: self.has_read(name), f"all of {name}", seconds, DRAIN_SECONDS)

    def has_read(self, name: str) -> bool:
        """Whether the group has committed every offset; no where brokers have no answer yet."""
        partitions = [TopicPartition(self.topic(name), n) for n in range(self.partitions)]
        with contextlib.suppress(KafkaException):
            committed = self._group.committed(partitions, ANSWER_SECONDS)
            return all(max(tp.offset, 0) >= self._end(tp) for tp in committed)
        return False

    def behind(self, name: str) -> int:
        """Records of a topic from outside that are no part of the durable state yet."""
        ends, positions = self.ends(name), self.positions()
        return sum(end - positions.get(place, 0) for place, end in ends.items())

    def _end(self, tp: TopicPartition) -> int:
        _, end = self._group.get_watermark_offsets(tp, ANSWER_SECONDS)
        return int(end)

    def close(self) -> None:
        self._group.close()
        super().close()


def folding(worker: Worker, at_least: int = 1) -> None:
    """Wait until it has folded so many requests since now."""

    def folded() -> float:
        return worker.metric("reflux_folded_requests_total")

    wanted = folded() + at_least
    until(worker, lambda: folded() >= wanted, "requests to be folded")


def until(worker: Worker, holds: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
    """``worker.until``, with the patience of somebody who has broken something."""
    worker.until(holds, what, seconds)


def owned(worker: Worker) -> float:
    """How many partitions it owns; none before it is ready."""
    return worker.metric("reflux_partitions_owned") if worker.ready() else 0.0
