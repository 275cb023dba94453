"""The columnar store: rows of one table partition, found by key.

Rows are contiguous structured records; kernels read and write them through ``views()``. Everything
is reserved at its final size (see ``memory.py``), so nothing moves, and growing costs no copy but
the index's entries.

Between folds one thread at a time may call the store's methods; a kernel at work must be alone.
"""

import itertools
import secrets
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from app.kernels import dirty
from app.kernels import index as ix
from app.kernels import views as v
from app.kernels.index import ABSENT
from app.kernels.views import StoreViews
from app.state.layout import FLAG_DIRTY, ROW_HEAD
from app.state.memory import reserve_array

LOAD = 0.7  # probes stay short: 2.2 on average for a present key, 6 for an absent one (Knuth)
FIRST_BUCKETS = 1 << 10
ARENA_BYTES_PER_ROW = 96  # room for keys of 64 characters with some beyond ASCII, and for garbage
ARENA_LIMIT = 2**32 - 1  # ``id_at`` is 32 bits wide
COMPACT_FROM = 1 << 16  # bytes of garbage that are not worth moving keys for


class ColumnStore:
    """Rows of ``row_dtype`` (which starts with ``ROW_HEAD``), at most ``limit`` of them.

    ``seed`` fixes the hash key, for tests that must repeat themselves; ``hash_bits`` below 64 makes
    keys collide, for tests of what happens then.
    """

    def __init__(
        self,
        row_dtype: np.dtype[np.void],
        *,
        limit: int,
        seed: int | None = None,
        hash_bits: int = 64,
    ) -> None:
        _check_dtype(row_dtype)
        if not 0 < limit < 2**31 - 1:
            raise ValueError("limit must be between 1 and 2**31 - 2 rows")
        self.row_dtype = row_dtype
        self.limit = limit
        self._seed = seed
        self._hash_bits = hash_bits
        self._tombstones: dict[bytes, None] = {}
        self._returned: list[int] = []
        self._views = self._reserve()

    def _reserve(self) -> StoreViews:
        limit = self.limit
        rows = reserve_array(limit, self.row_dtype)
        counts = np.zeros(v.COUNTS, np.int64)
        counts[v.LIMIT] = limit
        views = StoreViews(
            rows=rows,
            words=rows.view(np.uint64).reshape(limit, self.row_dtype.itemsize // 8),
            arena=reserve_array(min(limit * ARENA_BYTES_PER_ROW, ARENA_LIMIT), np.uint8),
            buckets=reserve_array(_buckets_for(limit), np.uint64),
            free=reserve_array(limit, np.int32),
            dirty=reserve_array(2 * limit, np.int32),
            counts=counts,
            hash_key=_hash_key(self._seed, self._hash_bits),
        )
        _set_buckets(counts, min(FIRST_BUCKETS, views.buckets.size))
        return views

    def views(self) -> StoreViews:
        """The arrays for kernels: the same ones until ``clear``."""
        return self._views

    def __len__(self) -> int:
        return int(self._views.counts[v.LIVE])

    @property
    def dirty(self) -> int:
        """Rows that the changelog does not hold as they are."""
        return int(self._views.counts[v.DIRTY])

    @property
    def nbytes(self) -> int:
        """Bytes of memory in use, but for the rounding to pages."""
        counts = self._views.counts
        return int(
            counts[v.ROWS_USED] * self.row_dtype.itemsize
            + counts[v.ARENA_USED]
            + (counts[v.INDEX_MASK] + 1) * self._views.buckets.itemsize
            + (counts[v.DIRTY_ENTRIES] + counts[v.FREE]) * 4
        )

    def reserve(self, rows: int, id_bytes: int) -> None:
        """Make room for ``rows`` new keys of ``id_bytes`` together: call it before every fold.

        Room beyond ``limit`` is not made: then ``upsert`` gives ``ABSENT``.
        """
        counts = self._views.counts
        wanted = min(int(counts[v.LIVE]) + rows, self.limit)
        if wanted > counts[v.INDEX_ROOM]:
            self._grow_index(wanted)
        garbage, used = int(counts[v.ARENA_GARBAGE]), int(counts[v.ARENA_USED])
        short = id_bytes > self._views.arena.size - used
        if (garbage >= COMPACT_FROM and 2 * garbage > used) or (short and garbage):
            self._compact_arena()

    def reserve_for(self, frames: npt.NDArray[np.int64]) -> None:
        """``reserve`` for the keys of ``frames`` (int64[n, FRAME_WIDTH]), were all of them new."""
        self.reserve(len(frames), int(ix.key_bytes(frames)))

    def _grow_index(self, rows: int) -> None:
        """At a million rows this takes 20 ms, once per doubling."""
        views = self._views
        old = views.buckets[: int(views.counts[v.INDEX_MASK]) + 1].copy()
        _set_buckets(views.counts, _buckets_for(rows))
        ix.rebuild(views, old)

    def _compact_arena(self) -> None:
        views = self._views
        live = self.slots()
        old = views.arena[: int(views.counts[v.ARENA_USED])].copy()
        ix.move_keys(views, old, live)

    def get(self, key: bytes) -> int | None:
        """The slot of ``key``'s row."""
        slot = int(ix.lookup(self._views, np.frombuffer(key, np.uint8), 0, len(key)))
        return None if slot == ABSENT else slot

    def add(self, key: bytes) -> int | None:
        """The slot of ``key``'s row, made if there is none; None when the store is full."""
        self.reserve(1, len(key))
        slot = int(ix.upsert(self._views, np.frombuffer(key, np.uint8), 0, len(key)))
        return None if slot == ABSENT else slot

    def __contains__(self, key: bytes) -> bool:
        return self.get(key) is not None

    def key(self, slot: int) -> bytes:
        """The key of the row at ``slot``; IndexError when it is not in use."""
        if not 0 <= slot < self._views.counts[v.ROWS_USED]:
            raise IndexError(f"no row at slot {slot}")
        row = self._views.rows[slot]
        start, length = int(row["id_at"]), int(row["id_length"])
        if length == 0:
            raise IndexError(f"no row at slot {slot}")
        return self._views.arena[start : start + length].tobytes()

    def keys(self, slots: npt.NDArray[np.integer] | None = None) -> list[bytes]:
        """The keys of the rows at ``slots`` (in use), or of all rows in the order of slots."""
        rows = self._views.rows
        slots = self.slots() if slots is None else slots
        starts = rows["id_at"][slots].tolist()
        lengths = rows["id_length"][slots].tolist()
        arena = self._views.arena.data
        return [
            bytes(arena[start : start + length])
            for start, length in zip(starts, lengths, strict=True)
        ]

    def slots(self) -> npt.NDArray[np.int64]:
        """The slots in use, ascending: int64[len]."""
        used = self._views.rows[: int(self._views.counts[v.ROWS_USED])]
        return np.flatnonzero(used["id_length"])

    def mark_dirty(self, slot: int) -> None:
        """Note that the row at ``slot`` must be written to the changelog."""
        self.key(slot)  # raises IndexError where there is no row
        dirty.mark_dirty(self._views, slot)

    def dirty_slots(self) -> npt.NDArray[np.int32]:
        """The slots of the dirty rows, which stay dirty: int32[dirty], ascending."""
        views = self._views
        listed = np.unique(views.dirty[: int(views.counts[v.DIRTY_ENTRIES])])
        still: npt.NDArray[np.int32] = listed[(views.rows["flags"][listed] & FLAG_DIRTY) != 0]
        return still

    def take_dirty(self, most: int) -> npt.NDArray[np.int32]:
        """Up to ``most`` dirty slots, clean from now on: whoever takes them writes them."""
        slots = np.empty(min(most, self.dirty), np.int32)
        return slots[: dirty.take_dirty(self._views, slots)]

    def mark_clean(self, slots: Iterable[int]) -> None:
        """Note that these rows are being written to the changelog as they are."""
        for slot in slots:
            dirty.mark_clean(self._views, slot)

    def expire(self, slots: Iterable[int]) -> None:
        """Remove rows, and remember their keys for ``take_tombstones``."""
        for slot in slots:
            self._tombstones[self.key(slot)] = None
            ix.remove(self._views, slot)

    @property
    def tombstones(self) -> int:
        """Removed rows of which the changelog may not know yet."""
        return len(self._tombstones)

    def take_tombstones(self, most: int) -> list[bytes]:
        """Up to ``most`` keys whose rows are gone, for the changelog to forget.

        Write them before the rows of the same checkpoint. A key that has come back since is left
        out: its new row replaces the old one, and ``take_returned`` names it.
        """
        keys = list(itertools.islice(self._tombstones, most))
        for key in keys:
            del self._tombstones[key]
        slots = [self.get(key) for key in keys]
        self._returned += [slot for slot in slots if slot is not None]
        return [key for key, slot in zip(keys, slots, strict=True) if slot is None]

    def take_returned(self) -> npt.NDArray[np.int32]:
        """The slots of the keys that the last ``take_tombstones`` left out: int32[k].

        Write these rows with its tombstones: until then the changelog holds what was removed.
        """
        slots, self._returned = np.array(self._returned, np.int32), []
        return slots

    def clear(self) -> None:
        """Forget everything, and give the memory back once nobody holds the old views."""
        self._tombstones.clear()
        self._returned.clear()
        self._views = self._reserve()


def _check_dtype(row_dtype: np.dtype[np.void]) -> None:
    names = tuple(name for name, *_ in ROW_HEAD)
    if (row_dtype.names or ())[: len(names)] != names or row_dtype.itemsize % 8:
        raise ValueError("a row dtype starts with ROW_HEAD and fills whole 64-bit words")


def _hash_key(seed: int | None, bits: int) -> npt.NDArray[np.uint64]:
    """A key nobody can know, so nobody can choose account ids that share a bucket."""
    if seed is None:
        k0, k1 = secrets.randbits(64), secrets.randbits(64)
    else:
        k0, k1 = np.random.SeedSequence(seed).generate_state(2, np.uint64).tolist()
    return np.array([k0, k1, (1 << bits) - 1], np.uint64)


def _buckets_for(rows: int) -> int:
    buckets = FIRST_BUCKETS
    while rows > int(buckets * LOAD):
        buckets <<= 1
    return buckets


def _set_buckets(counts: npt.NDArray[np.int64], buckets: int) -> None:
    counts[v.INDEX_MASK] = buckets - 1
    counts[v.INDEX_ROOM] = int(buckets * LOAD)
