"""The hash index: finding, adding, removing, colliding, and refusing."""

import numpy as np
import pytest

from app.kernels import views as v
from app.kernels.columns import FRAME_KEY_LENGTH, FRAME_KEY_START, FRAME_WIDTH
from app.kernels.dirty import mark_clean, mark_dirty, take_dirty
from app.kernels.index import (
    ABSENT,
    BLOCK,
    hash_of,
    lookup,
    lookup_frames,
    prefetch_row,
    remove,
    upsert,
    upsert_hashed,
)
from app.state.layout import FLAG_DIRTY, FLAG_PROFILE, ROW_HEAD
from app.state.store import ColumnStore
from tests.reference.index import check_buckets

ROW = np.dtype([*ROW_HEAD, ("value", np.int64)], align=True)


def new_store(limit=100, **kwargs) -> ColumnStore:
    store = ColumnStore(ROW, limit=limit, seed=7, **kwargs)
    store.reserve(limit, limit * 8)
    return store


def array(text: bytes) -> np.ndarray:
    return np.frombuffer(text, np.uint8)


def put(store: ColumnStore, key: bytes) -> int:
    return int(upsert(store.views(), array(key), 0, len(key)))


def find(store: ColumnStore, key: bytes) -> int:
    return int(lookup(store.views(), array(key), 0, len(key)))


def test_a_key_is_found_where_it_stands_in_the_data():
    store = new_store()
    data = array(b"..acct-1..acct-2")
    first, second = upsert(store.views(), data, 2, 6), upsert(store.views(), data, 10, 6)
    assert first != second
    assert lookup(store.views(), data, 2, 6) == first
    assert find(store, b"acct-2") == second
    assert find(store, b"acct-3") == ABSENT
    assert upsert(store.views(), data, 2, 6) == first


def test_a_new_row_is_zero_but_for_its_head_and_dirty():
    store = new_store()
    slot = put(store, b"abc")
    row = store.views().rows[slot]
    assert row["hash"] == hash_of(store.views(), array(b"abc"), 0, 3)
    assert row["id_length"] == 3
    assert row["flags"] == FLAG_DIRTY
    assert row["offset"] == row["last_ts"] == row["value"] == 0


def test_a_reused_row_is_zero_too():
    store = new_store(limit=1)
    slot = put(store, b"abc")
    store.views().rows[slot]["value"] = 5
    store.views().rows[slot]["flags"] |= FLAG_PROFILE
    remove(store.views(), slot)
    assert put(store, b"def") == slot
    row = store.views().rows[slot]
    assert row["value"] == 0
    assert row["flags"] == FLAG_DIRTY


@pytest.mark.parametrize("other", [b"acct-2", b"acct-", b"acct-11", b"Acct-1", b""])
def test_only_the_whole_key_counts_even_if_every_hash_collides(other):
    store = new_store(hash_bits=0)
    slot = put(store, b"acct-1")
    assert find(store, b"acct-1") == slot
    assert find(store, other) == ABSENT


@pytest.mark.parametrize("hash_bits", [0, 33, 34, 64])
def test_removal_keeps_every_other_key_reachable(hash_bits):
    store = new_store(hash_bits=hash_bits)
    keys = [b"k%d" % i for i in range(100)]
    slots = {key: put(store, key) for key in keys}
    for gone in keys[::3]:
        remove(store.views(), slots.pop(gone))
        check_buckets(store.views())
        assert find(store, gone) == ABSENT
    assert {key: find(store, key) for key in slots} == slots


def test_a_full_store_takes_no_more_until_a_row_is_removed():
    store = new_store(limit=2)
    first = put(store, b"a")
    put(store, b"b")
    assert put(store, b"c") == ABSENT
    assert put(store, b"a") == first
    remove(store.views(), first)
    assert put(store, b"c") == first


def test_a_full_arena_takes_no_more_and_harms_nothing():
    store = new_store(limit=4)
    room = store.views().arena.size
    assert put(store, b"x" * (room - 1)) != ABSENT
    assert put(store, b"yy") == ABSENT
    assert put(store, b"z") != ABSENT
    assert len(store) == 2
    check_buckets(store.views())


def test_want_of_reserve_is_loud_and_changes_nothing():
    store = ColumnStore(ROW, limit=5000, seed=1)
    room = int(store.views().counts[v.INDEX_ROOM])
    for i in range(room):
        put(store, b"%d" % i)
    with pytest.raises(RuntimeError, match="reserve"):
        put(store, b"one more")
    assert len(store) == room
    check_buckets(store.views())
    store.reserve(1, 8)
    assert put(store, b"one more") == room


@pytest.mark.parametrize(("start", "length"), [(-1, 2), (2, 2), (0, -1), (4, 0), (2**62, 2**62)])
def test_a_range_outside_of_the_data_is_refused(start, length):
    store = new_store()
    for kernel in (lookup, upsert):
        with pytest.raises(IndexError):
            kernel(store.views(), array(b"abc"), start, length)


@pytest.mark.parametrize("length", [0, 65_536])
def test_an_empty_or_oversize_key_has_no_row(length):
    store = new_store(limit=1000)
    data = array(b"x" * 70_000)
    assert lookup(store.views(), data, 0, length) == ABSENT
    with pytest.raises(ValueError, match="65,535"):
        upsert(store.views(), data, 0, length)
    assert upsert(store.views(), data, 0, 65_535) != ABSENT


@pytest.mark.parametrize("slot", [-1, 1, 2, 99, 100, 2**40])
def test_removing_what_is_not_there_is_refused(slot):
    store = new_store()
    put(store, b"a")
    remove(store.views(), put(store, b"b"))
    with pytest.raises(IndexError):
        remove(store.views(), slot)
    check_buckets(store.views())


def test_hashes_differ_between_processes():
    one, other = ColumnStore(ROW, limit=1), ColumnStore(ROW, limit=1)
    data = array(b"acct")
    assert hash_of(one.views(), data, 0, 4) != hash_of(other.views(), data, 0, 4)


def framed(keys: list[bytes | None]) -> tuple[np.ndarray, np.ndarray]:
    frames = np.zeros((len(keys), FRAME_WIDTH), np.int64)
    data = b""
    for i, key in enumerate(keys):
        frames[i, FRAME_KEY_START] = -1 if key is None else len(data)
        frames[i, FRAME_KEY_LENGTH] = len(key or b"")
        data += key or b""
    return array(data), frames


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 3])
@pytest.mark.parametrize("hash_bits", [0, 34, 64])
def test_looking_up_frames_agrees_with_looking_up_each(count, hash_bits):
    store = new_store(hash_bits=hash_bits)
    for i in range(0, 90, 2):
        put(store, b"k%d" % i)
    keys = [None if i % 7 == 3 else b"k%d" % i for i in range(count)]
    data, frames = framed(keys)
    hashes, slots = np.full(count, 9, np.uint64), np.full(count, 9, np.int64)
    lookup_frames(store.views(), data, frames, hashes, slots)
    assert slots.tolist() == [ABSENT if key is None else find(store, key) for key in keys]
    for i, key in enumerate(keys):
        if key is not None:
            prefetch_row(store.views(), slots[i])
            start, length = frames[i, FRAME_KEY_START], frames[i, FRAME_KEY_LENGTH]
            slot = upsert_hashed(store.views(), data, start, length, hashes[i])
            assert store.key(slot) == key


def test_frames_outside_of_the_data_are_refused():
    store = new_store()
    data, frames = framed([b"abc"])
    frames[0, FRAME_KEY_LENGTH] = 4
    with pytest.raises(IndexError):
        lookup_frames(store.views(), data, frames, np.zeros(1, np.uint64), np.zeros(1, np.int64))


def test_a_row_is_dirty_once_however_often_it_changes():
    store = new_store()
    slot = put(store, b"a")
    for _ in range(3):
        mark_dirty(store.views(), slot)
    assert store.views().counts[v.DIRTY_ENTRIES] == store.dirty == 1


def test_the_dirty_list_outlives_any_number_of_stale_entries():
    store = new_store(limit=3)
    a, b = put(store, b"a"), put(store, b"b")
    mark_clean(store.views(), b)
    for _ in range(100):  # each round leaves a stale entry behind
        mark_dirty(store.views(), b)
        mark_clean(store.views(), b)
    mark_dirty(store.views(), b)
    assert store.views().counts[v.DIRTY_ENTRIES] <= store.views().dirty.size
    assert store.dirty_slots().tolist() == [a, b]


def test_taking_dirty_rows_lists_each_once_and_cleans_it():
    store = new_store()
    a, b, c = (put(store, key) for key in (b"a", b"b", b"c"))
    mark_clean(store.views(), b)
    mark_dirty(store.views(), b)  # two entries for b now
    remove(store.views(), c)  # and one of nobody
    slots = np.empty(10, np.int32)
    assert take_dirty(store.views(), slots[:1]) == 1
    taken = {int(slots[0])}
    assert take_dirty(store.views(), slots) == 1
    assert taken | {int(slots[0])} == {a, b}
    assert store.dirty == 0
    assert not store.views().rows["flags"].any()
    assert take_dirty(store.views(), slots) == 0
