"""A whole simulation, from its population to where it goes."""

from collections.abc import Iterator
from typing import Literal, NamedTuple, Protocol

from app.events.profiles import Profile
from app.events.requests import Request
from app.simulation.arrivals import TICK_MS
from app.simulation.encode import ProfileEncoder, RequestEncoder
from app.simulation.encode_avro import AvroEncoder
from app.simulation.pace import Pace
from app.simulation.population import Population
from app.simulation.rows import IntArray, Rows
from app.simulation.to_files import ProfileFile, RequestFile
from app.simulation.to_topic import TopicWriter

CHUNK = 2_000
"""Requests that are sent at once: what a rate is divided into."""

Encoding = Literal["json", "avro"]


class Target(Protocol):
    """Where the records of a simulation go."""

    def profiles(self, accounts: IntArray, rows: Rows | None = None) -> None:
        """Take the profiles of ``accounts``, given by index: ``rows``, or else their first ones."""
        ...

    def requests(self, rows: Rows) -> None:
        """Take requests, in the order in which they arrive."""
        ...


class Topics:
    """The two input topics of a cluster, keyed and partitioned as the contract says."""

    def __init__(
        self,
        population: Population,
        writer: TopicWriter,
        *,
        requests_topic: str,
        profiles_topic: str,
        encoding: Encoding = "json",
        schema_ids: tuple[int, int] = (0, 0),
    ) -> None:
        """``schema_ids``: of requests and profiles, for Avro."""
        self._writer = writer
        self._requests_topic = requests_topic
        self._profiles_topic = profiles_topic
        self._requests = RequestEncoder(population)
        self._profiles = ProfileEncoder(population)
        self._avro = (
            (AvroEncoder(Request, schema_ids[0]), AvroEncoder(Profile, schema_ids[1]))
            if encoding == "avro"
            else None
        )

    def profiles(self, accounts: IntArray, rows: Rows | None = None) -> None:
        """See ``Target``; raises ``UndeliveredError``."""
        values = (
            self._avro[1].encode(self._profiles.lines(accounts, rows))
            if self._avro
            else self._profiles.encode(accounts, rows)
        )
        self._writer.send(self._profiles_topic, self._profiles.keys(accounts), values)

    def requests(self, rows: Rows) -> None:
        """See ``Target``; raises ``UndeliveredError``."""
        values = (
            self._avro[0].encode(self._requests.lines(rows))
            if self._avro
            else self._requests.encode(rows)
        )
        self._writer.send(self._requests_topic, self._requests.keys(rows), values)


class Files:
    """One file of requests, and one, if any, of profiles."""

    def __init__(self, requests: RequestFile, profiles: ProfileFile | None) -> None:
        self._requests = requests
        self._profiles = profiles

    def profiles(self, accounts: IntArray, rows: Rows | None = None) -> None:
        """See ``Target``; raises ``OSError``."""
        if self._profiles is not None:
            self._profiles.write(accounts, rows)

    def requests(self, rows: Rows) -> None:
        """See ``Target``; raises ``OSError``."""
        self._requests.write(rows)


class Progress(NamedTuple):
    """How far a stream is: records handed over so far, and the event time it has reached."""

    profiles: int
    requests: int
    reached_ms: int


def stream(
    population: Population, target: Target, pace: Pace, slice_ms: int = TICK_MS
) -> Iterator[Progress]:
    """Send ``population`` to ``target`` as it arrives; yields after each slice, and at the start.

    Profiles of accounts that exist at the start go first, others before their first requests.
    """
    chosen = population.profiles()
    target.profiles(chosen)
    profiles, requests = len(chosen), 0
    yield Progress(profiles, requests, population.start_ms)
    for batch in population.batches(slice_ms):
        target.profiles(batch.created)
        target.profiles(batch.updated["account"], batch.updated["profile"])
        profiles += len(batch.created) + len(batch.updated)
        count = len(batch.rows)
        for begin in range(0, count, CHUNK):
            reached = batch.from_ms + (batch.to_ms - batch.from_ms) * begin // count
            pace.wait(requests + begin, reached - population.start_ms)
            target.requests(batch.rows[begin : begin + CHUNK])
        requests += count
        yield Progress(profiles, requests, batch.to_ms)
    pace.wait(requests, population.end_ms - population.start_ms)
