"""A deployment for tests: topics and a group of its own, its workers, and what they wrote."""

import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from aiokafka.partitioner import DefaultPartitioner
from confluent_kafka import IsolationLevel, Message, TopicPartition
from confluent_kafka.admin import OffsetSpec

from app.agents.account_partition import MARKERS
from app.state.checkpoint import HEADER_KEY
from tests.integration.workers import Worker, environment, reflux
from tests.kafka.cluster import Cluster

SETTLE_SECONDS = 60.0
HASH = "00ff00ff00ff00ff"
FROM_OUTSIDE = ("requests.v1", "profiles.v1", "operators.v1")
INPUTS = (*FROM_OUTSIDE, "verdicts.v1", "sightings.v1")
"""What accounts and links fold."""


def request(account: str, event: str, **fields: object) -> dict[str, Any]:
    """A request of now, with every field of the contract; ``fields`` replace some."""
    return {
        "event_id": event,
        "ts": time.time_ns() // 1_000_000,
        "account_id": account,
        "org_id": None,
        "model": "model-a",
        "surface": "api",
        "status": 200,
        "input_tokens": 120,
        "output_tokens": 340,
        "reasoning_tokens": 0,
        "latency_ms": 900,
        "task": "chat",
        "task_confidence": 0.9,
        "elicitation": 0.1,
        "prompt_simhash": HASH,
        "template_hash": HASH,
        "turn": 1,
        "tools": 0,
        "temperature": 0.7,
        "language": "en",
        "ip_hash": HASH,
        "net_hash": HASH,
        "asn": 64_500,
        "proxy": 0.0,
        "client_hash": HASH,
        **fields,
    }


class Deployment:
    """Topics, a group and workers that no other test has."""

    def __init__(self, kafka: Cluster, name: str, directory: Path, **settings: object) -> None:
        self.kafka = kafka
        self.directory = directory
        self.app_id = kafka.unique(name)
        self.prefix = f"{self.app_id}."
        self.environ = environment(kafka, self.prefix, self.app_id, **settings)
        self.partitions = int(self.environ["REFLUX_PARTITIONS"])
        self.workers: list[Worker] = []
        self.reflux("topics", "apply", "--replication", str(kafka.replication))

    def topic(self, name: str) -> str:
        return self.prefix + name

    def reflux(self, *arguments: str) -> str:
        return reflux(self.environ, *arguments)

    def start(self) -> Worker:
        worker = Worker(self.environ, self.directory, f"worker-{len(self.workers)}")
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        for worker in self.workers:
            worker.end()
        names = self.kafka.admin.list_topics(timeout=30).topics
        self.kafka.delete_topics([name for name in names if name.startswith(self.app_id)])

    # Accounts.

    def partition_of(self, account: str) -> int:
        """Where Java and Faust put it."""
        numbers = list(range(self.partitions))
        return int(DefaultPartitioner()(account.encode(), numbers, numbers))

    def accounts(self, name: str, count: int, among: Iterable[int]) -> list[str]:
        """``count`` account ids, all on the partitions ``among``."""
        wanted = set(among)
        found: list[str] = []
        number = 0
        while len(found) < count:
            account = f"{name}-{number}"
            number += 1
            if self.partition_of(account) in wanted:
                found.append(account)
        return found

    # What has been written.

    def read(self, name: str) -> list[Message]:
        """Every committed record of a topic of the contract."""
        return list(self.kafka.read_to_end(self.topic(name)))

    def actions(self, name: str = "enforcements.v1") -> list[dict[str, Any]]:
        return [orjson.loads(message.value() or b"") for message in self.read(name)]

    def headers(self, table: str = "accounts") -> dict[int, dict[str, Any]]:
        """The newest header of every partition of a table."""
        return {
            message.partition(): json.loads(message.value() or b"")
            for message in self.kafka.read_to_end(f"{self.app_id}-{table}-changelog")
            if message.key() == HEADER_KEY
        }

    def counters(self) -> Counter[str]:
        """The durable counters, summed over the partitions."""
        total: Counter[str] = Counter()
        for header in self.headers().values():
            total.update(header["counters"])
        return total

    def positions(self) -> dict[tuple[str, int], int]:
        """How far the durable state has come, in every input."""
        return {
            (topic, number): position["next_offset"]
            for table in ("accounts", "links")
            for number, header in self.headers(table).items()
            for topic, position in header["inputs"].items()
        }

    def ends(self, *names: str) -> dict[tuple[str, int], int]:
        """Where the log of every partition that holds anything ends, of inputs from outside."""
        return {
            (self.topic(name), number): end
            for name in names or FROM_OUTSIDE
            for number, end in self.kafka.end_offsets(self.topic(name)).items()
            if end
        }

    def settle(self, worker: Worker) -> None:
        """Wait until all that has been written to the inputs is part of the durable state."""
        ends = self.ends()

        def missing() -> dict[tuple[str, int], tuple[int, int]]:
            positions = self.positions()
            return {
                place: (positions.get(place, 0), end)
                for place, end in ends.items()
                if positions.get(place, 0) < end
            }

        try:
            worker.until(lambda: not missing(), "the end", SETTLE_SECONDS)
        except AssertionError as exc:
            stable = {place: self._stable_end(*place) for place in missing()}
            lag = [line for line in worker.get("/metrics").splitlines() if "lag_records{" in line]
            raise AssertionError(
                f"behind (position, end): {missing()}; committed records end at {stable}; {lag}"
            ) from exc

    def until_closed(self, worker: Worker, period: int) -> None:
        """Wait until every account knows for good what the links found up to ``period``."""

        def heard() -> int:
            headers = self.headers().values()
            markers = [header["more"].get(MARKERS, {"newest": [-1]}) for header in headers]
            closed = [min(marked["newest"]) for marked in markers]
            return min(closed) if len(closed) == self.partitions else -1

        closed = f"period {period} to be closed"
        worker.until(lambda: heard() >= period, closed, SETTLE_SECONDS, interval=0.5)

    def _stable_end(self, topic: str, number: int) -> int:
        asked = TopicPartition(topic, number)
        answer = self.kafka.admin.list_offsets(
            {asked: OffsetSpec.latest()}, isolation_level=IsolationLevel.READ_COMMITTED
        )
        return int(answer[asked].result(30).offset)

    def commits(self) -> dict[tuple[str, int], int]:
        """What the group has committed of the inputs of both tables."""
        inputs = {self.topic(name) for name in INPUTS}
        committed = self.kafka.committed(self.app_id)
        return {place: at for place, at in committed.items() if place[0] in inputs and at >= 0}
