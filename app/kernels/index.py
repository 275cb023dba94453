"""The hash index from an account's key to its row.

Open addressing with linear probing (Knuth, The Art of Computer Programming 3, section 6.4,
algorithms L and R: removal shifts back, so there are no tombstones) in a power-of-two array that
is never more than 70 % full. A bucket is one 64-bit word, so that a probe costs one cache miss:
the upper half of the key's hash, and the row's slot plus one (0: the bucket is empty). An entry's
home follows from the half it holds, so the index grows and shifts without reading a row.

Hashing is keyed (see ``siphash.py``) with a key drawn per process, and an entry only counts when
the whole hash and every byte of the key agree.

Kernels never allocate: ``ColumnStore.reserve`` makes room beforehand. The arrays stand still for
the life of the store, so ``StoreViews`` never goes stale.
"""

import numpy as np
import numpy.typing as npt

from app.kernels.columns import FRAME_KEY_LENGTH, FRAME_KEY_START
from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bytes, Int, Matrix
from app.kernels.dirty import mark_dirty
from app.kernels.prefetch import LINE_BYTES, prefetch
from app.kernels.siphash import siphash13, word_at
from app.kernels.views import (
    ARENA_GARBAGE,
    ARENA_USED,
    DIRTY,
    FREE,
    INDEX_MASK,
    INDEX_ROOM,
    LIMIT,
    LIVE,
    ROWS_USED,
    Counts,
    Rows,
    StoreViews,
    Words,
)
from app.state.layout import FLAG_DIRTY

__all__ = [
    "ABSENT",
    "StoreViews",
    "hash_of",
    "lookup",
    "lookup_frames",
    "lookup_hashed",
    "mark_dirty",
    "prefetch_row",
    "remove",
    "upsert",
    "upsert_hashed",
]

ABSENT = -1
MAX_KEY_BYTES = 65_535  # ``id_length`` is 16 bits wide

BLOCK = (
    16  # keys whose cache misses overlap in ``lookup_frames``: about what a core keeps in flight
)

_SLOT_BITS = np.uint64(32)
_SLOT_MASK = np.uint64(0xFFFF_FFFF)
_EMPTY = np.uint64(0)
_ONE = np.uint64(1)


@lean_kernel
def hash_of(views: StoreViews, data: Bytes, start: Int, length: Int) -> np.uint64:
    """The index's hash of the key at ``data[start : start + length]``; IndexError outside it."""
    hashed: np.uint64 = _hash(views.hash_key, data, start, length)
    return hashed


@lean_kernel
def _hash(key: Words, data: Bytes, start: Int, length: Int) -> np.uint64:
    hashed: np.uint64 = siphash13(data, start, length, key[0], key[1]) & key[2]
    return hashed


@lean_kernel
def lookup(views: StoreViews, data: Bytes, start: Int, length: Int) -> Int:
    """The slot of the key at ``data[start : start + length]``, or ``ABSENT``.

    Raises IndexError when the range does not lie within ``data``.
    """
    hashed = _hash(views.hash_key, data, start, length)
    return _find(views.rows, views.arena, views.buckets, views.counts, data, start, length, hashed)


@lean_kernel
def lookup_hashed(
    views: StoreViews, data: Bytes, start: Int, length: Int, hashed: np.uint64
) -> Int:
    """``lookup`` with the key's hash at hand; the range must lie within ``data``."""
    return _find(views.rows, views.arena, views.buckets, views.counts, data, start, length, hashed)


@inlined_kernel
def _find(
    rows: Rows,
    arena: Bytes,
    buckets: Words,
    counts: Counts,
    data: Bytes,
    start: Int,
    length: Int,
    hashed: np.uint64,
) -> Int:
    mask = np.uint64(counts[INDEX_MASK])
    tag = hashed >> _SLOT_BITS
    at = tag & mask
    entry = buckets[at]
    while entry != _EMPTY:
        if entry >> _SLOT_BITS == tag:
            slot = np.int64(entry & _SLOT_MASK) - 1
            row = rows[slot]
            if (
                row["hash"] == hashed
                and np.int64(row["id_length"]) == length
                and _same(arena, np.int64(row["id_at"]), data, start, length)
            ):
                return slot
        at = (at + _ONE) & mask
        entry = buckets[at]
    return np.int64(ABSENT)


@lean_kernel
def _same(arena: Bytes, at: Int, data: Bytes, start: Int, length: Int) -> bool:
    left, right = np.uint64(at), np.uint64(start)
    for _ in range(length >> 3):
        if word_at(arena, left) != word_at(data, right):
            return False
        left += np.uint64(8)
        right += np.uint64(8)
    for _ in range(length & 7):
        if arena[left] != data[right]:
            return False
        left += _ONE
        right += _ONE
    return True


@lean_kernel
def upsert(views: StoreViews, data: Bytes, start: Int, length: Int) -> Int:
    """The slot of the key at ``data[start : start + length]``, its row made if there is none.

    A new row is zero but for its head, and dirty. Returns ``ABSENT`` when the store is full.

    Raises IndexError when the range does not lie within ``data``, ValueError for an empty or
    oversize key, and RuntimeError when ``ColumnStore.reserve`` was not asked for enough.
    """
    hashed = _hash(views.hash_key, data, start, length)
    slot = _find(views.rows, views.arena, views.buckets, views.counts, data, start, length, hashed)
    return slot if slot != ABSENT else _add(views, data, start, length, hashed)


@lean_kernel
def upsert_hashed(
    views: StoreViews, data: Bytes, start: Int, length: Int, hashed: np.uint64
) -> Int:
    """``upsert`` with the key's hash at hand; the range must lie within ``data``."""
    slot = _find(views.rows, views.arena, views.buckets, views.counts, data, start, length, hashed)
    return slot if slot != ABSENT else _add(views, data, start, length, hashed)


@lean_kernel
def _add(views: StoreViews, data: Bytes, start: Int, length: Int, hashed: np.uint64) -> Int:
    slot = insert(views, data, start, length, hashed)
    if slot != ABSENT:
        mark_dirty(views, slot)
    return slot


@lean_kernel
def insert(views: StoreViews, data: Bytes, start: Int, length: Int, hashed: np.uint64) -> Int:
    """A clean row for a key that has none; ``ABSENT`` when the store is full.

    Raises ValueError for an empty or oversize key and RuntimeError for want of ``reserve``.
    """
    counts, arena = views.counts, views.arena
    if length <= 0 or length > MAX_KEY_BYTES:
        raise ValueError("a key has 1 to 65,535 bytes")
    if counts[LIVE] >= counts[LIMIT] or length > arena.size - counts[ARENA_USED]:
        return np.int64(ABSENT)
    if counts[LIVE] >= counts[INDEX_ROOM]:
        raise RuntimeError("reserve rows before inserting")
    if counts[FREE] > 0:
        counts[FREE] -= 1
        slot = np.int64(views.free[counts[FREE]])
    else:
        slot = np.int64(counts[ROWS_USED])
        counts[ROWS_USED] += 1
    counts[LIVE] += 1
    id_at = counts[ARENA_USED]
    for i in range(length):
        arena[id_at + i] = data[start + i]
    counts[ARENA_USED] += length
    row = views.rows[slot]
    row["hash"] = hashed
    row["id_at"] = id_at
    row["id_length"] = length
    _place(views.buckets, np.uint64(counts[INDEX_MASK]), hashed >> _SLOT_BITS, slot)
    return slot


@lean_kernel
def _place(buckets: Words, mask: np.uint64, tag: np.uint64, slot: Int) -> None:
    """Put an entry into the first empty bucket from its home on; there must be one."""
    at = tag & mask
    while buckets[at] != _EMPTY:
        at = (at + _ONE) & mask
    buckets[at] = (tag << _SLOT_BITS) | np.uint64(slot + 1)


@lean_kernel
def remove(views: StoreViews, slot: Int) -> None:
    """Free the row at ``slot`` and forget its key. Raises IndexError for a slot not in use."""
    counts, words = views.counts, views.words
    if slot < 0 or slot >= counts[ROWS_USED] or views.rows[slot]["id_length"] == 0:
        raise IndexError("no row in use at this slot")
    row = views.rows[slot]
    _unplace(views.buckets, np.uint64(counts[INDEX_MASK]), row["hash"] >> _SLOT_BITS, slot)
    if row["flags"] & FLAG_DIRTY:
        counts[DIRTY] -= 1  # its entry in the list is passed over, or counts for the next tenant
    counts[ARENA_GARBAGE] += np.int64(row["id_length"])
    for i in range(words.shape[1]):
        words[slot, i] = _EMPTY
    views.free[counts[FREE]] = slot
    counts[FREE] += 1
    counts[LIVE] -= 1


@lean_kernel
def _unplace(buckets: Words, mask: np.uint64, tag: np.uint64, slot: Int) -> None:
    """Empty the bucket of ``slot`` and shift back the entries that probed past it."""
    wanted = (tag << _SLOT_BITS) | np.uint64(slot + 1)
    hole = tag & mask
    while buckets[hole] != wanted:
        hole = (hole + _ONE) & mask
    at = (hole + _ONE) & mask
    while buckets[at] != _EMPTY:
        home = (buckets[at] >> _SLOT_BITS) & mask
        # An entry may move into the hole unless its home lies behind the hole.
        if (at - home) & mask >= (at - hole) & mask:
            buckets[hole] = buckets[at]
            hole = at
        at = (at + _ONE) & mask
    buckets[hole] = _EMPTY


@lean_kernel
def rebuild(views: StoreViews, old: Words) -> None:
    """Put every entry of ``old`` into the buckets now in use."""
    buckets = views.buckets
    mask = views.counts[INDEX_MASK]
    for i in range(mask + 1):
        buckets[i] = _EMPTY
    for entry in old:
        if entry != _EMPTY:
            slot = np.int64(entry & _SLOT_MASK) - 1
            _place(buckets, np.uint64(mask), entry >> _SLOT_BITS, slot)


@lean_kernel
def move_keys(views: StoreViews, old: Bytes, slots: npt.NDArray[np.int64]) -> None:
    """Write the keys of ``slots`` to the arena without gaps, from its copy ``old``."""
    rows, arena, counts = views.rows, views.arena, views.counts
    used = np.int64(0)
    for slot in slots:
        row = rows[slot]
        start = np.int64(row["id_at"])
        row["id_at"] = used
        for i in range(np.int64(row["id_length"])):
            arena[used] = old[start + i]
            used += 1
    counts[ARENA_USED] = used
    counts[ARENA_GARBAGE] = 0


@lean_kernel
def key_bytes(frames: Matrix) -> Int:
    """Bytes of the keys of ``frames`` int64[n, FRAME_WIDTH] together."""
    total = np.int64(0)
    for i in range(frames.shape[0]):
        total += max(frames[i, FRAME_KEY_LENGTH], 0)
    return total


@lean_kernel
def lookup_frames(
    views: StoreViews,
    data: Bytes,
    frames: Matrix,
    hashes: npt.NDArray[np.uint64],
    slots: npt.NDArray[np.int64],
) -> None:
    """Look up the key of every framed record, misses overlapping.

    ``frames`` int64[n, FRAME_WIDTH] (keys within ``data``, or IndexError); fills ``hashes``
    uint64[n] and ``slots`` int64[n], ``ABSENT`` where there is no row or no key. A slot holds good
    until rows are removed; an absent key may since have been added by an earlier record of the same
    batch: ``upsert_hashed`` settles it.
    """
    rows, words, arena, buckets = views.rows, views.words, views.arena, views.buckets
    counts, key = views.counts, views.hash_key
    mask = np.uint64(counts[INDEX_MASK])
    for first in range(0, frames.shape[0], BLOCK):
        last = min(first + BLOCK, frames.shape[0])
        for i in range(last, min(last + BLOCK, frames.shape[0])):
            prefetch(data, frames[i, FRAME_KEY_START])
        for i in range(first, last):
            start = frames[i, FRAME_KEY_START]
            if start >= 0:
                hashes[i] = _hash(key, data, start, frames[i, FRAME_KEY_LENGTH])
                prefetch(buckets, np.int64((hashes[i] >> _SLOT_BITS) & mask) << 3)
        for i in range(first, last):
            slots[i] = ABSENT
            if frames[i, FRAME_KEY_START] >= 0:
                entry = buckets[(hashes[i] >> _SLOT_BITS) & mask]
                if entry != _EMPTY:
                    slots[i] = np.int64(entry & _SLOT_MASK) - 1
                    prefetch(words, slots[i] * words.shape[1] << 3)
        for i in range(first, last):
            # the row in the home bucket is most often the one; its key's bytes come next
            if slots[i] != ABSENT:
                prefetch(arena, np.int64(rows[slots[i]]["id_at"]))
        for i in range(first, last):
            if slots[i] != ABSENT:
                start, length = frames[i, FRAME_KEY_START], frames[i, FRAME_KEY_LENGTH]
                slots[i] = _find(rows, arena, buckets, counts, data, start, length, hashes[i])


@lean_kernel
def prefetch_row(views: StoreViews, slot: Int) -> None:
    """Ask for the whole row at ``slot``, which is about to be folded into."""
    words = views.words
    width = words.shape[1] << 3
    for byte in range(slot * width, (slot + 1) * width, LINE_BYTES):
        prefetch(words, byte)
