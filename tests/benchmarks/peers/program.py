"""A peer as a process of its own, watched through what it says."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from tests.benchmarks.peers.cores import cpu_seconds, peak_bytes, pinned


class Mark(NamedTuple):
    """How far a peer was: records ``seen``, ``at`` (perf_counter, s), ``cpu`` seconds used."""

    seen: int
    at: float
    cpu: float


class Running(Protocol):
    """A peer that has been started."""

    @property
    def pid(self) -> int:
        """Its process."""

    def mark(self) -> Mark:
        """How far it is. Raises ``RuntimeError`` with its last words where it has ended."""

    def close(self) -> None:
        """End it, whatever state it is in."""


class Program:
    """A command that says ``{"seen": n}`` on its standard output every so many records.

    It runs on ``core`` alone, if one is given.
    """

    def __init__(
        self,
        command: list[str],
        directory: Path,
        environ: Mapping[str, str] | None = None,
        core: int | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._log = directory / "peer.log"
        place = contextlib.nullcontext() if core is None else pinned(core)
        with self._log.open("w") as log, place:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **(environ or {})},
                cwd=Path(__file__).parents[3],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._mark = Mark(0, time.perf_counter(), 0.0)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def mark(self) -> Mark:
        if self._process.poll() is not None:
            raise RuntimeError(f"the peer ended: {self._log.read_text()[-4000:]}")
        return self._mark

    def close(self) -> None:
        self._process.kill()
        self._process.wait(30)
        self._reader.join(5)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith('{"seen"'):
                seen = int(line.strip().rstrip("}").partition(":")[2])
                self._mark = Mark(seen, time.perf_counter(), cpu_seconds(self.pid))
        self._process.stdout.close()


class Rate(NamedTuple):
    """What a run came to: ``events`` per second and ``cpu`` seconds per event over so many
    ``seconds``; ``peak`` bytes."""

    events: float
    cpu: float
    seconds: float
    peak: int


def until(running: Running, seen: int, seconds: float, interval: float = 0.02) -> Mark:
    """Wait until the peer has seen that many records; raises ``TimeoutError`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while (mark := running.mark()).seen < seen:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{mark.seen:,} of {seen:,} records after {seconds:g} s")
        time.sleep(interval)
    return mark


def measure_program(
    start: Callable[[], Running],
    warm: int,
    total: int,
    *,
    seconds: float,
    interval: float,
    settle: float = 0.0,
) -> Rate:
    """Run a peer over ``total`` records that wait for it.

    The clock starts at ``warm``: nobody is measured while a compiler is still at work or a cache
    is empty. ``settle`` is how long it is left alone afterwards (s), for what it writes at
    intervals.
    """
    running = start()
    try:
        first = until(running, warm, seconds, interval)
        last = until(running, total, seconds, interval)
        time.sleep(settle)
        events, took = last.seen - first.seen, last.at - first.at
        peak = peak_bytes(running.pid)
        return Rate(events / took, (last.cpu - first.cpu) / events, took, peak)
    finally:
        running.close()
