"""A small world with a campaign that level 1 sees, as rows, as lines, and replayed."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.policy.document import PolicyDocument
from app.policy.load import default_policy
from app.replay.batches import Batch, IntArray
from app.replay.engine import Replay
from app.replay.listener import Decision, Listener
from app.replay.simulated import SimulatedColumns
from app.simulation.campaigns import Naive
from app.simulation.encode import ProfileEncoder, RequestEncoder
from app.simulation.population import Population
from app.simulation.rows import Rows

HOUR = 3_600_000


class World(NamedTuple):
    population: Population
    rows: Rows
    created: npt.NDArray[np.int64]

    @property
    def request_lines(self) -> bytes:
        return RequestEncoder(self.population).lines(self.rows)

    @property
    def profile_lines(self) -> bytes:
        return ProfileEncoder(self.population).lines(self.created)


@cache
def small_world(seed: int = 11, hours: float = 30.0) -> World:
    campaign = Naive(accounts=8, requests_per_day=4_000.0)
    population = Population(seed, 500, campaign, days=hours / 24, heaviest_per_day=400.0)
    created = [population.profiles()]
    rows = []
    for batch in population.batches():
        created.append(batch.created)
        rows.append(batch.rows)
    return World(population, np.concatenate(rows), np.concatenate(created))


class Heard(Listener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.refusals: list[tuple[int, int]] = []
        self.dead: list[tuple[str, int, int]] = []

    def decided(self, decision: Decision) -> None:
        self.decisions.append(decision)

    def refused(self, origins: IntArray, statuses: npt.NDArray[np.int32]) -> None:
        self.refusals += zip(origins.tolist(), statuses.tolist(), strict=True)

    def died(self, topic: str, origins: IntArray, reasons: npt.NDArray[np.int32]) -> None:
        told = zip(origins.tolist(), reasons.tolist(), strict=True)
        self.dead += [(topic, origin, reason) for origin, reason in told]


def harsh_policy() -> PolicyDocument:
    """The default, but that what one account does may suspend it."""
    document = default_policy().model_dump(mode="json")
    document["ladder"]["suspend"]["alone"] = True
    return PolicyDocument.model_validate({**document, "version": "harsh"})


def replay(
    batches: Sequence[Batch] | Iterator[Batch],
    profiles: Batch | None = None,
    *,
    policy: PolicyDocument | None = None,
    partitions: int = 2,
    closed_loop: bool = False,
) -> tuple[Heard, Replay]:
    """Everything replayed, with an account limit that keeps a test's memory small."""
    heard = Heard()
    engine = Replay(
        policy or harsh_policy(),
        heard,
        partitions=partitions,
        closed_loop=closed_loop,
        records=True,
        most_accounts=20_000,
        most_links=60_000,
    )
    if profiles is not None:
        engine.feed_profiles(profiles)
    for batch in batches:
        engine.feed(batch)
    engine.finish()
    return heard, engine


def columns_of(world: World, size: int = 10_000) -> tuple[Batch, list[Batch]]:
    """Profiles, and the requests in batches of ``size``; a request's origin is its number."""
    columns = SimulatedColumns(world.population)
    numbers = np.arange(len(world.rows), dtype=np.int64)
    batches = [
        columns.requests(world.rows[first : first + size], numbers[first : first + size])
        for first in range(0, len(world.rows), size)
    ]
    return columns.profiles(world.created), batches
