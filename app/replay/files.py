"""Recorded traffic: files of requests and of profiles, in pieces of a few megabytes."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import numpy as np
import pyarrow as pa

from app.events.specs import MAX_TIME_MS, PROFILES, REQUESTS
from app.kernels import columns as c
from app.kernels.decode_types import Bytes
from app.kernels.lines import behind_last_line
from app.kernels.spec import Field, Kind, RecordSpec
from app.replay.ndjson import Block, decode_lines
from app.replay.parquet import UnreadableFile, read_parquet

READ_BYTES = 4 << 20
"""Bytes of lines decoded at once: six thousand requests, whose columns stay in a cache."""

LONGEST_LINE_BYTES = 64 << 20
"""A line of more than 64 KiB is no record; one without an end would fill the memory."""

PRO_RECORDED_AT = c.PRO_WIDTH
"""Column of recorded profiles: from when on one was known, ms; 0: from the start."""

RECORDED_PROFILES = replace(
    PROFILES,
    width=c.PRO_WIDTH + 1,
    fields=(
        *PROFILES.fields,
        Field(
            name="recorded_at",
            kind=Kind.INT,
            column=PRO_RECORDED_AT,
            nullable=True,
            minimum=0,
            maximum=MAX_TIME_MS,
            avro="long",
        ),
    ),
)


class Readable(Protocol):
    """What bytes are read from."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill ``buffer`` as far as there is something; returns how far, 0 at the end."""
        ...


def read_requests(path: Path, read_bytes: int = READ_BYTES) -> Iterator[Block]:
    """The requests of a file: NDJSON (``.gz`` and ``.zst`` compressed), or Parquet (``.parquet``).

    Raises:
        UnreadableFile: the file is no such thing, or broken.
        OSError: it cannot be read.
    """
    return _read(path, REQUESTS, read_bytes)


def read_profiles(path: Path, read_bytes: int = READ_BYTES) -> Iterator[Block]:
    """The profiles of a file, likewise, with ``PRO_RECORDED_AT``."""
    return _read(path, RECORDED_PROFILES, read_bytes)


def _read(path: Path, spec: RecordSpec, read_bytes: int) -> Iterator[Block]:
    if path.suffix == ".parquet":
        yield from read_parquet(path, spec)
        return
    line = 1
    with path.open("rb") as file:
        for data in _whole_lines(path, _decompressed(path, file), read_bytes):
            block = decode_lines(data, spec, line)
            yield block._replace(position=file.tell())
            line = block.next_number


def _whole_lines(path: Path, file: Readable, read_bytes: int) -> Iterator[Bytes]:
    """The content of a file, cut behind line feeds; the last piece may end without one."""
    rest = np.empty(0, np.uint8)
    while True:
        # Read behind what was left over, so that a block is copied once and not three times.
        buffer = np.empty(rest.size + read_bytes, np.uint8)
        buffer[: rest.size] = rest
        count = _read_into(path, file, buffer[rest.size :])
        if not count:
            break
        filled = buffer[: rest.size + count]
        cut = int(behind_last_line(filled))
        if cut:
            yield filled[:cut]
        rest = filled[cut:].copy()
        if rest.size > LONGEST_LINE_BYTES:
            raise UnreadableFile(f"{path}: a line of more than {LONGEST_LINE_BYTES:,} bytes")
    if rest.size:
        yield rest


def _read_into(path: Path, file: Readable, buffer: Bytes) -> int:
    try:
        return file.readinto(buffer.data) or 0
    except (EOFError, OSError, zlib.error) as exc:
        raise UnreadableFile(f"{path}: cannot be read to its end: {exc}") from None


def _decompressed(path: Path, file: BinaryIO) -> Readable:
    if path.suffix == ".gz":
        return gzip.GzipFile(fileobj=file)
    if path.suffix == ".zst":
        stream: Readable = pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd")
        return stream
    return cast(Readable, file)
