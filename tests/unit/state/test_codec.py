"""Rows to changelog records and back, across layouts."""

import numpy as np
import pytest

from app.kernels.columns import FRAME_VALUE_START
from app.state.codec import ACCOUNT_CODEC, CorruptRow, RowCodec, StoreFull
from app.state.lanes import lanes_of
from app.state.layout import (
    ACCOUNT,
    ACCOUNT_VERSION,
    FLAG_DIRTY,
    FLAG_PROFILE,
    FLAG_STUB,
    ROW_HEAD,
    STANDING,
)
from app.state.store import ColumnStore
from tests.reference import codec as reference
from tests.unit.state.changelogs import framed

# Three layouts of one row: fields come, go, move, grow and widen.
ONE = np.dtype(
    [
        *ROW_HEAD,
        ("gone", np.float32, (2,)),
        ("count", np.uint16),
        ("balance", np.int32),
        ("seen_at", np.int64),
        ("families", np.uint64, (2,)),
        ("live", STANDING),
    ],
    align=True,
)
TWO_FIELDS = [
    *ROW_HEAD,
    ("live", STANDING),
    ("families", np.uint64, (4,)),
    ("new", np.float32),
    ("balance", np.int64),
    ("count", np.uint32),
]
TWO = np.dtype([*TWO_FIELDS, ("seen_at", np.int64)], align=True)
THREE = np.dtype([*TWO_FIELDS, ("extra", np.int64)], align=True)

OLD = RowCodec({1: ONE})
NEW = RowCodec({1: ONE, 2: TWO})


def no_header(key, value, offset):
    raise AssertionError("no header was written")


def apply(codec, store, records, first_offset=0, on_header=no_header):
    codec.apply(store, framed(records, first_offset), on_header, "changelog/3")


def one_row(store: ColumnStore, key: bytes) -> np.void:
    row = store.views().rows[store.add(key)]
    row["flags"] |= FLAG_PROFILE
    row["offset"], row["last_ts"], row["seen_at"] = 12, 1_000_000, 999_000
    row["gone"], row["count"], row["balance"] = (1.5, 2.5), 65_535, -7
    row["families"] = (2**64 - 1, 5)
    row["live"]["sequence"], row["live"]["risk"] = 77, np.float32(0.1)
    return row


def test_a_store_comes_back_as_it_was():
    rng = np.random.default_rng(0)
    store, again = (ColumnStore(ACCOUNT, limit=3000) for _ in range(2))
    for i in range(3000):
        row = store.views().rows[store.add(b"acct-%d" % i)]
        row["last_ts"] = 1_700_000_000_000 + i
        row["requests"] = rng.gamma(2, 2, 3)
        row["recent"] = rng.integers(0, 2**63, 32)
        row["live"]["sequence"] = i % 3
    records = ACCOUNT_CODEC.encode(store, store.slots())
    assert len(records) == 3000
    apply(ACCOUNT_CODEC, again, records)
    assert again.dirty == 0
    again_records = ACCOUNT_CODEC.encode(again, again.slots())
    assert again_records == records
    slot = store.get(b"acct-1234")
    assert dict(records)[b"acct-1234"] == reference.encode(
        store.views().rows[slot], ACCOUNT_VERSION
    )


def test_later_records_replace_earlier_ones_and_nulls_remove():
    source, store = ColumnStore(ONE, limit=9), ColumnStore(ONE, limit=9)
    row = one_row(source, b"a")
    (first,) = OLD.encode(source, source.slots())
    row["count"], row["balance"] = 0, 1
    (second,) = OLD.encode(source, source.slots())
    apply(OLD, store, [first, (b"b", first[1]), second, (b"b", None), (b"never", None)])
    assert store.keys() == [b"a"]
    held = store.views().rows[store.get(b"a")]
    assert (held["count"], held["balance"]) == (0, 1)


def test_an_applied_row_is_clean_even_over_a_dirty_one():
    store = ColumnStore(ONE, limit=9)
    one_row(store, b"a")
    (record,) = OLD.encode(store, store.slots())
    assert store.dirty == 1
    apply(OLD, store, [record])
    assert store.dirty == 0
    assert not store.views().rows["flags"][0] & FLAG_DIRTY


def test_slots_that_are_free_again_are_passed_over():
    store = ColumnStore(ONE, limit=9)
    one_row(store, b"a")
    one_row(store, b"b")
    slots = store.take_dirty(9)
    store.expire([store.get(b"a")])
    assert [key for key, _ in OLD.encode(store, slots)] == [b"b"]
    assert OLD.encode(store, slots[:0]) == []
    with pytest.raises(IndexError):
        OLD.encode(store, np.array([5]))


def test_an_older_row_is_read_by_the_names_of_its_fields():
    source = ColumnStore(ONE, limit=1)
    old = one_row(source, b"a")
    store = ColumnStore(TWO, limit=1)
    apply(NEW, store, OLD.encode(source, source.slots()))
    row = store.views().rows[store.get(b"a")]
    for name in ("offset", "last_ts", "seen_at", "count", "balance"):
        assert row[name] == old[name]
    assert row["families"].tolist() == [2**64 - 1, 5, 0, 0]
    assert row["new"] == 0
    assert row["live"] == old["live"]
    assert row["flags"] == FLAG_PROFILE
    # and is written again in today's layout
    ((_, value),) = NEW.encode(store, store.slots())
    assert value[0] == 2
    assert NEW.decode(value)["balance"] == -7


def test_layouts_mix_in_one_changelog_as_they_do_while_it_is_compacted():
    old, new = ColumnStore(ONE, limit=9), ColumnStore(TWO, limit=9)
    one_row(old, b"a")
    new.views().rows[new.add(b"b")]["balance"] = 2**40
    records = [*OLD.encode(old, old.slots()), *NEW.encode(new, new.slots())]
    store = ColumnStore(TWO, limit=9)
    apply(NEW, store, [*records, *records[::-1], (b"a", None), records[0]])
    assert store.views().rows["balance"][store.get(b"a")] == -7
    assert store.views().rows["balance"][store.get(b"b")] == 2**40


def test_a_row_smaller_than_the_one_it_replaces_leaves_nothing_behind():
    old, new = ColumnStore(ONE, limit=9), ColumnStore(TWO, limit=9)
    row = new.views().rows[new.add(b"a")]
    row["new"], row["families"] = 1.0, 9
    one_row(old, b"a")
    apply(NEW, new, OLD.encode(old, old.slots()))
    row = new.views().rows[new.get(b"a")]
    assert row["new"] == 0
    assert row["families"].tolist() == [2**64 - 1, 5, 0, 0]


@pytest.mark.parametrize(
    ("old", "new"),
    [(np.float32, np.float64), (np.int64, np.int32), (np.uint32, np.int32), (np.int32, np.float32)],
)
def test_a_field_that_changes_its_type_wants_a_new_name(old, new):
    with pytest.raises(ValueError, match="gets a new name"):
        RowCodec(
            {
                1: np.dtype([*ROW_HEAD, ("x", old), ("pad", np.uint32)], align=True),
                2: np.dtype([*ROW_HEAD, ("x", new), ("pad", np.uint32)], align=True),
            }
        )


def test_a_field_that_is_gone_may_have_had_any_type():
    codec = RowCodec({2: TWO, 3: THREE})
    source = ColumnStore(TWO, limit=1)
    source.views().rows[source.add(b"a")]["seen_at"] = 5
    store = ColumnStore(THREE, limit=1)
    apply(codec, store, NEW.encode(source, source.slots()))
    assert store.views().rows["extra"][0] == 0


def test_a_row_without_a_clock_is_refused():
    with pytest.raises(ValueError, match="last_ts"):
        lanes_of(np.dtype([("seen_at", np.int64), *ROW_HEAD], align=True))


@pytest.mark.parametrize("bad", [np.dtype("S3"), np.dtype(np.complex64), np.dtype(">i4")])
def test_fields_that_are_no_native_numbers_are_refused(bad):
    with pytest.raises(ValueError, match="native numbers"):
        lanes_of(np.dtype([*ROW_HEAD, ("x", bad)], align=True))


@pytest.mark.parametrize("version", [0, 256, -1])
def test_a_version_is_one_byte_and_not_zero(version):
    with pytest.raises(ValueError, match="byte"):
        RowCodec({version: ONE})


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda value: value[:-1], "makes no sense from byte"),
        (lambda value: value + b"x", "makes no sense from byte"),
        (lambda value: b"", "makes no sense"),
        (lambda value: b"\x00" + value[1:], "no release wrote rows of layout 0"),
        (lambda value: b"\x05" + value[1:], "written by a newer release"),
    ],
)
def test_a_row_that_makes_no_sense_stops_with_its_offset(spoil, text):
    source = ColumnStore(ONE, limit=9)
    one_row(source, b"a")
    ((key, value),) = OLD.encode(source, source.slots())
    store = ColumnStore(ONE, limit=9)
    with pytest.raises(CorruptRow, match=text) as caught:
        apply(OLD, store, [(b"fine", value), (key, spoil(value))], first_offset=41)
    assert caught.value.offset == 42
    assert "changelog/3 at offset 42" in str(caught.value)
    assert b"fine" in store


def test_records_that_could_not_be_framed_or_have_no_key_stop():
    source = ColumnStore(ONE, limit=9)
    one_row(source, b"a")
    ((_, value),) = OLD.encode(source, source.slots())
    lost = framed([(b"a", value)])
    lost.frames[0, FRAME_VALUE_START] = -2
    for records in (lost, framed([(None, value)]), framed([(b"", value)])):
        with pytest.raises(CorruptRow):
            OLD.apply(ColumnStore(ONE, limit=9), records, no_header, "changelog/3")


def test_a_lone_value_is_read_for_tools():
    source = ColumnStore(ONE, limit=9)
    row = one_row(source, b"a")
    row["flags"] |= FLAG_STUB
    ((_, value),) = OLD.encode(source, source.slots())
    record = OLD.decode(value)
    assert record["balance"] == -7
    assert record["flags"] == FLAG_PROFILE | FLAG_STUB
    with pytest.raises(CorruptRow):
        OLD.decode(value + b"x")
    with pytest.raises(CorruptRow):
        OLD.decode(b"")


def test_headers_come_in_order_with_their_offsets():
    seen = []
    source = ColumnStore(ONE, limit=9)
    one_row(source, b"a")
    (record,) = OLD.encode(source, source.slots())
    store = ColumnStore(ONE, limit=9)

    def on_header(key, value, offset):
        assert key == b"\xffheader"
        seen.append((value, offset, len(store)))

    records = [(b"\xffheader", b"one"), record, (b"\xffheader", b"two"), (b"\xffheader", None)]
    apply(OLD, store, records, first_offset=5, on_header=on_header)
    assert seen == [(b"one", 5, 0), (b"two", 7, 1), (None, 8, 1)]


def test_more_rows_than_the_store_may_hold_says_what_to_do():
    source = ColumnStore(ONE, limit=3)
    for key in (b"a", b"b", b"c"):
        one_row(source, key)
    with pytest.raises(StoreFull, match="Raise the limit"):
        apply(OLD, ColumnStore(ONE, limit=2), OLD.encode(source, source.slots()))


def test_a_typical_account_is_small():
    """Twenty-six requests a day for a month: what a changelog of a million accounts costs."""
    rng = np.random.default_rng(4)
    store = ColumnStore(ACCOUNT, limit=1)
    row = store.views().rows[store.add(b"acct_0123456789abcdef")]
    now = 1_760_000_000_000
    row["offset"], row["last_ts"], row["first_ts"] = 123_456_789, now, now - 2_592_000_000
    row["flags"] |= FLAG_PROFILE
    for name in ("requests", "input_tokens", "output_tokens"):
        row[name] = rng.gamma(2, 10, 3)
    for name in ("opening", "novel", "gap_weight", "gap_mean", "gap_m2", "epoch_tokens"):
        row[name] = rng.gamma(2, 10)
    row["tasks"][:4] = rng.gamma(2, 10, 4)
    row["events"], row["hours"], row["hours_at"] = 780, rng.integers(0, 2**63, 3), 488_888
    row["epoch"], row["epoch_requests"] = 488_888, 3
    for name, number in (
        ("family", 3),
        ("program", 1),
        ("network", 2),
        ("client", 1),
        ("model", 1),
    ):
        row[name][:number] = rng.integers(1, 2**63, number)
        row[f"{name}_weight"][:number] = rng.gamma(2, 10, number)
    row["recent"][0], row["recent_at"][0], row["recent_next"] = rng.integers(1, 2**63), 50_000, 12
    row["tier"], row["verification"], row["profile_offset"] = 1, 3, 200_000
    row["created_at"] = now - 5_184_000_000
    for name in ("payment", "email_domain", "device"):
        row[name] = rng.integers(1, 2**63)
    ((_, value),) = ACCOUNT_CODEC.encode(store, store.slots())
    assert len(value) < 300
