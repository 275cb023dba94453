"""Of any population: valid records, in the order of arrival, and the same again for a seed."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from app.events.profiles import Profile
from app.events.requests import Request
from tests.evaluation.fourth.population import FOURTH
from tests.evaluation.second.calendar import DAY_MS, START_MS
from tests.evaluation.second.pools import Pools
from tests.evaluation.second.population import SECOND, Population
from tests.evaluation.second.profiles import profile_table
from tests.evaluation.second.recording import record, write_days
from tests.evaluation.second.table import ARRIVED, ATTACK, Tables
from tests.evaluation.second.world import World
from tests.evaluation.third.population import THIRD

SEED = 3
SCALE = 0.02
DAYS = 2
LATE = 16
"""A day on which every attack is under way, whatever its accounts did first."""

ATTACKS = [
    (population, attack) for population in (SECOND, THIRD, FOURTH) for attack in population.attacks
]


@pytest.fixture(scope="module")
def world(population: Population) -> World:
    return population.honest(SEED, SCALE)


@pytest.fixture(scope="module")
def days(population: Population, world: World) -> list[Any]:
    tables = Tables(world, population.engine)
    return [tables.day(day) for day in range(DAYS)]


def valid_requests(table: Any) -> None:
    for row in table.drop_columns([ARRIVED, ATTACK]).to_pylist():
        Request.model_validate(row)


def valid_profiles(table: Any) -> None:
    for row in table.drop_columns(["recorded_at"]).to_pylist():
        Profile.model_validate(row)


def test_honest_requests_are_valid_records(days: list[Any]) -> None:
    valid_requests(days[0])
    assert not any(days[0][ATTACK].to_pylist())


def test_profiles_are_valid_records_of_all_accounts(world: World) -> None:
    table = profile_table(world)
    valid_profiles(table)
    assert table["account_id"].to_pylist() == world.account_ids()
    assert len(set(world.account_ids())) == len(world.kinds)


def test_records_arrive_in_order_and_after_they_were_accepted(days: list[Any]) -> None:
    for day, table in enumerate(days):
        arrived = table[ARRIVED].to_pylist()
        assert arrived == sorted(arrived)
        assert START_MS + day * DAY_MS <= arrived[0]
        assert arrived[-1] < START_MS + (day + 1) * DAY_MS
        assert all(ts <= at for ts, at in zip(table["ts"].to_pylist(), arrived, strict=True))


def test_an_event_has_its_id_to_itself_but_for_repeats(days: list[Any]) -> None:
    table = pa.concat_tables(days).drop_columns([ARRIVED])
    distinct = {tuple(row.items()) for row in table.to_pylist()}
    events = set(table["event_id"].to_pylist())
    assert len(distinct) == len(events) < table.num_rows < 1.01 * len(events)


def test_a_seed_gives_the_same_days_and_another_gives_others(
    population: Population, days: list[Any]
) -> None:
    again, other = population.honest(SEED, SCALE), population.honest(SEED + 1, SCALE)
    assert Tables(again, population.engine).day(0).equals(days[0])
    ids = set(again.account_ids())
    assert not ids & set(other.account_ids())


@pytest.mark.parametrize(("population", "attack"), ATTACKS)
def test_an_attack_is_made_of_valid_records(population: Population, attack: str) -> None:
    world = population.attack_world(attack, SEED, Pools(), SCALE)
    table = Tables(world, population.engine).day(LATE)
    assert set(world.kinds) == {attack}
    assert any(table[ATTACK].to_pylist())
    valid_requests(table)
    valid_profiles(profile_table(world))


def test_two_attacks_are_drawn_apart_and_one_twice_alike(population: Population) -> None:
    pools, (name, other, *_) = Pools(), population.attacks
    first, again = (
        Tables(population.attack_world(name, SEED, pools, SCALE), population.engine).day(LATE)
        for _ in range(2)
    )
    others = population.attack_world(other, SEED, pools, SCALE)
    assert first.equals(again)
    assert not set(first["account_id"].to_pylist()) & set(others.account_ids())


def test_honest_events_are_the_same_whatever_the_attack_is(
    population: Population, world: World, days: list[Any], tmp_path: Path
) -> None:
    for attack in population.attacks:
        campaign = population.attack_world(attack, SEED, world.pools, SCALE)
    assert Tables(world, population.engine).day(0).equals(days[0])
    written = write_days(world, DAYS, tmp_path, population.engine)
    recording = record(world, written, campaign, tmp_path, population.engine)
    table = pq.read_table(recording.requests)
    honest = table.filter(pc.is_in(table["account_id"], pa.array(world.account_ids())))
    assert honest.equals(pa.concat_tables(days).drop_columns([ARRIVED, ATTACK]))
