"""Records out of the files that a backtest writes: one JSON object a line, perhaps compressed."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from app.events.record import BadRecord, Record
from app.reports.places import Place

R = TypeVar("R", bound=Record)


class BrokenFile(ValueError):
    """A file cannot be read to its end, or a line of it is no such record."""


def records_in(path: Path, kind: type[R]) -> Iterator[tuple[R, Place]]:
    """The records of a file (plain, ``.gz`` or ``.zst``), each with its place.

    Raises:
        BrokenFile: naming the file, and the line where it is one that is to blame.
        OSError: it cannot be opened.
    """
    with ExitStack() as opened:
        lines = _open(path, opened)
        number = 0
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield kind.from_json(line.strip()), Place(str(path), number)
        except BadRecord as exc:
            raise BrokenFile(f"{path}:{number}: no {kind.schema_name} record: {exc}") from None
        except (EOFError, OSError, zlib.error, pa.ArrowException) as exc:
            raise BrokenFile(f"{path}: cannot be read to its end: {exc}") from None


def _open(path: Path, opened: ExitStack) -> Iterable[bytes]:
    file = opened.enter_context(path.open("rb"))
    if path.suffix == ".gz":
        return opened.enter_context(gzip.GzipFile(fileobj=file))
    if path.suffix == ".zst":
        return BufferedReader(pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd"))
    return file
