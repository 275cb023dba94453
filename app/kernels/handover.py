"""Records handed from one partition's output to another's input in memory, without a broker."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels.avro_write import copy
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
from app.kernels.prefetch import prefetch

NO_TIMESTAMP = -1

AHEAD = 16
"""Records between asking for a key and reading it: they lie as far apart as the records do."""


class Rows(NamedTuple):
    """Decoded records, row by row: ``frames`` int64[n, FRAME_WIDTH], ``values`` int64[n, width],
    ``present`` uint64[n], ``status`` and ``field`` int32[n], ``origin`` int64[n]."""

    frames: Matrix
    values: Matrix
    present: npt.NDArray[np.uint64]
    status: npt.NDArray[np.int32]
    field: npt.NDArray[np.int32]
    origin: npt.NDArray[np.int64]


@lean_kernel
def partition_numbers(
    data: Bytes, frames: Matrix, partitions: Int, out: npt.NDArray[np.int16]
) -> None:
    """Write into ``out`` int16[n] the partition each framed record's key belongs to.

    Keys must lie within ``data``; a record without one goes to the first partition.
    """
    for i in range(frames.shape[0]):
        if i + AHEAD < frames.shape[0]:
            prefetch(data, frames[i + AHEAD, FRAME_KEY_START])
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


@lean_kernel
def deal(
    data: Bytes,
    rows: Rows,
    numbers: npt.NDArray[np.int16],
    places: npt.NDArray[np.int64],
    offsets: npt.NDArray[np.int64],
    out: Rows,
    keys: Bytes,
) -> None:
    """Copy each of ``rows`` to ``out`` behind the others of its partition, ``numbers`` int16[n].

    ``places`` int64[partitions] say where in ``out`` a partition's records go, ``offsets`` (same)
    the next offset of each; both are moved on. Keys are copied to ``keys``, end to end in the order
    of ``rows``, so that they lie close together wherever they came from; a record keeps its key and
    its columns, no timestamp and no value. Raises IndexError for a key outside of ``data``, and
    where ``keys`` or ``out`` has no room.
    """
    at = np.int64(0)
    for i in range(rows.frames.shape[0]):
        number = numbers[i]
        to = places[number]
        places[number] += 1
        start, length = rows.frames[i, FRAME_KEY_START], rows.frames[i, FRAME_KEY_LENGTH]
        if start < 0 or length < 0 or start > data.size or length > data.size - start:
            raise IndexError("a key outside of the data")
        if length > keys.size - at or to >= out.frames.shape[0]:
            raise IndexError("no room for a record")
        copy(keys, at, data, start, length)
        out.frames[to, FRAME_OFFSET] = offsets[number]
        out.frames[to, FRAME_TIMESTAMP] = NO_TIMESTAMP
        out.frames[to, FRAME_KEY_START] = at
        out.frames[to, FRAME_KEY_LENGTH] = length
        out.frames[to, FRAME_VALUE_START] = at
        out.frames[to, FRAME_VALUE_LENGTH] = 0
        offsets[number] += 1
        at += length
        for k in range(rows.values.shape[1]):
            out.values[np.uint64(to), np.uint64(k)] = rows.values[np.uint64(i), np.uint64(k)]
        out.present[to] = rows.present[i]
        out.status[to] = rows.status[i]
        out.field[to] = rows.field[i]
        out.origin[to] = rows.origin[i]
