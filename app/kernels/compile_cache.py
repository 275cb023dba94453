"""Numba's cache on disk, shared by processes that compile at the same time.

Numba reads the index of a function, adds an entry, writes the index back, and then writes the
machine code to the file that the entry names. Two processes that do so at once, for two signatures
of one function, give both the same file, and one signature is answered with the other's machine
code. Here they take turns: a lock on the directory is held while an entry is read or written.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from numba.core.caching import IndexDataCacheFile

if sys.platform != "win32":
    import fcntl


class SharedCacheFile(IndexDataCacheFile):  # type: ignore[misc]
    """The index and the machine code of one function."""

    def save(self, key: object, data: object) -> None:
        """Add or replace the entry of ``key``.

        Nothing is kept where there is no room: the next process compiles it anew.
        """
        with contextlib.suppress(OSError), _alone(self._cache_path):
            super().save(key, data)

    def load(self, key: object) -> Any:
        """What was saved under ``key``, or None."""
        with _alone(self._cache_path):
            return super().load(key)


def share_cache(dispatcher: Any) -> None:
    """Let the compiled function ``dispatcher`` take turns with other processes at its cache."""
    dispatcher._cache._cache_file.__class__ = SharedCacheFile


@contextlib.contextmanager
def _alone(directory: str) -> Iterator[None]:
    """Hold the lock on ``directory``; no lock where there is nothing to lock, or no way to."""
    if sys.platform == "win32":
        yield
        return
    try:
        held = os.open(directory, os.O_RDONLY)
    except FileNotFoundError:  # nothing was compiled yet
        yield
        return
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
