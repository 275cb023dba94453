"""Writes a simulation to files: NDJSON, compressed as the file's name says."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import cramjam
import orjson

from app.simulation.population import Labels

COMPRESSED = (".gz", ".zst")


class Sink(Protocol):
    """Where lines go."""

    def write(self, lines: bytes, /) -> object:
        """Append ``lines``."""
        ...


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
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            if path.suffix in COMPRESSED:
                kind = cramjam.gzip if path.suffix == ".gz" else cramjam.zstd
                compressed = _Compressed(file, kind.Compressor())
                yield compressed
                compressed.finish()
            else:
                yield file
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
