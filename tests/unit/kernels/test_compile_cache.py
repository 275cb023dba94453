"""Processes that compile at once do not mix up what they compiled."""

import errno
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
from numba.core.caching import IndexDataCacheFile
from numba.core.dispatcher import Dispatcher

from app.kernels.compile import lean_kernel
from app.kernels.compile_cache import SharedCacheFile

ENTRIES = 100


def save_many(kind: type[IndexDataCacheFile], directory: str, writer: int) -> None:
    cache = kind(directory, "kernel", "stamp")
    for number in range(ENTRIES):
        cache.save((writer, number), f"{writer}.{number}")


def save_at_once(kind: type[IndexDataCacheFile], directory: Path) -> int:
    """How many of the entries that two processes saved can be read as they were written."""
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=save_many, args=(kind, str(directory), writer)) for writer in (0, 1)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    cache = kind(str(directory), "kernel", "stamp")
    keys = [(writer, number) for writer in (0, 1) for number in range(ENTRIES)]
    return sum(cache.load((w, n)) == f"{w}.{n}" for w, n in keys)


def test_two_processes_that_save_at_once_lose_nothing(tmp_path: Path) -> None:
    assert save_at_once(SharedCacheFile, tmp_path) == 2 * ENTRIES


def test_there_may_be_nothing_yet(tmp_path: Path) -> None:
    assert SharedCacheFile(str(tmp_path / "missing"), "kernel", "stamp").load("key") is None


def test_where_there_is_no_room_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    cache = SharedCacheFile(str(tmp_path), "kernel", "stamp")
    with monkeypatch.context() as patched:
        patched.setattr(IndexDataCacheFile, "_open_for_write", full)
        cache.save("key", "machine code")
    assert cache.load("key") is None
    cache.save("key", "machine code")
    assert cache.load("key") == "machine code"


def test_kernels_are_kept_so() -> None:
    @lean_kernel
    def double(x: int) -> int:
        return 2 * x

    assert double(np.int64(3)) == 6
    if isinstance(double, Dispatcher):
        assert isinstance(double._cache._cache_file, SharedCacheFile)
