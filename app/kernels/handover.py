"""Records handed from one partition's output to another's input in memory, without a broker."""

import numpy as np
import numpy.typing as npt

from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_OFFSET,
    FRAME_TIMESTAMP,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
)
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bytes, Int, Matrix
from app.kernels.murmur2 import partition_of

NO_TIMESTAMP = -1


@lean_kernel
def partition_numbers(
    data: Bytes, frames: Matrix, partitions: Int, out: npt.NDArray[np.int16]
) -> None:
    """Write into ``out`` int16[n] the partition each framed record's key belongs to.

    Keys must lie within ``data``; a record without one goes to the first partition.
    """
    for i in range(frames.shape[0]):
        start = frames[i, FRAME_KEY_START]
        length = frames[i, FRAME_KEY_LENGTH]
        inside = start >= 0 and 0 <= length <= data.shape[0] - start
        out[i] = np.int16(partition_of(data, start, length, partitions) if inside else 0)


@lean_kernel
def frame_pairs(
    keys: Int,
    key_ends: npt.NDArray[np.int64],
    values: Int,
    value_ends: npt.NDArray[np.int64],
    frames: Matrix,
) -> None:
    """Write ``frames`` int64[n, FRAME_WIDTH] of records whose keys stand from position ``keys`` on,
    end to end, and whose values from ``values`` on; offsets count from 0."""
    key_at, value_at = np.int64(0), np.int64(0)
    for i in range(key_ends.shape[0]):
        frames[i, FRAME_OFFSET] = i
        frames[i, FRAME_TIMESTAMP] = NO_TIMESTAMP
        frames[i, FRAME_KEY_START] = keys + key_at
        frames[i, FRAME_KEY_LENGTH] = key_ends[i] - key_at
        frames[i, FRAME_VALUE_START] = values + value_at
        frames[i, FRAME_VALUE_LENGTH] = value_ends[i] - value_at
        key_at, value_at = key_ends[i], value_ends[i]


@lean_kernel
def move_keys(data: Bytes, frames: Matrix, out: Bytes, at: Int) -> Int:
    """Copy the keys of framed records to ``out[at:]`` and let ``frames`` name them there, as keys
    and as values of no bytes. ``out`` has room. Returns the position behind the last one."""
    for i in range(frames.shape[0]):
        start, length = frames[i, FRAME_KEY_START], frames[i, FRAME_KEY_LENGTH]
        for k in range(length):
            out[at + k] = data[start + k]
        frames[i, FRAME_KEY_START] = at
        frames[i, FRAME_VALUE_START] = at
        frames[i, FRAME_VALUE_LENGTH] = 0
        at += length
    return at
