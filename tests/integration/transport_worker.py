"""A worker process whose durable positions are files.

Every chunk that is processed appends one line, ``first next records writer``, to the file of its
partition, and whoever is about to read a partition first appends ``fence writer``. A line counts if
its writer is the one fenced last before it, as for a transactional producer on a broker. The last
line that counts is the durable position, so that the files tell whether any worker, alive or dead,
ever skipped or repeated an offset.
"""

import argparse
import asyncio
import itertools
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import faust
from faust.types import TP

from app.transport.watchdog import Watchdog
from tests.integration.transport_app import SETTINGS, records_of


class Line(NamedTuple):
    """A chunk that was processed: ``[first, following)``, by the process ``pid``."""

    first: int
    following: int
    records: int
    pid: int


def read_lines(file: Path) -> tuple[list[Line], list[Line]]:
    """The lines of a partition's file that count, and those whose writer had been fenced off."""
    counting: list[Line] = []
    fenced_off: list[Line] = []
    owner = ""
    text = file.read_text() if file.exists() else ""
    # A reader may see the beginning of a line that is being written: it is none yet.
    for row in text[: text.rfind("\n") + 1].splitlines():
        *fields, writer = row.split()
        if fields == ["fence"]:
            owner = writer
            continue
        first, following, records = map(int, fields)
        line = Line(first, following, records, int(writer.partition(".")[0]))
        (counting if writer == owner else fenced_off).append(line)
    return counting, fenced_off


class FilePositions:
    """Durable positions in one file for each partition.

    No lock: a process that is stopped while it holds one would stop the others too.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._writers: dict[TP, str] = {}
        self._tenures = itertools.count()

    def _file(self, tp: TP) -> Path:
        return self._directory / f"{tp.topic}.{tp.partition}"

    def resume(self, tp: TP) -> int | None:
        writer = self._writers[tp] = f"{os.getpid()}.{next(self._tenures)}"
        self._append(tp, f"fence {writer}")  # first: a former owner adds nothing any more
        return self.committable(tp)

    def committable(self, tp: TP) -> int | None:
        lines, _ = read_lines(self._file(tp))
        return lines[-1].following if lines else None

    def append(self, tp: TP, first: int, following: int, records: int) -> None:
        self._append(tp, f"{first} {following} {records} {self._writers[tp]}")

    def _append(self, tp: TP, line: str) -> None:
        handle = os.open(self._file(tp), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            # One write: it comes wholly before or after another's, and a killed worker leaves a
            # whole line or none.
            os.write(handle, f"{line}\n".encode())
        finally:
            os.close(handle)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds a chunk takes")
    parser.add_argument("--hang-at", type=int, default=-1, help="hang at a chunk with this offset")
    parser.add_argument("--stall-limit", type=float, default=None)
    options = parser.parse_args()

    app = faust.App(
        options.group,
        broker=f"reflux://{options.bootstrap}",
        datadir=str(options.directory / f"data-{os.getpid()}"),
        **SETTINGS,
    )
    positions = FilePositions(options.directory)
    app.transport.read_in_chunks(options.topic)
    app.transport.positions = positions
    topic = app.topic(options.topic, key_serializer="raw", value_serializer="raw")

    @app.agent(topic)  # type: ignore[untyped-decorator]
    async def take(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            records = records_of(message)
            while message.first_offset <= options.hang_at < message.next_offset:
                time.sleep(1)  # noqa: ASYNC251
            positions.append(message.tp, message.first_offset, message.next_offset, len(records))
            time.sleep(options.pause)  # noqa: ASYNC251 the chunks behind it queue up meanwhile

    if options.stall_limit is not None:
        app.add_dependency(Watchdog(app.consumer, options.stall_limit))
    logging.basicConfig(level=logging.INFO)
    await run(app)


async def run(app: faust.App) -> None:
    """Until SIGTERM or a crash, which ends the process with an error."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    app.in_worker = True
    await app.start()
    ends = {asyncio.ensure_future(one) for one in (stop.wait(), app._crashed.wait())}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for one in ends:
        one.cancel()
    await app.stop()
    if app.crash_reason is not None:
        raise app.crash_reason


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
