import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernels import columns as c
from app.kernels.decode import read_only
from app.kernels.handover import frame_pairs, move_keys, partition_numbers
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
