"""Worlds written to files, a day at a time, as a backtest reads them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.evaluation.second.engine import Days
from tests.evaluation.second.profiles import profile_table
from tests.evaluation.second.table import ARRIVED, ATTACK, Tables
from tests.evaluation.second.world import World

ROWS_PER_GROUP = 100_000


class Recording(NamedTuple):
    """The files of a run, and the account and time of every attack request."""

    requests: Path
    profiles: Path
    attacks: list[tuple[str, int]]


def write_days(world: World, days: int, directory: Path, engine: type[Days] = Days) -> list[Path]:
    """A file for each day: an honest world is made once for all attacks."""
    directory.mkdir(parents=True, exist_ok=True)
    tables, paths = Tables(world, engine), []
    for day in range(days):
        path = directory / f"day_{day:02d}.parquet"
        pq.write_table(tables.day(day), path, compression="zstd")
        paths.append(path)
    return paths


def record(
    honest: World,
    honest_days: list[Path],
    campaign: World | None,
    directory: Path,
    engine: type[Days] = Days,
) -> Recording:
    """Honest days and a campaign's in one file of requests, in the order of arrival."""
    directory.mkdir(parents=True, exist_ok=True)
    requests, profiles = directory / "requests.parquet", directory / "profiles.parquet"
    known = [profile_table(world) for world in (honest, campaign) if world is not None]
    pq.write_table(pa.concat_tables(known), profiles)
    attacks: list[tuple[str, int]] = []
    writer = None
    try:
        for table in _merged(honest_days, None if campaign is None else Tables(campaign, engine)):
            attacked = table.filter(table[ATTACK]).select(["account_id", "ts"]).to_pydict()
            attacks += zip(attacked["account_id"], attacked["ts"], strict=True)
            seen = table.drop_columns([ARRIVED, ATTACK])
            if writer is None:
                writer = pq.ParquetWriter(requests, seen.schema, compression="zstd")
            writer.write_table(seen, row_group_size=ROWS_PER_GROUP)
    finally:
        if writer is not None:
            writer.close()
    return Recording(requests, profiles, attacks)


def _merged(honest_days: list[Path], campaign: Tables | None) -> Iterator[Any]:
    for day, path in enumerate(honest_days):
        table = pq.read_table(path)
        if campaign is not None:
            both = pa.concat_tables([table, campaign.day(day)])
            table = both.take(pc.sort_indices(both, sort_keys=[(ARRIVED, "ascending")]))
        yield table
