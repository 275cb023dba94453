"""A Parquet file says what the NDJSON file says, in the types of the contract."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.events.profiles import Profile
from app.events.record import Record
from app.events.requests import Request
from app.simulation import to_parquet
from app.simulation.campaigns import Naive
from app.simulation.encode import ProfileEncoder, RequestEncoder
from app.simulation.pace import Pace
from app.simulation.population import Population
from app.simulation.rows import Rows
from app.simulation.streams import Files, stream
from app.simulation.to_files import profiles_to, requests_to


@pytest.fixture(scope="module")
def population() -> Population:
    return Population(6, 3_000, Naive(accounts=30), days=0.1, heaviest_per_day=500.0)


@pytest.fixture(scope="module")
def rows(population: Population) -> Rows:
    return np.concatenate([batch.rows for batch in population.batches()])


def objects(lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def test_requests_read_like_their_json(
    population: Population, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_parquet, "ROW_GROUP", 500)
    path = tmp_path / "requests.parquet"
    with requests_to(path, population) as file:
        for begin in range(0, len(rows), 333):
            file.write(rows[begin : begin + 333])
        assert not path.exists()
    written = pq.ParquetFile(path)
    groups = [written.metadata.row_group(n).num_rows for n in range(written.num_row_groups)]
    assert groups[:-1] == [500] * (len(rows) // 500)
    assert sum(groups) == len(rows) > 2_000
    assert written.read().to_pylist() == objects(RequestEncoder(population).lines(rows))
    assert list(tmp_path.iterdir()) == [path]


def test_profiles_read_like_their_json_and_so_do_their_changes(
    population: Population, tmp_path: Path
) -> None:
    path = tmp_path / "profiles.parquet"
    chosen = np.arange(len(population.accounts))[::-1]
    changed = population.accounts[:5].copy()
    changed["payment"] = np.arange(5)
    changed["exempt_until"] = 1_800_000_000_000
    with profiles_to(path, population) as file:
        file.write(chosen)
        file.write(np.arange(5), changed)
    encoder = ProfileEncoder(population)
    expected = encoder.lines(chosen) + encoder.lines(np.arange(5), changed)
    assert pq.read_table(path).to_pylist() == objects(expected)


@pytest.mark.parametrize(("record", "writer"), [(Request, requests_to), (Profile, profiles_to)])
def test_columns_are_the_fields_of_the_contract(
    record: type[Record], writer: Any, population: Population, tmp_path: Path
) -> None:
    path = tmp_path / "empty.parquet"
    with writer(path, population):
        pass
    schema = pq.read_schema(path)
    assert schema.names == list(record.model_fields)
    kinds = {"integer": pa.int64(), "number": pa.float64(), "string": pa.string()}
    properties = record.model_json_schema()["properties"]
    for name in schema.names:
        branches = properties[name].get("anyOf", [properties[name]])
        types = [branch.get("type", "string") for branch in branches]
        nullable = "null" in types
        assert schema.field(name).nullable == nullable, name
        types = [kind for kind in types if kind != "null"]
        assert schema.field(name).type == kinds[types[0]], name


def test_a_whole_simulation_goes_to_files_of_either_kind(tmp_path: Path) -> None:
    def record(suffix: str) -> None:
        population = Population(6, 2_000, days=0.2, heaviest_per_day=500.0)
        with (
            requests_to(tmp_path / f"requests{suffix}", population) as requests,
            profiles_to(tmp_path / f"profiles{suffix}", population) as profiles,
        ):
            for _ in stream(population, Files(requests, profiles), Pace()):
                pass

    record(".parquet")
    record(".ndjson")
    for kind in ("requests", "profiles"):
        table = pq.read_table(tmp_path / f"{kind}.parquet")
        assert table.num_rows > 500
        assert table.to_pylist() == objects((tmp_path / f"{kind}.ndjson").read_bytes())


def test_a_table_cut_short_is_no_file(population: Population, rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "requests.parquet"

    def break_off() -> None:
        with requests_to(path, population) as file:
            file.write(rows[:100])
            raise RuntimeError("broke")

    with pytest.raises(RuntimeError, match="broke"):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_no_more_than_a_row_group_waits_in_memory(
    population: Population, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_parquet, "ROW_GROUP", 64)
    written = 0
    path = tmp_path / "requests.parquet"
    with to_parquet.requests_table(path, population) as table:
        for begin in range(0, 1_000, 50):
            table.write(rows[begin : begin + 50])
            written += 50
            assert table.waiting < 64
    assert pq.ParquetFile(path).metadata.num_rows == written
