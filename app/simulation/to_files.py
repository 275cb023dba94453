"""Writes a simulation to files: NDJSON or Parquet, compressed, as the file's name says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import cramjam
import orjson

from app.simulation.encode import ProfileEncoder, RequestEncoder
from app.simulation.population import Labels, Population
from app.simulation.rows import IntArray, Rows
from app.simulation.to_parquet import profiles_table, requests_table

COMPRESSED = (".gz", ".zst")
PARQUET = ".parquet"


class Sink(Protocol):
    """Where lines go."""

    def write(self, lines: bytes, /) -> object:
        """Append ``lines``."""
        ...


class RequestFile(Protocol):
    """Where requests go."""

    def write(self, rows: Rows, /) -> None:
        """Append ``REQUEST`` rows, in the order in which they arrive; raises ``OSError``."""
        ...


class ProfileFile(Protocol):
    """Where profiles go."""

    def write(self, accounts: IntArray, rows: Rows | None = None, /) -> None:
        """Append profiles of ``accounts``: ``rows``, or the first ones; raises ``OSError``."""
        ...


class _RequestLines:
    def __init__(self, sink: Sink, population: Population) -> None:
        self._sink = sink
        self._encoder = RequestEncoder(population)

    def write(self, rows: Rows) -> None:
        self._sink.write(self._encoder.lines(rows))


class _ProfileLines:
    def __init__(self, sink: Sink, population: Population) -> None:
        self._sink = sink
        self._encoder = ProfileEncoder(population)

    def write(self, accounts: IntArray, rows: Rows | None = None) -> None:
        self._sink.write(self._encoder.lines(accounts, rows))


class _Compressed:
    def __init__(self, file: Sink, compressor: "cramjam.gzip.Compressor") -> None:
        self._file = file
        self._compressor = compressor

    def write(self, lines: bytes) -> None:
        self._compressor.compress(lines)
        # What is ready leaves memory at once: a simulation may be larger than it.
        self._file.write(bytes(self._compressor.flush()))

    def finish(self) -> None:
        self._file.write(bytes(self._compressor.finish()))


@contextmanager
def lines_to(path: Path) -> Iterator[Sink]:
    """A sink that writes ``path``: gzip for ``.gz``, Zstandard for ``.zst``, plain otherwise.

    The file appears under its name only when everything is in it. Raises ``OSError`` when it
    cannot be written.
    """
    with _whole(path) as partial, partial.open("wb") as file:
        if path.suffix in COMPRESSED:
            kind = cramjam.gzip if path.suffix == ".gz" else cramjam.zstd
            compressed = _Compressed(file, kind.Compressor())
            yield compressed
            compressed.finish()
        else:
            yield file


@contextmanager
def requests_to(path: Path, population: Population) -> Iterator[RequestFile]:
    """Where requests of ``population`` go: Parquet for ``.parquet``, else as ``lines_to``."""
    if path.suffix == PARQUET:
        with _whole(path) as partial, requests_table(partial, population) as table:
            yield table
    else:
        with lines_to(path) as sink:
            yield _RequestLines(sink, population)


@contextmanager
def profiles_to(path: Path, population: Population) -> Iterator[ProfileFile]:
    """Where profiles of ``population`` go, likewise."""
    if path.suffix == PARQUET:
        with _whole(path) as partial, profiles_table(partial, population) as table:
            yield table
    else:
        with lines_to(path) as sink:
            yield _ProfileLines(sink, population)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when nothing has gone wrong."""
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def label_lines(labels: Labels) -> bytes:
    """``labels`` as NDJSON, ordered by account id."""
    rows = sorted(
        zip(
            labels.account_ids,
            labels.archetype,
            labels.fraudulent.tolist(),
            labels.requests.tolist(),
            labels.attacks.tolist(),
            labels.group.tolist(),
            strict=True,
        )
    )
    names = ("account_id", "archetype", "fraudulent", "requests", "attack_requests", "group")
    return b"".join(orjson.dumps(dict(zip(names, row, strict=True))) + b"\n" for row in rows)
