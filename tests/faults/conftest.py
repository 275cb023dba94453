"""The ground of the fault suite: three brokers and a world for all of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.lengths import FULL, length
from tests.faults.stage import Stage
from tests.faults.world import World, make_world
from tests.kafka.quorum import Quorum

DAYS = length(1.8, 4.5)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Faults that have no short form run in ``make test-faults`` alone."""
    if FULL:
        return
    long = [item for item in items if item.get_closest_marker("long") is not None]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def world() -> World:
    return make_world(DAYS)


@pytest.fixture
def new_stage(quorum: Quorum, world: World, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Makes deployments of this test's own, with ``world`` or another one, and settings."""
    stages: list[Stage] = []

    def make(traffic: World = world, **settings: object) -> Stage:
        stages.append(Stage(quorum, tmp_path, traffic, **settings))  # type: ignore[arg-type]
        return stages[-1]

    yield make
    quorum.mend()
    for stage in stages:
        stage.close()
