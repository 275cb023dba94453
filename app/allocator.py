"""The C library's allocator, told to keep what is freed.

A worker asks for the same megabytes for every chunk it reads. glibc gives much of them back to the
system when they are freed, and the system clears every page of the next ones when it is first
touched: a twentieth of a busy worker's time.
"""

import ctypes

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

KEPT_BYTES = 1 << 30
"""Blocks below this come from the heap, and no less than this at its end is given back. What is
kept was in use at one time, but not all of it at the same time: the peak of a worker that holds a
million accounts grew by a twentieth."""


def keep_freed_memory() -> bool:
    """Keep freed memory for the next blocks, in the whole process.

    Returns whether that could be said; other C libraries than glibc have no such settings.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return all(mallopt(which, KEPT_BYTES) for which in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD))
