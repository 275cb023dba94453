"""The columnar store: growth, expiry, compaction, tombstones, memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.kernels import columns as c
from app.kernels import views as v
from app.kernels.index import key_bytes
from app.state.layout import ACCOUNT, ROW_HEAD
from app.state.memory import reserve_array
from app.state.store import COMPACT_FROM, ColumnStore
from tests.reference.index import check_buckets

ROW = np.dtype([*ROW_HEAD, ("value", np.int64)], align=True)


def test_rows_survive_growth_of_the_index():
    store = ColumnStore(ROW, limit=20_000)
    views = store.views()
    for i in range(20_000):
        slot = store.add(b"key-%d" % i)
        views.rows[slot]["value"] = i
    assert len(store) == 20_000
    assert store.views() is views
    for i in (0, 1, 717, 9_999, 19_999):
        slot = store.get(b"key-%d" % i)
        assert views.rows[slot]["value"] == i
        assert store.key(slot) == b"key-%d" % i
    assert store.add(b"one more") is None
    assert b"one more" not in store
    check_buckets(views)


def test_keys_survive_compaction_and_garbage_does_not():
    store = ColumnStore(ROW, limit=3000)
    keys = [b"%0100d" % i for i in range(2000)]
    slots = {key: store.add(key) for key in keys}
    store.expire([slots.pop(key) for key in keys[:1900]])
    assert store.views().counts[v.ARENA_GARBAGE] == 190_000 > COMPACT_FROM
    store.reserve(0, 0)
    assert store.views().counts[v.ARENA_GARBAGE] == 0
    assert store.views().counts[v.ARENA_USED] == 100 * 100
    slots |= {key: store.add(key) for key in keys[:1900]}  # over where the others were
    assert {key: store.get(key) for key in slots} == slots
    assert set(store.keys()) == set(slots)


def test_a_short_arena_is_compacted_before_it_is_called_full():
    store = ColumnStore(ROW, limit=4)
    long = b"x" * (store.views().arena.size - 10)
    store.expire([store.add(long)])
    assert store.add(b"y" * 50) is not None
    assert store.views().counts[v.ARENA_USED] == 50


def test_expired_keys_become_tombstones_once_unless_they_came_back():
    store = ColumnStore(ROW, limit=10)
    slots = [store.add(key) for key in (b"a", b"b", b"c")]
    store.expire(slots)
    assert len(store) == 0
    assert store.dirty == 0
    back = store.add(b"b")
    assert store.take_tombstones(1) == [b"a"]
    assert store.take_tombstones(100) == [b"c"]
    assert store.take_tombstones(100) == []
    assert store.dirty_slots().tolist() == [back]


def test_rows_that_came_back_are_named_once_for_the_transaction_of_their_tombstones():
    store = ColumnStore(ROW, limit=10)
    store.expire([store.add(key) for key in (b"a", b"b", b"c")])
    back = [store.add(b"b"), store.add(b"c")]
    assert store.tombstones == 3
    assert store.take_tombstones(2) == [b"a"]
    assert store.take_returned().tolist() == back[:1]
    assert store.take_tombstones(2) == []
    assert store.take_returned().tolist() == back[1:]
    assert store.take_returned().tolist() == []
    assert store.tombstones == 0


def test_dirty_rows_are_taken_in_slices():
    store = ColumnStore(ROW, limit=10)
    slots = {store.add(b"%d" % i) for i in range(10)}
    taken = [*store.take_dirty(3).tolist(), *store.take_dirty(3).tolist()]
    store.mark_clean([(slots - set(taken)).pop()])
    assert store.dirty == 3
    taken += store.take_dirty(100).tolist()
    assert len(taken) == len(set(taken)) == 9
    assert store.take_dirty(5).tolist() == []
    store.mark_dirty(taken[0])
    assert store.dirty_slots().tolist() == [taken[0]]


@pytest.mark.parametrize("slot", [-1, 0, 1, 9, 10, 2**33])
def test_no_key_and_no_mark_without_a_row(slot):
    store = ColumnStore(ROW, limit=10)
    store.expire([store.add(b"a")])
    with pytest.raises(IndexError):
        store.key(slot)
    with pytest.raises(IndexError):
        store.mark_dirty(slot)


def test_who_came_back_is_named_instead_of_a_tombstone():
    store = ColumnStore(ROW, limit=10)
    for key in (b"a", b"b"):
        store.add(key)
    store.expire([0, 1])
    back = store.add(b"a")
    assert store.tombstones == 2
    assert store.take_tombstones(9) == [b"b"]
    assert store.take_returned().tolist() == [back]
    assert store.take_returned().tolist() == []
    assert store.tombstones == 0


def test_clear_forgets_all():
    store = ColumnStore(ROW, limit=10)
    store.expire([store.add(b"a")])
    store.add(b"b")
    store.clear()
    assert len(store) == store.dirty == 0
    assert b"b" not in store
    assert store.take_tombstones(9) == []
    assert store.add(b"c") == 0


@pytest.mark.parametrize("limit", [0, -1, 2**31 - 1])
def test_an_impossible_limit_is_refused(limit):
    with pytest.raises(ValueError, match="limit"):
        ColumnStore(ROW, limit=limit)


def test_room_is_made_for_the_keys_of_framed_records():
    store = ColumnStore(ROW, limit=5000)
    frames = np.zeros((3000, c.FRAME_WIDTH), np.int64)
    frames[:, c.FRAME_KEY_LENGTH] = np.arange(3000) % 60
    frames[7, c.FRAME_KEY_LENGTH] = -1  # a record without a key
    assert key_bytes(frames) == sum(i % 60 for i in range(3000) if i != 7)
    store.reserve_for(frames)
    assert store.views().counts[v.INDEX_ROOM] >= 3000


@pytest.mark.parametrize("fields", [ROW_HEAD[1:], [*ROW_HEAD, ("odd", np.uint8)]])
def test_a_row_without_head_or_of_odd_size_is_refused(fields):
    with pytest.raises(ValueError, match="ROW_HEAD"):
        ColumnStore(np.dtype(fields), limit=1)


def test_address_space_that_is_not_to_be_had_says_what_to_do():
    with pytest.raises(MemoryError, match="lower the limit"):
        reserve_array(2**60, np.uint8)


def test_an_account_costs_at_most_a_kibibyte():
    store = ColumnStore(ACCOUNT, limit=100_000)
    for i in range(0, 100_000, 1000):
        store.reserve(1000, 21_000)
        for k in range(i, i + 1000):
            store.add(b"acct_%016d" % k)
    assert store.nbytes / 100_000 <= 1024


def test_memory_is_paid_for_as_it_is_touched_and_never_twice():
    # Growing 50,000 rows at a time, the peak must stay near the final size: no copy of the rows.
    script = """
from app.state.layout import ACCOUNT
from app.state.store import ColumnStore
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
store = ColumnStore(ACCOUNT, limit=4_000_000)
store.add(b"warm")
before = peak()
for i in range(100_000):
    store.add(b"acct_%016d" % i)
print(peak() - before, store.nbytes)
"""
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    ).stdout
    grown, nbytes = map(int, output.split())
    assert nbytes > 90e6
    assert grown < 1.15 * nbytes


HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(
    HUGE_PAGES.exists() and "[always]" in HUGE_PAGES.read_text(),
    reason="every page is a huge one here, asked for or not",
)
def test_a_table_of_few_rows_costs_no_huge_pages():
    script = """
from app.state.layout import ACCOUNT
from app.state.store import ColumnStore
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
ColumnStore(ACCOUNT, limit=1_000_000).add(b"warm")
before = peak()
stores = [ColumnStore(ACCOUNT, limit=1_000_000) for _ in range(20)]
for store in stores:
    store.add(b"key")
print((peak() - before) // len(stores))
"""
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    ).stdout
    assert int(output) < 1 << 18
