"""The row codec over generated layouts, rows and bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernels.rows import decode_row, encode_rows
from app.state.codec import CorruptRow, RowCodec
from app.state.lanes import longest, plan_of
from app.state.layout import ACCOUNT, FLAG_DIRTY, ROW_HEAD
from app.state.store import ColumnStore
from tests.reference import codec as reference
from tests.reference.batches import framed

NUMBERS = [np.dtype(code) for code in ("f4", "f8", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8")]
NAMES = ["seen_at", "held_until", "first_ts", "a", "b", "c", "d", "pad"]
SHAPES = st.one_of(st.just(()), st.tuples(st.integers(1, 9)), st.just((2, 3)))
FIELDS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NUMBERS), SHAPES),
    max_size=8,
    unique_by=lambda field: field[0],
)


def layout(fields: list[tuple[str, np.dtype, tuple[int, ...]]]) -> np.dtype:
    return np.dtype([*ROW_HEAD, *fields], align=True)


@st.composite
def filled(draw: st.DrawFn, dtype: np.dtype) -> np.ndarray:
    """One row of ``dtype`` whose scalars are zero or any bits."""
    row = np.zeros(1, dtype)
    for name in dtype.names or ():
        if name in reference.LOCAL:
            continue
        target = row[name].reshape(-1)
        if target.dtype.names:
            continue
        for i in range(target.size):
            if draw(st.booleans()):
                size = target.dtype.itemsize
                target[i : i + 1] = np.frombuffer(
                    draw(st.binary(min_size=size, max_size=size)), target.dtype
                )
        row[name] = target.reshape(row[name].shape)
    return row


def encode(row: np.ndarray, version: int) -> bytes:
    """The kernel's encoding: it is compiled once, where a store would be for every layout."""
    plan = plan_of(row.dtype, row.dtype)
    out, ends = np.empty(longest(plan), np.uint8), np.zeros(1, np.int64)
    encode_rows(row.view(np.uint64).reshape(1, -1), plan, version, np.array([0]), out, ends)
    return out[: ends[0]].tobytes()


def decode(value: bytes, old: np.dtype, new: np.dtype) -> np.ndarray:
    row = np.zeros(1, new)
    data = np.frombuffer(value, np.uint8)
    plan = plan_of(old, new)
    assert decode_row(row.view(np.uint64), plan, data, 1, len(value)) == -1
    return row


def no_header(key: bytes, value: bytes | None, offset: int) -> None:
    raise AssertionError("no header was written")


@given(FIELDS, st.data())
@settings(max_examples=150, deadline=None)
def test_any_row_of_any_layout_survives(fields, data):
    dtype = layout(fields)
    row = data.draw(filled(dtype))
    value = encode(row, 9)
    assert value == reference.encode(row[0], 9)
    row["flags"] &= ~np.uint16(FLAG_DIRTY)
    again = decode(value, dtype, dtype)
    assert all(again[name].tobytes() == row[name].tobytes() for name in dtype.names)


@given(FIELDS, FIELDS, st.data())
@settings(max_examples=150, deadline=None)
def test_any_row_is_read_as_any_later_layout_by_names(old_fields, new_fields, data):
    # Fields of one name keep their type; shapes may change.
    types = {name: dtype for name, dtype, _ in old_fields}
    new_fields = [(name, types.get(name, dtype), shape) for name, dtype, shape in new_fields]
    ranks = {name: len(shape) for name, _, shape in old_fields}
    new_fields = [
        (name, dtype, shape)
        for name, dtype, shape in new_fields
        if ranks.get(name, len(shape)) == len(shape)
    ]
    old, new = layout(old_fields), layout(new_fields)
    row = data.draw(filled(old))
    read = decode(encode(row, 1), old, new)[0]
    for name, _, shape in new_fields:
        if name in reference.LOCAL:
            continue
        expected = np.zeros(shape, read[name].dtype)
        if name in types:
            common = tuple(
                slice(0, min(a, b)) for a, b in zip(shape, row[name].shape[1:], strict=True)
            )
            expected[common] = row[name][0][common]
        assert read[name].tobytes() == expected.tobytes()
    for name in ("offset", "last_ts"):
        assert read[name] == row[name][0]


ACCOUNT_PLAN = plan_of(ACCOUNT, ACCOUNT)
ACCOUNTS = RowCodec({1: ACCOUNT})


@st.composite
def mutated_accounts(draw: st.DrawFn) -> bytes:
    """A real encoding with bytes changed, cut out or put in."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    row = np.zeros(1, ACCOUNT)
    lanes = draw(st.integers(1, 40))
    words = row.view(np.uint64)
    words[rng.integers(3, words.size, lanes)] = rng.integers(0, 2**63, lanes, np.uint64)
    changed = bytearray(encode(row, 1))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(1, len(changed)))
        changed[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(changed)


@given(st.one_of(mutated_accounts(), st.binary(max_size=200).map(lambda rest: b"\x01" + rest)))
@settings(max_examples=300, deadline=None)
def test_bytes_are_a_row_in_exactly_one_way_or_refused_within_them(value):
    row = np.zeros(1, ACCOUNT)
    data = np.frombuffer(value, np.uint8)
    bad = int(decode_row(row.view(np.uint64), ACCOUNT_PLAN, data, 1, len(value)))
    assert -1 <= bad <= len(value)
    store = ColumnStore(ACCOUNT, limit=1)
    if bad >= 0:
        with pytest.raises(CorruptRow) as caught:
            ACCOUNTS.apply(store, framed([(b"key", value)]), no_header, "test")
        assert caught.value.offset == 0
        return
    ACCOUNTS.apply(store, framed([(b"key", value)]), no_header, "test")
    assert ACCOUNTS.encode(store, store.slots()) == [(b"key", value)]
