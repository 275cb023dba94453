"""The accounts table without Kafka: what a run must come to, computed in memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from app.agents.account_partition import AccountPartition
from app.agents.actions import ActionWriter
from app.agents.controls import profiles
from app.agents.judgement import JudgementBook
from app.agents.links import LinkSchedule
from app.agents.sweep import Sweep
from app.agents.table_partition import Place, Run
from app.events.framing import Encoder, ShippedSchemas
from app.events.profiles import Profile
from app.events.requests import Request
from app.events.specs import PROFILES, REQUESTS
from app.kernels.avro_decode_program import AvroPrograms
from app.kernels.murmur2 import partition_of
from app.policy.document import PolicyDocument
from app.policy.groups import Groups
from app.policy.load import default_policy
from app.state.checkpoint import Output
from app.state.codec import ACCOUNT_CODEC
from app.state.layout import ACCOUNT
from app.state.store import ColumnStore
from tests.benchmarks.traffic import batch

RECORDS = 1_000
Pairs = list[tuple[bytes, bytes]]


def level_1_policy() -> PolicyDocument:
    """The default policy, if no link were ever sure enough: verdicts come at any time."""
    return default_policy().model_copy(update={"groups": Groups(false_discovery_rate=1e-30)})


def by_partition(pairs: Iterable[tuple[bytes, bytes]], partitions: int) -> dict[int, Pairs]:
    split: dict[int, Pairs] = defaultdict(list)
    for key, value in pairs:
        data = np.frombuffer(key, np.uint8)
        split[int(partition_of(data, 0, len(key), partitions))].append((key, value))
    return split


class Offline:
    """All partitions of the accounts by level 1, with checkpoints that go into ``outputs``."""

    def __init__(self, partitions: int, recorded_ms: int) -> None:
        self.partitions = partitions
        self.book = JudgementBook(level_1_policy())
        self.outputs: list[Output] = []
        self.rows: dict[bytes, bytes | None] = {}
        self._recorded_ms = recorded_ms
        self.parts = [self._partition(number) for number in range(partitions)]

    def _partition(self, number: int) -> AccountPartition:
        schemas = ShippedSchemas()
        return AccountPartition(
            Place(number, self.partitions, {}, "dead-letters"),
            ColumnStore(ACCOUNT, limit=100_000),
            ACCOUNT_CODEC,
            None,
            judgement=lambda: self.book.current,
            actions=ActionWriter("live", "state", "shadow", Encoder("json", schemas), lambda: 0),
            sweep=Sweep(
                number,
                self.partitions,
                epoch_ms=3_600_000,
                period_hours=LinkSchedule().period_hours,
                sightings_topic="sightings",
                population_topic="population",
            ),
            schemas=schemas,
            request_schemas=AvroPrograms(REQUESTS, lambda i: schemas.writer(i, Request)),
            profile_schemas=AvroPrograms(PROFILES, lambda i: schemas.writer(i, Profile)),
        )

    def feed(self, profile_pairs: Pairs, request_pairs: Pairs) -> None:
        """Profiles first, then requests, partition by partition."""
        for number, pairs in by_partition(profile_pairs, self.partitions).items():
            for run in self._runs("profiles", pairs):
                for _ in profiles(self.parts[number], run):
                    self.checkpoint(number)
        for number, pairs in by_partition(request_pairs, self.partitions).items():
            for run in self._runs("requests", pairs):
                for _ in self.parts[number].requests(run):
                    self.checkpoint(number)
            self.checkpoint(number)

    def _runs(self, topic: str, pairs: Pairs) -> Iterator[Run]:
        for first in range(0, len(pairs), RECORDS):
            part = pairs[first : first + RECORDS]
            yield Run(topic, batch(part, first, self._recorded_ms), first, first + len(part))

    def checkpoint(self, number: int) -> None:
        partition = self.parts[number]
        partition.freeze()
        while True:
            checkpoint = partition.collect(10_000)
            self.outputs += checkpoint.outputs
            self.rows.update(checkpoint.rows)
            if checkpoint.full:
                partition.written()
                return

    def of_topic(self, topic: str) -> list[Output]:
        return [output for output in self.outputs if output.topic == topic]
