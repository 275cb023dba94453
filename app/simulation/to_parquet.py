"""Writes a simulation as Parquet: the fields of the contract as typed columns.

A 64-bit name is its 16 digits, as in JSON, and a fraction is the number that its four digits read
as: both kinds of file say exactly the same. Columns are made from whole blocks of text; no object
exists per record.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from app.simulation import text
from app.simulation.population import Population
from app.simulation.rows import NULL, IntArray, Rows, stack
from app.simulation.world import COUNTRIES, LANGUAGES, MODELS, SURFACES
from app.state.layout import TASKS, TIERS, VERIFICATIONS

ROW_GROUP = 1 << 16
"""Rows of a group: what is held in memory, and what a reader must take at once."""

Column = Callable[[Rows], Any]
Columns = list[tuple[pa.Field, Column]]


class RequestTable:
    """Requests of one population, in groups of ``ROW_GROUP`` rows."""

    def __init__(self, writer: pq.ParquetWriter, columns: Columns) -> None:
        self._writer = writer
        self._columns = columns
        self._parts: list[Rows] = []
        self.waiting = 0
        """Rows in memory."""

    def write(self, rows: Rows) -> None:
        """Append ``REQUEST`` rows; raises ``OSError``."""
        self._parts.append(rows.copy())
        self.waiting += len(rows)
        if self.waiting >= ROW_GROUP:
            everything = stack(self._parts)
            whole = self.waiting // ROW_GROUP * ROW_GROUP
            for begin in range(0, whole, ROW_GROUP):
                self._group(everything[begin : begin + ROW_GROUP])
            self._parts, self.waiting = [everything[whole:].copy()], self.waiting - whole

    def finish(self) -> None:
        """Write what is left."""
        if self.waiting:
            self._group(stack(self._parts))

    def _group(self, rows: Rows) -> None:
        _append(self._writer, self._columns, rows)


class ProfileTable:
    """Profiles of one population's accounts, a row group for each time they are written."""

    def __init__(self, writer: pq.ParquetWriter, columns: Columns, population: Population) -> None:
        self._writer = writer
        self._columns = columns
        self._accounts = population.accounts
        self._waiting: list[Rows] = []

    def write(self, accounts: IntArray, rows: Rows | None = None) -> None:
        """Append profiles of ``accounts``: ``rows``, or the first ones; raises ``OSError``."""
        known = np.empty(len(accounts), _profile_row(self._accounts))
        known["account"] = accounts
        known["profile"] = self._accounts[accounts] if rows is None else rows
        self._waiting.append(known)
        if sum(map(len, self._waiting)) >= ROW_GROUP:
            self.finish()

    def finish(self) -> None:
        """Write what is left."""
        if self._waiting:
            _append(self._writer, self._columns, np.concatenate(self._waiting))
        self._waiting = []


@contextmanager
def requests_table(path: Path, population: Population) -> Iterator[RequestTable]:
    """Requests at ``path``, which is complete when this ends. Raises ``OSError``."""
    columns = _request_columns(population)
    with pq.ParquetWriter(path, _schema(columns), compression="zstd") as writer:
        table = RequestTable(writer, columns)
        yield table
        table.finish()


@contextmanager
def profiles_table(path: Path, population: Population) -> Iterator[ProfileTable]:
    """Profiles at ``path``, likewise."""
    columns = _profile_columns(population)
    with pq.ParquetWriter(path, _schema(columns), compression="zstd") as writer:
        table = ProfileTable(writer, columns, population)
        yield table
        table.finish()


def _request_columns(population: Population) -> Columns:
    ids = _ids(population)
    org = population.accounts["org"]
    orgs = _prefixed(b"org_", population.names("org", org))
    return [
        _texts("event_id", lambda rows: _prefixed(b"req_", rows["event_id"])),
        _integers("ts"),
        _texts("account_id", lambda rows: ids[rows["account"]]),
        _texts(
            "org_id", lambda rows: orgs[rows["account"]], lambda rows: org[rows["account"]] != NULL
        ),
        _labels("model", MODELS),
        _labels("surface", SURFACES),
        *map(_integers, ("status", "input_tokens", "output_tokens")),
        *map(_integers, ("reasoning_tokens", "latency_ms")),
        _labels("task", TASKS),
        *map(_fractions, ("task_confidence", "elicitation")),
        *map(_hashes, ("prompt_simhash", "template_hash")),
        *map(_integers, ("turn", "tools")),
        _fractions("temperature", nullable=True),
        _labels("language", LANGUAGES, nullable=True),
        *map(_hashes, ("ip_hash", "net_hash")),
        _integers("asn"),
        _fractions("proxy"),
        _hashes("client_hash"),
    ]


def _profile_columns(population: Population) -> Columns:
    ids = _ids(population)

    def link(field: str, kind: str, opening: bytes = b"") -> tuple[pa.Field, Column]:
        return _texts(
            field,
            lambda rows: _prefixed(opening, population.names(kind, rows["profile"][kind])),
            lambda rows: rows["profile"][kind] != NULL,
        )

    def label(
        field: str, name: str, labels: tuple[str, ...], *, nullable: bool = False
    ) -> tuple[pa.Field, Column]:
        made, column = _labels(name, labels, nullable=nullable)
        return made.with_name(field), lambda rows: column(rows["profile"])

    def exempt_until(rows: Rows) -> pa.Array:
        until = rows["profile"]["exempt_until"]
        return pa.array(until, mask=until == 0)

    return [
        _texts("account_id", lambda rows: ids[rows["account"]]),
        (
            pa.field("created_at", pa.int64(), nullable=False),
            lambda rows: pa.array(rows["profile"]["created_at"].copy()),
        ),
        link("org_id", "org", b"org_"),
        label("tier", "tier", TIERS),
        label("verification", "verification", VERIFICATIONS),
        *(link(f"{kind}_hash", kind) for kind in ("payment", "email_domain", "device", "referral")),
        label("billing_country", "billing", COUNTRIES, nullable=True),
        label("access_country", "access", COUNTRIES, nullable=True),
        (pa.field("exempt_until", pa.int64()), exempt_until),
    ]


def _integers(name: str) -> tuple[pa.Field, Column]:
    return (
        pa.field(name, pa.int64(), nullable=False),
        lambda rows: pa.array(rows[name].astype(np.int64)),
    )


def _fractions(name: str, *, nullable: bool = False) -> tuple[pa.Field, Column]:
    def column(rows: Rows) -> pa.Array:
        values = np.rint(rows[name].astype(np.float64) * 10_000.0) / 10_000.0
        return pa.array(values, mask=np.isnan(values) if nullable else None)

    return pa.field(name, pa.float64(), nullable=nullable), column


def _labels(
    name: str, labels: tuple[str, ...], *, nullable: bool = False
) -> tuple[pa.Field, Column]:
    known = pa.array(labels)

    def column(rows: Rows) -> pa.Array:
        index = rows[name].astype(np.int64)
        return known.take(pa.array(index, mask=index == NULL))

    return pa.field(name, pa.string(), nullable=nullable), column


def _hashes(name: str) -> tuple[pa.Field, Column]:
    return _texts(name, lambda rows: text.hexadecimal(rows[name]))


def _texts(
    name: str,
    block: Callable[[Rows], text.Block],
    present: Callable[[Rows], npt.NDArray[np.bool_]] | None = None,
) -> tuple[pa.Field, Column]:
    """A column whose texts are the rows of a block, all of one width."""

    def column(rows: Rows) -> pa.Array:
        texts = np.ascontiguousarray(block(rows))
        count, width = texts.shape
        offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width)
        valid = None
        if present is not None:
            valid = pa.py_buffer(np.packbits(present(rows), bitorder="little"))
        buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(texts)]
        return pa.Array.from_buffers(pa.string(), count, buffers)

    return pa.field(name, pa.string(), nullable=present is not None), column


def _prefixed(opening: bytes, names: npt.NDArray[np.uint64]) -> text.Block:
    digits = text.hexadecimal(names)
    first = np.broadcast_to(np.frombuffer(opening, np.uint8), (len(digits), len(opening)))
    return np.concatenate([first, digits], axis=1)


def _ids(population: Population) -> text.Block:
    return _prefixed(b"acct_", population.account_hashes)


def _schema(columns: Columns) -> pa.Schema:
    return pa.schema([field for field, _ in columns])


def _append(writer: pq.ParquetWriter, columns: Columns, rows: Rows) -> None:
    arrays = [column(rows) for _, column in columns]
    writer.write_batch(pa.record_batch(arrays, schema=_schema(columns)), row_group_size=ROW_GROUP)


def _profile_row(accounts: Rows) -> np.dtype[np.void]:
    return np.dtype([("account", np.int64), ("profile", accounts.dtype)])
