"""What kernels see of a columnar store: its arrays, and the scalars that change."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels.decode_types import Bytes

# ``StoreViews.counts``
ROWS_USED = 0  # rows ever used: slots from here on are untouched
LIVE = 1  # rows in use
LIMIT = 2  # rows the store may hold
FREE = 3  # entries of ``free``
DIRTY = 4  # rows whose FLAG_DIRTY is set
DIRTY_ENTRIES = 5  # entries of ``dirty``, those of rows that are clean again included
ARENA_USED = 6  # bytes of ``arena`` in use, garbage included
ARENA_GARBAGE = 7  # bytes of removed keys among them
INDEX_MASK = 8  # buckets of the index in use, less one
INDEX_ROOM = 9  # rows that this many buckets may hold
COUNTS = 10


Rows = Any  # a structured array that starts with ROW_HEAD: mypy knows no fields
Words = npt.NDArray[np.uint64]
Slots = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]


class StoreViews(NamedTuple):
    """The arrays of one ``ColumnStore``.

    ``rows`` structured[limit], starting with ``ROW_HEAD``; ``words`` uint64[limit, row bytes / 8],
    the same memory; ``arena`` uint8[], the keys' bytes; ``buckets`` uint64[], the index; ``free``
    int32[limit], slots of removed rows; ``dirty`` int32[2 * limit], slots of changed rows in the
    order they changed; ``counts`` int64[COUNTS]; ``hash_key`` uint64[3], the SipHash key and the
    mask of the hash's bits in use.
    """

    rows: Rows
    words: Words
    arena: Bytes
    buckets: Words
    free: Slots
    dirty: Slots
    counts: Counts
    hash_key: Words
