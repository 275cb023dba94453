"""The row codec's kernels against the reference, and against bytes that are not rows."""

import numpy as np
import pytest

from app.kernels import rows as kernels
from app.kernels.rows import CORRUPT_RECORD, DONE, decode_row, encode_rows
from app.state.lanes import longest, plan_of
from app.state.layout import FLAG_DIRTY, FLAG_PROFILE, ROW_HEAD, STANDING
from app.state.store import ColumnStore
from tests.reference import codec as reference

ROW = np.dtype(
    [
        *ROW_HEAD,
        ("first_ts", np.int64),
        ("floats", np.float32, (2, 3)),
        ("real", np.float64),
        ("small", np.uint8, (3,)),
        ("short", np.int16),
        ("wide", np.uint64),
        ("count", np.uint32),
        ("number", np.int32),
        ("pad", np.uint16),
        ("held_until", np.int64),
        ("live", STANDING),
    ],
    align=True,
)
PLAN = plan_of(ROW, ROW)


def random_row(rng: np.random.Generator, density: float) -> np.ndarray:
    """A row whose lanes hold random bits, each with probability ``density``."""
    row = np.zeros(1, ROW)
    _fill(row[0], rng, density)
    return row


def _fill(record: np.void, rng: np.random.Generator, density: float) -> None:
    for name in record.dtype.names:
        if name in reference.LOCAL:
            continue
        if record[name].dtype.names:
            _fill(record[name], rng, density)
            continue
        dtype = record[name].dtype
        shape = record[name].shape
        bits = np.frombuffer(rng.bytes(max(1, int(np.prod(shape))) * dtype.itemsize), dtype)
        keep = rng.random(shape) < density
        record[name] = np.where(keep, bits.reshape(shape), np.zeros((), dtype))


def encode(row: np.ndarray) -> bytes:
    out, ends = np.empty(longest(PLAN), np.uint8), np.zeros(1, np.int64)
    encode_rows(row.view(np.uint64).reshape(1, -1), PLAN, 7, np.array([0]), out, ends)
    return out[: ends[0]].tobytes()


def decode(value: bytes) -> tuple[int, np.ndarray]:
    row = np.zeros(1, ROW)
    data = np.frombuffer(value, np.uint8)
    return int(decode_row(row.view(np.uint64), PLAN, data, 1, len(value))), row


@pytest.mark.parametrize("density", [0.0, 0.05, 0.3, 0.9, 1.0])
def test_rows_are_written_as_the_reference_writes_them_and_read_back_bit_for_bit(density):
    rng = np.random.default_rng(5)
    for _ in range(40):
        row = random_row(rng, density)
        value = encode(row)
        assert value == reference.encode(row[0], 7)
        assert len(value) <= longest(PLAN)
        bad, again = decode(value)
        assert bad == -1
        row["flags"] &= ~np.uint16(FLAG_DIRTY)
        assert again.tobytes() == row.tobytes()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("floats", -0.0),
        ("floats", np.nan),
        ("floats", np.inf),
        ("floats", 1e-45),
        ("real", -np.nan),
        ("offset", 2**63 - 1),
        ("offset", -(2**63)),
        ("last_ts", -(2**63)),
        ("held_until", 2**63 - 1),
        ("first_ts", -1),
        ("wide", 2**64 - 1),
        ("count", 2**32 - 1),
        ("number", -(2**31)),
        ("short", -(2**15)),
        ("small", 255),
    ],
)
def test_extreme_values_survive(field, value):
    for clock in (0, 1_760_000_000_000, -(2**63), 2**63 - 1):
        row = np.zeros(1, ROW)
        row["last_ts"] = clock
        row[field] = value
        bad, again = decode(encode(row))
        assert bad == -1
        assert again.tobytes() == row.tobytes()


def test_the_dirty_flag_stays_in_memory():
    row = np.zeros(1, ROW)
    row["flags"] = FLAG_DIRTY | FLAG_PROFILE
    assert decode(encode(row))[1]["flags"] == FLAG_PROFILE
    row["flags"] = FLAG_DIRTY
    assert encode(row) == encode(np.zeros(1, ROW))


def test_an_empty_row_is_a_version_and_an_empty_bitmap():
    assert encode(np.zeros(1, ROW)) == bytes([7, 0])


def full_value() -> bytes:
    return encode(random_row(np.random.default_rng(1), 1.0))


def test_every_truncation_is_refused_within_the_data():
    value = full_value()
    for length in range(1, len(value)):
        bad, _ = decode(value[:length])
        assert 0 <= bad <= length


def test_bytes_after_the_row_are_refused_where_they_begin():
    value = full_value()
    assert decode(value + b"\0")[0] == len(value)


@pytest.mark.parametrize(
    ("value", "bad"),
    [
        (bytes([7, 0b0000_0001]), 2),  # a group that does not come
        (bytes([7, 0b0000_0001, 0]), 2),  # a group with no lane
        (bytes([7, 0b0000_0001, 1, 0]), 3),  # a lane that is zero
        (bytes([7, 0b0000_0001, 1, FLAG_DIRTY]), 3),  # a bit that is never written
        (bytes([7, 0b0000_0001, 1, 0x81, 0x00]), 3),  # a varint longer than it need be
        (bytes([7, 0b0000_0001, 1, 0xFF, 0xFF, 0x04]), 3),  # wider than 16 bits
        (bytes([7, 0b0000_0001, 2, *[0xFF] * 9, 0x02]), 3),  # wider than 64 bits
        (bytes([7, 0b0000_0001, 2, *[0x80] * 20]), 3),  # without an end
        (bytes([7, 0b0000_0001, 0b0001_0000, 1, 2, 3]), 3),  # three bytes of a float
        (bytes([7, 0b1000_0000, 1]), 2),  # a group beyond the last lane
    ],
)
def test_bytes_that_no_row_has_are_refused_where_they_are(value, bad):
    assert decode(value)[0] == bad


def test_a_lane_beyond_the_last_is_refused():
    lanes = len(PLAN)
    assert lanes % 8, "the last group of this row must have room"
    group = lanes // 8
    value = bytes([7]) + (1 << group).to_bytes((group + 8) // 8, "little") + bytes([0x80])
    assert decode(value)[0] == len(value) - 1


def test_no_bytes_at_all_read_or_write_outside():
    rng = np.random.default_rng(2)
    for _ in range(600):
        value = bytes([7]) + rng.bytes(int(rng.integers(0, 80)))
        bad, row = decode(value)
        assert -1 <= bad <= len(value)
        if bad == -1:
            assert encode(row) == value


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (0, 999), (9, 5), (2**62, 2**62 + 5)])
def test_ranges_outside_of_the_data_are_refused(start, end):
    row = np.zeros(1, ROW)
    data = np.zeros(10, np.uint8)
    assert decode_row(row.view(np.uint64), PLAN, data, start, end) == start
    assert not row.view(np.uint8).any()


@pytest.mark.parametrize(
    "frame",
    [
        [0, 0, -1, 0, 0, 4],  # no key
        [0, 0, 0, 0, 0, 4],  # an empty key
        [0, 0, 0, 11, 0, 4],  # a key beyond the data
        [0, 0, 0, 3, -2, 4],  # records that could not be framed
        [0, 0, 0, 3, 5, 6],  # a value beyond the data
        [0, 0, 0, 3, 5, 0],  # an empty value
        [0, 0, 2**62, 2**62, 5, 5],
        [0, 0, 0, 3, 2**62, 2**62],
    ],
)
def test_frames_that_make_no_sense_change_nothing(frame):
    store = ColumnStore(ROW, limit=4)
    data = np.frombuffer(b"key\0\0\x07\0\0\0\0", np.uint8)
    frames = np.array([frame], np.int64)
    applied, stop, _ = kernels.apply_frames(store.views(), PLAN, 7, data, frames, 0)
    assert (applied, stop) == (0, CORRUPT_RECORD)
    assert len(store) == 0
    good = np.array([[0, 0, 0, 3, 5, 2]], np.int64)
    assert kernels.apply_frames(store.views(), PLAN, 7, data, good, 0)[:2] == (1, DONE)
    assert b"key" in store
