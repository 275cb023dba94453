"""Arrays that are as large as they may ever become, and cost what is touched.

A store that grows by reallocation stands still while it copies, needs the old and the new memory
at once, and leaves every view of it dangling. Address space is free: an anonymous private mapping
of the final size takes a page of memory only when that page is first written. The arrays never
move, so a kernel's view of them is good for the life of the store.
"""

import mmap
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

# Keeps the kernel from counting the untouched pages against what it may promise. The mmap module
# names it from Python 3.13 on.
_NORESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)


# From this size on, rounding up to pages of 2 MiB costs little. With pages of 4 KiB, scattered rows
# are soon more than the processor's table of pages can hold: a tenth to a fifth of a fold's time.
_HUGE_PAGES_FROM = 1 << 23
# The first of them stays in small pages: each partition's tables have five arrays, and where there
# are few rows a whole page to be zeroed for each would cost more than the rows.
_HUGE_PAGE = 1 << 21


def reserve_array(shape: int, dtype: npt.DTypeLike) -> Any:
    """A zeroed array of ``shape`` elements; the memory goes when the last view of it does.

    Raises MemoryError when the address space is not to be had.
    """
    size = max(shape, 1) * np.dtype(dtype).itemsize
    try:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE)
    except OSError as exc:
        raise MemoryError(
            f"cannot reserve {size:,} bytes of address space for a table: lower the limit of rows "
            "per partition, or let the system overcommit (vm.overcommit_memory)"
        ) from exc
    if size >= _HUGE_PAGES_FROM and hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE, _HUGE_PAGE)
    return np.frombuffer(memory, dtype)[:shape]
