"""Simulated rows become the columns that their JSON would, and their names decide nothing."""

from typing import Any

import numpy as np
import pytest

from app.events.enforcement import Enforcement, Reason
from app.events.source import Source
from app.events.specs import REQUESTS
from app.kernels import columns as c
from app.policy.load import default_policy
from app.replay.ndjson import decode_lines
from app.replay.simulated import SimulatedColumns
from app.simulation.names import Names, mix
from app.simulation.population import HASHED
from tests.unit.replay.world import World, columns_of, replay, small_world


def test_columns_are_those_of_the_records_json() -> None:
    world = small_world()
    rows = world.rows[:3_000]
    lined = decode_lines(world._replace(rows=rows).request_lines, REQUESTS).good
    batch = SimulatedColumns(world.population).requests(rows)
    texts = (c.REQ_ACCOUNT_ID, c.REQ_MODEL_TEXT)  # places in the record bytes, which differ
    compared = [i for i in range(c.REQ_WIDTH) if i not in texts]
    np.testing.assert_array_equal(
        batch.decoded.values[:, compared], lined.decoded.values[:, compared]
    )
    np.testing.assert_array_equal(batch.decoded.present, lined.decoded.present)
    for batch_, frames in ((batch, batch.framed.frames), (lined, lined.framed.frames)):
        start, length = frames[17, [2, 3]].tolist()
        key = bytes(batch_.framed.data[start : start + length]).decode()
        assert key == world.population.account_ids[rows["account"][17]]


class _Renamed:
    """A population whose accounts, and what they have, are called otherwise."""

    def __init__(self, world: World, key: int) -> None:
        self._population = world.population
        self._names = Names(key)
        self.account_hashes = self._names.of("account", world.population.account_hashes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._population, name)

    @property
    def account_ids(self) -> list[str]:
        return [f"acct_{int(name):016x}" for name in self.account_hashes]

    def names(self, kind: str, numbers: np.ndarray) -> np.ndarray:
        return self._names.of(kind, numbers)


def renamed(world: World, key: int) -> World:
    """The same world under a bijection of every id and every hash; of prompts one that permutes
    the bits and inverts some."""
    names = Names(key)
    rows = world.rows.copy()
    rows["event_id"] = mix(rows["event_id"] ^ np.uint64(key))
    for column, kind in HASHED.items():
        rows[column] = names.of(kind, rows[column])
    rows["prompt_simhash"] = names.prompts(rows["prompt_simhash"])
    return World(_Renamed(world, key), rows, world.created)  # type: ignore[arg-type]


def own(record: Enforcement) -> tuple[Source | None, list[Reason]]:
    """What tipped it and why, but for what a campaign's links said: names decide which of them is
    first to tell, and how their sketches round."""
    source = record.source
    told = source is not None and source.topic.endswith("verdicts.v1")
    reasons = [r for r in record.reasons if not r.detector.startswith("campaign")]
    return None if told else source, reasons


@pytest.mark.parametrize("key", [1, 2])
def test_a_bijection_of_names_changes_nothing_but_names(key: int) -> None:
    """In one partition: which accounts share one follows from their ids. And with all members of a
    campaign told at once: which of them are the first is a draw by their ids."""
    told = []
    shipped = default_policy()
    at_once = shipped.campaigns.model_copy(update={"first_share": 1.0})
    policy = shipped.model_copy(update={"campaigns": at_once})
    for world in (small_world(), renamed(small_world(), key)):
        profiles, batches = columns_of(world)
        heard, engine = replay(batches, profiles, policy=policy, partitions=1)
        number = {name: i for i, name in enumerate(world.population.account_ids)}
        decisions = []
        for decision in heard.decisions:
            record = decision.record
            assert record is not None
            decisions.append(
                (
                    number[decision.account],
                    decision.action,
                    decision.issued_at,
                    decision.expires_at,
                    decision.sequence,
                    decision.shadow,
                    record.risk,
                    record.population_snapshot,
                    own(record),
                )
            )
        told.append(sorted(decisions, key=lambda decision: decision[:5]))
        assert engine.counts["in"] == len(world.rows)
    assert told[0]
    assert told[0] == told[1]
