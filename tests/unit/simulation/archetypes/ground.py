"""A small world for the tests of archetypes."""

from typing import cast

import numpy as np

from app.simulation.archetypes import Archetype
from app.simulation.calibration import calibration
from app.simulation.crowd import Crowd, Group
from app.simulation.population import START_MS
from app.simulation.rows import Rows
from app.simulation.world import DAY_MS, World

HOUR_MS = 3_600_000


class Calm(World):
    """A world whose platform never fails."""

    outages = np.empty((0, 2), np.int64)  # type: ignore[assignment]


def world(days: float = 1.0, heaviest_per_day: float = 5_000.0) -> World:
    return Calm(calibration(), START_MS, START_MS + int(days * DAY_MS), heaviest_per_day)


def settle(archetype: Archetype, count: int = 200, days: float = 1.0) -> tuple[Group, World]:
    ground = world(days)
    return archetype(count, ground, np.random.default_rng(3)), ground


def traffic(group: Group, ground: World, ticks: int | None = None) -> Rows:
    """The group's requests (of the first ``ticks`` alone, or all), each once."""
    crowd = Crowd(group.name, [group], ground, seed=1)
    if ticks is None:
        ticks = round(144 * ground.days)
    rows = np.concatenate([crowd.tick(index) for index in range(ticks)])
    return rows[(rows["ts"] < ground.end_ms) & ~rows["repeat"]]


def cohorts(group: Group) -> list[np.ndarray]:
    """The accounts of each cohort."""
    assert group.cohort is not None
    return [np.flatnonzero(group.cohort == number) for number in np.unique(group.cohort)]


def of_cohort(group: Group, rows: Rows, number: int) -> Rows:
    """The requests of one cohort."""
    assert group.cohort is not None
    return cast(Rows, rows[group.cohort[rows["account"]] == number])


def largest(group: Group) -> int:
    """The number of the cohort with the most accounts."""
    assert group.cohort is not None
    return int(np.bincount(group.cohort).argmax())
