"""Compiles the kernels in two processes at once, where they are not compiled yet.

A process compiles one kernel at a time, and all of them take a minute. So a second process takes
one half, and this one the other; the few kernels that both halves use are compiled twice. Both keep
machine code in the same cache (see ``app/kernels/compile_cache.py``), from which ``warm_up`` then
loads it. What neither half knows of is compiled there.

``python -m app.agents.warmup_halves`` does the same for whoever starts a worker later.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from app.agents.warmup import compile_accounts, compile_decoders_and_links, warm_up
from app.kernels.decode_records import decode_rows
from app.kernels.fold import fold_requests
from app.kernels.links import fold_sightings

log = structlog.get_logger(__name__)

OTHER_HALF = "accounts"


def warm_up_quickly() -> None:
    """``warm_up`` with the help of a second processor, if there is one and it is worth it."""
    known = all(map(compiled, (decode_rows, fold_requests, fold_sightings)))
    if not known:
        log.info("compiling: the first start of a release takes a minute or two")
    if not known and processors() > 1:
        with _helper():
            compile_decoders_and_links()
    warm_up()


def compiled(kernel: Any) -> bool:
    """Whether an earlier process has compiled ``kernel``; always so without a compiler."""
    if not hasattr(kernel, "stats"):
        return True
    module = kernel.py_func.__module__.rpartition(".")[2]
    index = f"{module}.{kernel.py_func.__name__}-*.nbi"
    return any(Path(kernel.stats.cache_path).glob(index))


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def _helper() -> Iterator[None]:
    """A process that compiles the other half; its end is waited for, except after a failure."""
    command = [sys.executable, "-m", "app.agents.warmup_halves", OTHER_HALF]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as helper:  # noqa: S603
        try:
            yield
        except BaseException:
            helper.kill()
            raise


def main(arguments: list[str]) -> None:
    """Compile one half, or everything."""
    # Ctrl-C goes to every process of a terminal; one of them is enough to say so.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if arguments == [OTHER_HALF]:
        compile_accounts()
    else:
        warm_up_quickly()


if __name__ == "__main__":
    main(sys.argv[1:])
