"""Which core runs what, and what a process has used of it.

The broker, the load and whoever reads the actions share one core; the peer has the other to itself.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
_USABLE = sorted(os.sched_getaffinity(0))  # before anything was pinned


def cores() -> tuple[int, int]:
    """(the broker's core, the peer's core); the same one where there is but one."""
    return _USABLE[0], _USABLE[-1]


@contextlib.contextmanager
def pinned(core: int) -> Iterator[None]:
    """What is started inside runs on ``core`` alone: children inherit it, and their threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and of children it has waited for, in seconds."""
    # The name, in parentheses, may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def peak_bytes(pid: int) -> int:
    """The most memory that was ever resident (VmHWM), bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has no VmHWM")
