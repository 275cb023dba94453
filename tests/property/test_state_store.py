"""The columnar store against a dictionary, under any sequence of what is done to one."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.kernels import views as v
from app.kernels.columns import FRAME_KEY_LENGTH, FRAME_KEY_START
from app.kernels.dirty import mark_dirty
from app.kernels.index import ABSENT, lookup_frames, upsert, upsert_hashed
from app.state.codec import RowCodec
from app.state.layout import ROW_HEAD
from app.state.store import ColumnStore
from tests.reference.batches import framed
from tests.reference.index import check_buckets
from tests.reference.store import DictStore

ROW = np.dtype([*ROW_HEAD, ("value", np.int64)], align=True)
CODEC = RowCodec({1: ROW})

# Few keys, so that they meet again, and long ones, so that the arena fills and is compacted.
KEYS = st.one_of(
    st.integers(0, 40).map(lambda number: b"k%d" % number),
    st.integers(0, 20).map(lambda number: b"long-%0120d" % number),
)
VALUES = st.integers(-(2**63), 2**63 - 1)


class StoreMachine(RuleBasedStateMachine):
    """Every rule does the same to both stores; every invariant compares them."""

    @initialize(
        limit=st.sampled_from([1, 7, 30, 300]), hash_bits=st.sampled_from([0, 32, 33, 36, 64])
    )
    def begin(self, limit: int, hash_bits: int) -> None:
        self.store = ColumnStore(ROW, limit=limit, seed=3, hash_bits=hash_bits)
        self.model = DictStore(limit, self.store.views().arena.size)

    def value_at(self, key: bytes) -> int:
        slot = self.store.get(key)
        assert slot is not None
        return int(self.store.views().rows[slot]["value"])

    @rule(keys=st.lists(st.tuples(KEYS, VALUES), max_size=20))
    def fold(self, keys: list[tuple[bytes, int]]) -> None:
        """As a fold does: look all up at once, then insert and write one after another."""
        chunk = framed([(key, b"") for key, _ in keys])
        hashes, slots = np.empty(len(keys), np.uint64), np.empty(len(keys), np.int64)
        views = self.store.views()
        self.store.reserve(len(keys), sum(len(key) for key, _ in keys))
        lookup_frames(views, chunk.data, chunk.frames, hashes, slots)
        for i, (key, value) in enumerate(keys):
            start, length = chunk.frames[i, FRAME_KEY_START], chunk.frames[i, FRAME_KEY_LENGTH]
            slot = slots[i]
            if slot == ABSENT:
                slot = upsert_hashed(views, chunk.data, start, length, hashes[i])
            assert (slot != ABSENT) == self.model.upsert(key)
            if slot != ABSENT:
                assert upsert(views, chunk.data, start, length) == slot
                views.rows[slot]["value"] = value
                mark_dirty(views, slot)
                self.model.write(key, value)

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        keys = data.draw(st.lists(st.sampled_from(sorted(self.model.rows)), unique=True))
        self.store.expire([self.store.get(key) for key in keys])
        self.model.expire(keys)

    @rule()
    def compact(self) -> None:
        """Room for more keys than there is any: the arena is compacted if that gives some."""
        self.store.reserve(1, self.store.views().arena.size)
        assert self.store.views().counts[v.ARENA_GARBAGE] == 0

    @rule()
    def expire_all(self) -> None:
        self.store.expire(self.store.slots().tolist())
        self.model.expire(list(self.model.rows))

    @rule(most=st.integers(0, 50))
    def checkpoint_slice(self, most: int) -> None:
        slots = self.store.take_dirty(most)
        assert slots.size == min(most, len(self.model.dirty))
        written = CODEC.encode(self.store, slots)
        assert {key for key, _ in written} <= self.model.dirty
        for key, value in written:
            assert int(CODEC.decode(value)["value"]) == self.model.rows[key]
        self.model.clean(key for key, _ in written)

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def write_alone(self, data: st.DataObject) -> None:
        keys = data.draw(st.lists(st.sampled_from(sorted(self.model.rows)), unique=True))
        self.store.mark_clean([self.store.get(key) for key in keys])
        self.model.clean(keys)

    @rule()
    def take_tombstones(self) -> None:
        taken = self.store.take_tombstones(10**6)
        assert len(taken) == len(set(taken))
        assert set(taken) == self.model.take_tombstones()

    @rule(limit=st.sampled_from([30, 300]))
    def recover(self, limit: int) -> None:
        """Everything through the changelog into another store, which goes on from there."""
        limit = max(limit, self.model.limit)
        again = ColumnStore(ROW, limit=limit)
        records = CODEC.encode(self.store, self.store.slots())
        CODEC.apply(again, framed([*records, *records[::-1]]), no_header, "test")
        self.store = again
        rows, self.model = self.model.rows, DictStore(limit, again.views().arena.size)
        self.model.rows = rows

    @rule()
    def clear(self) -> None:
        self.store.clear()
        self.model = DictStore(self.model.limit, self.model.key_bytes)

    @invariant()
    def the_same_rows(self) -> None:
        assert len(self.store) == len(self.model.rows)
        assert set(self.store.keys()) == self.model.rows.keys()
        for key, value in self.model.rows.items():
            assert self.value_at(key) == value

    @invariant()
    def the_same_dirty_rows(self) -> None:
        assert self.store.dirty == len(self.model.dirty)
        assert set(self.store.keys(self.store.dirty_slots())) == self.model.dirty

    @invariant()
    def sound_inside(self) -> None:
        views = self.store.views()
        check_buckets(views)
        counts = views.counts
        assert counts[v.LIVE] + counts[v.FREE] == counts[v.ROWS_USED] <= self.store.limit
        lengths = views.rows["id_length"].astype(np.int64)
        assert lengths.sum() + counts[v.ARENA_GARBAGE] == counts[v.ARENA_USED]
        ends = views.rows["id_at"] + lengths
        assert (ends <= counts[v.ARENA_USED]).all()
        # Free rows are zero: whoever gets one starts from nothing.
        assert not views.words[lengths == 0].any()


def no_header(key: bytes, value: bytes | None, offset: int) -> None:
    raise AssertionError("no header was written")


StoreMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestStore = StoreMachine.TestCase
