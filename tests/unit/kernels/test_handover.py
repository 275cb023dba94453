import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernels import columns as c
from app.kernels.decode import read_only
from app.kernels.handover import Rows, deal, frame_pairs, move_keys, partition_numbers
from app.kernels.murmur2 import partition_of

PAIRS = st.lists(st.tuples(st.binary(max_size=30), st.binary(max_size=30)), max_size=30)


def laid_out(pairs: list[tuple[bytes, bytes]]) -> tuple[np.ndarray, np.ndarray]:
    keys = b"".join(key for key, _ in pairs)
    values = b"".join(value for _, value in pairs)
    key_ends = np.cumsum([len(key) for key, _ in pairs], dtype=np.int64)
    value_ends = np.cumsum([len(value) for _, value in pairs], dtype=np.int64)
    frames = np.empty((len(pairs), c.FRAME_WIDTH), np.int64)
    frame_pairs(0, key_ends, len(keys), value_ends, frames)
    return read_only(np.frombuffer(keys + values, np.uint8)), frames


def keys_of(data: np.ndarray, frames: np.ndarray) -> list[bytes]:
    return [
        data[start : start + length].tobytes()
        for start, length in frames[:, [c.FRAME_KEY_START, c.FRAME_KEY_LENGTH]].tolist()
    ]


@settings(deadline=None)
@given(PAIRS)
def test_pairs_come_out_as_they_went_in(pairs: list[tuple[bytes, bytes]]) -> None:
    data, frames = laid_out(pairs)
    values = frames[:, [c.FRAME_VALUE_START, c.FRAME_VALUE_LENGTH]].tolist()
    assert keys_of(data, frames) == [key for key, _ in pairs]
    assert [data[at : at + n].tobytes() for at, n in values] == [value for _, value in pairs]
    assert frames[:, c.FRAME_OFFSET].tolist() == list(range(len(pairs)))


@settings(deadline=None)
@given(PAIRS, st.integers(1, 40))
def test_records_go_where_a_producer_puts_them(
    pairs: list[tuple[bytes, bytes]], partitions: int
) -> None:
    data, frames = laid_out(pairs)
    numbers = np.empty(len(pairs), np.int16)
    partition_numbers(data, frames, partitions, numbers)
    assert numbers.tolist() == [
        partition_of(np.frombuffer(key, np.uint8), 0, len(key), partitions) for key, _ in pairs
    ]


def test_a_key_outside_of_the_bytes_is_not_looked_at() -> None:
    data, frames = laid_out([(b"key", b"value")] * 3)
    frames[0, c.FRAME_KEY_START] = -1
    frames[1, c.FRAME_KEY_START] = 1 << 40
    frames[2, c.FRAME_KEY_LENGTH] = 1 << 40
    numbers = np.full(3, -1, np.int16)
    partition_numbers(data, frames, 7, numbers)
    assert numbers.tolist() == [0, 0, 0]


@settings(deadline=None)
@given(PAIRS)
def test_moved_keys_are_the_same_keys(pairs: list[tuple[bytes, bytes]]) -> None:
    data, frames = laid_out(pairs)
    before = keys_of(data, frames)
    out = np.zeros(5 + sum(map(len, before)), np.uint8)
    assert move_keys(data, frames, out, 5) == out.size
    assert keys_of(out, frames) == before


def rows_over(frames: np.ndarray) -> Rows:
    """Rows whose columns tell them apart."""
    count = np.arange(len(frames))
    return Rows(
        frames,
        (count[:, None] * 100 + np.arange(3)).astype(np.int64),
        count.astype(np.uint64) + np.uint64(1),
        count.astype(np.int32) + np.int32(2),
        count.astype(np.int32) + np.int32(3),
        count.astype(np.int64) + 4,
    )


@settings(deadline=None)
@given(PAIRS, st.integers(1, 5), st.data())
def test_dealt_records_stand_behind_each_other_by_partition(
    pairs: list[tuple[bytes, bytes]], partitions: int, drawn: st.DataObject
) -> None:
    data, frames = laid_out(pairs)
    draw = st.lists(st.integers(0, partitions - 1), min_size=len(pairs), max_size=len(pairs))
    numbers = np.array(drawn.draw(draw), np.int16)
    counts = np.bincount(numbers, minlength=partitions)
    places, offsets = np.cumsum(counts) - counts, np.arange(partitions) * 1000
    rows = rows_over(frames)
    out = Rows(*(np.full_like(column, 77) for column in rows))
    keys = np.empty(int(frames[:, c.FRAME_KEY_LENGTH].sum()), np.uint8)
    deal(data, rows, numbers, places, offsets, out, keys)

    order = np.argsort(numbers, kind="stable")
    for column, dealt in zip(rows[1:], out[1:], strict=True):
        assert dealt.tolist() == column[order].tolist()
    assert keys_of(keys, out.frames) == [pairs[i][0] for i in order]
    assert keys.tobytes() == b"".join(key for key, _ in pairs)
    assert places.tolist() == np.cumsum(counts).tolist()
    assert offsets.tolist() == (np.arange(partitions) * 1000 + counts).tolist()
    assert out.frames[:, c.FRAME_OFFSET].tolist() == [
        number * 1000 + k for number, count in enumerate(counts.tolist()) for k in range(count)
    ]
    assert (out.frames[:, c.FRAME_TIMESTAMP] == -1).all()
    assert (out.frames[:, c.FRAME_VALUE_START] == out.frames[:, c.FRAME_KEY_START]).all()
    assert (out.frames[:, c.FRAME_VALUE_LENGTH] == 0).all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (c.FRAME_KEY_START, -1),
        (c.FRAME_KEY_START, 1 << 40),
        (c.FRAME_KEY_LENGTH, -1),
        (c.FRAME_KEY_LENGTH, 1 << 40),
        (c.FRAME_KEY_LENGTH, 5),
    ],
)
def test_what_cannot_be_dealt_is_refused(column: int, value: int) -> None:
    data, frames = laid_out([(b"key", b"value")] * 2)
    frames[1, column] = value
    rows = rows_over(frames)
    zeros = np.zeros(1, np.int64)
    out = Rows(*(np.zeros_like(one) for one in rows))
    with pytest.raises(IndexError):
        deal(data, rows, np.zeros(2, np.int16), zeros, zeros.copy(), out, np.empty(6, np.uint8))


def test_more_records_than_there_is_room_for_are_refused() -> None:
    data, frames = laid_out([(b"key", b"value")] * 2)
    rows = rows_over(frames)
    zeros = np.zeros(1, np.int64)
    out = Rows(*(np.zeros_like(one[:1]) for one in rows))
    with pytest.raises(IndexError):
        deal(data, rows, np.zeros(2, np.int16), zeros, zeros.copy(), out, np.empty(6, np.uint8))
