"""Rows to changelog values and back.

A row is a list of *lanes*, one for each scalar in it. Most are zero most of the time, so a value is

    version    1 byte
    groups     one bit for each eight lanes: whether any of them is not zero
    then for each such group
      lanes    1 byte, one bit for each lane that is not zero
      values   of those lanes, in order

and how a lane's value is written depends on its kind: floats and hashes as they are, integers as
varints (LEB128; zigzag where they have a sign), times as the distance from the row's clock. Zero
means all bits zero, so every float survives, -0.0 and NaN included. A row has exactly one
encoding, and anything else is refused: state is written by us alone.

Which lanes there are, and where a lane goes in today's row, is data (see ``Plan``), so one kernel
reads every layout there ever was.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
)
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bytes, Int, Matrix
from app.kernels.dirty import mark_clean
from app.kernels.index import ABSENT, hash_of, insert, lookup_hashed, remove
from app.kernels.views import StoreViews

# Kinds of lanes
RAW = 0  # little-endian, in as many bytes as the lane has
UNSIGNED = 1  # varint
SIGNED = 2  # zigzag varint
CLOCK = 3  # as SIGNED; it is what times are counted from, so it comes before them
TIME = 4  # as SIGNED, less the clock

# What ``apply_frames`` stopped at
DONE = 0
HEADER = 1  # a key that is no id: the partition's header
OTHER_VERSION = 2  # a row of another layout
CORRUPT_RECORD = 3  # no key, no value that could be framed
CORRUPT_VALUE = 4
FULL = 5

NOT_UTF8 = 0xFF  # first byte of keys that are not ids

_SEVEN = np.uint64(7)
_LOW = np.uint64(0x7F)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)


# One lane of one version of a row. Lanes do not straddle 64-bit words.
LANE = np.dtype(
    [
        ("mask", np.uint64),  # the bits that may be written
        ("start", np.int32),  # where it stands in today's row, in bytes; -1: there is no such lane
        ("kind", np.uint8),
        ("size", np.uint8),  # in bytes, as written
        ("width", np.uint8),  # in bytes, in today's row: an integer may have widened
        ("signed", np.uint8),
    ],
    align=True,
)
Words = npt.NDArray[np.uint64]
Plan = npt.NDArray[Any]
"""The lanes of one version of a row, in order: structured array of ``LANE``."""


@lean_kernel
def bitmap_bytes(lanes: Int) -> Int:
    """Bytes of the bitmap of groups."""
    return (lanes + 63) >> 6


@lean_kernel
def encode_rows(
    words: Words,
    plan: Plan,
    version: Int,
    slots: npt.NDArray[Any],
    out: Bytes,
    ends: npt.NDArray[np.int64],
) -> None:
    """Write the rows at ``slots`` to ``out`` one after another; row i ends at ``ends[i]``.

    ``words`` uint64[n, row bytes / 8] are the rows, ``plan`` is of their layout, and ``out`` has
    room for the longest encoding of each.
    """
    at = np.int64(0)
    for i in range(slots.size):
        out[at] = version
        at = _encode(words[np.int64(slots[i])], plan, out, at + 1)
        ends[i] = at


@lean_kernel
def _encode(row: Words, plan: Plan, out: Bytes, at: Int) -> Int:
    bitmap = at
    at += bitmap_bytes(plan.size)
    for i in range(bitmap, at):
        out[i] = 0
    clock = np.int64(0)
    for group in range((plan.size + 7) >> 3):
        present_at = at
        present = 0
        at += 1
        for number in range(group << 3, min((group + 1) << 3, plan.size)):
            lane = plan[number]
            bits = _load(row, lane["start"]) & lane["mask"]
            if bits == _ZERO:
                continue
            present |= 1 << (number & 7)
            kind = lane["kind"]
            size = np.int64(lane["size"])
            if kind == RAW:
                for k in range(size):
                    out[at + k] = (bits >> np.uint64(k << 3)) & np.uint64(0xFF)
                at += size
                continue
            if kind != UNSIGNED:
                value = _extend(bits, size)
                if kind == CLOCK:
                    clock = value
                elif kind == TIME:
                    value -= clock  # wraps around, and back when it is read
                bits = _zigzag(value)
            at = _write_varint(out, at, bits)
        if present:
            out[present_at] = present
            out[bitmap + (group >> 3)] |= 1 << (group & 7)
        else:
            at = present_at
    return at


@lean_kernel
def decode_row(row: Words, plan: Plan, data: Bytes, start: Int, end: Int) -> Int:
    """Read ``data[start:end]``, a row after its version byte, into ``row`` (uint64[]).

    The row's lanes must be zero. Returns -1, or the position at which the bytes make no sense
    (then the row holds the lanes before it).
    """
    groups = (plan.size + 7) >> 3
    at = start + bitmap_bytes(plan.size)
    if start < 0 or end > data.size or at > end:
        return start
    clock = np.int64(0)
    for group in range(bitmap_bytes(plan.size) << 3):
        if not (data[start + (group >> 3)] >> (group & 7)) & 1:
            continue
        if group >= groups or at >= end or data[at] == 0:
            return min(at, end)
        present = np.int64(data[at])
        at += 1
        for number in range(group << 3, (group + 1) << 3):
            if not (present >> (number & 7)) & 1:
                continue
            if number >= plan.size:
                return at - 1
            lane = plan[number]
            kind = lane["kind"]
            size = np.int64(lane["size"])
            if kind == RAW:
                if size > end - at:
                    return at
                bits = _ZERO
                for k in range(size):
                    bits |= np.uint64(data[at + k]) << np.uint64(k << 3)
                following = at + size
            else:
                bits, following = _read_varint(data, at, end)
                if following < 0:
                    return at
                if kind != UNSIGNED:
                    value = _unzigzag(bits)
                    if kind == TIME:
                        value += clock
                    elif kind == CLOCK:
                        clock = value
                    bits = np.uint64(value)
                    if _extend(bits, size) != value:
                        return at
                    bits &= _ones(size)
            if bits == _ZERO or bits & ~lane["mask"] != _ZERO:
                return at
            if lane["start"] >= 0:
                if lane["signed"]:
                    bits = np.uint64(_extend(bits, size)) & _ones(lane["width"])
                _store(row, lane["start"], bits)
            at = following
    return np.int64(-1) if at == end else at


@lean_kernel
def _load(row: Words, start: Int) -> np.uint64:
    """The bits of the lane at byte ``start``, and of what follows it in the same word."""
    bits: np.uint64 = row[start >> 3] >> np.uint64((start & 7) << 3)
    return bits


@lean_kernel
def _store(row: Words, start: Int, bits: np.uint64) -> None:
    """Set bits of the lane at byte ``start``."""
    row[start >> 3] |= bits << np.uint64((start & 7) << 3)


@lean_kernel
def apply_frames(
    views: StoreViews, plan: Plan, version: Int, data: Bytes, frames: Matrix, first: Int
) -> tuple[Int, Int, Int]:
    """Apply changelog records, ``frames[first:]``, in order: rows replace rows, nulls remove them.

    Returns (records applied, what it stopped at, position in ``data`` of what is corrupt). Rows
    read from a changelog are clean. Room must have been reserved.
    """
    for i in range(first, frames.shape[0]):
        key, key_length = frames[i, FRAME_KEY_START], frames[i, FRAME_KEY_LENGTH]
        start, length = frames[i, FRAME_VALUE_START], frames[i, FRAME_VALUE_LENGTH]
        if key < 0 or key_length <= 0 or key_length > data.size - key or start < -1:
            return i, CORRUPT_RECORD, max(key, 0)
        if data[key] == NOT_UTF8:
            return i, HEADER, key
        hashed = hash_of(views, data, key, key_length)
        slot = lookup_hashed(views, data, key, key_length, hashed)
        if start == -1:
            if slot != ABSENT:
                remove(views, slot)
            continue
        if length <= 0 or length > data.size - start:
            return i, CORRUPT_RECORD, start
        if data[start] != version:
            return i, OTHER_VERSION, start
        if slot == ABSENT:
            slot = insert(views, data, key, key_length, hashed)
            if slot == ABSENT:
                return i, FULL, key
        else:
            mark_clean(views, slot)
            _erase(views, slot)
        bad = decode_row(views.words[slot], plan, data, start + 1, start + length)
        if bad >= 0:
            return i, CORRUPT_VALUE, bad
    return frames.shape[0], DONE, 0


@lean_kernel
def _erase(views: StoreViews, slot: Int) -> None:
    """Zero a row but for what ties it to its key."""
    row = views.rows[slot]
    hashed, id_at, id_length = row["hash"], row["id_at"], row["id_length"]
    for i in range(views.words.shape[1]):
        views.words[slot, i] = _ZERO
    row["hash"] = hashed
    row["id_at"] = id_at
    row["id_length"] = id_length


@lean_kernel
def _ones(size: Int) -> np.uint64:
    """The bits of ``size`` bytes."""
    return np.uint64(0xFFFF_FFFF_FFFF_FFFF) >> np.uint64(64 - (np.int64(size) << 3))


@lean_kernel
def _extend(bits: np.uint64, size: Int) -> Int:
    """The signed integer whose ``size`` bytes are ``bits``."""
    unused = np.int64(64 - (np.int64(size) << 3))
    return np.int64(bits << np.uint64(unused)) >> unused


@lean_kernel
def _zigzag(value: Int) -> np.uint64:
    return np.uint64((value << np.int64(1)) ^ (value >> np.int64(63)))


@lean_kernel
def _unzigzag(bits: np.uint64) -> Int:
    return np.int64(bits >> _ONE) ^ -np.int64(bits & _ONE)


@lean_kernel
def _write_varint(out: Bytes, at: Int, bits: np.uint64) -> Int:
    while bits > _LOW:
        out[at] = (bits & _LOW) | np.uint64(0x80)
        bits >>= _SEVEN
        at += 1
    out[at] = bits
    return at + 1


@lean_kernel
def _read_varint(data: Bytes, at: Int, end: Int) -> tuple[np.uint64, Int]:
    """A varint in its shortest form, and the position after it, or -1."""
    bits = _ZERO
    for shift in range(0, 64, 7):
        if at >= end:
            break
        byte = np.uint64(data[at])
        at += 1
        if shift == 63 and byte > _ONE:
            break
        bits |= (byte & _LOW) << np.uint64(shift)
        if byte <= _LOW:
            if byte == _ZERO and shift > 0:
                break
            return bits, at
    return bits, np.int64(-1)
