"""From a row's dtype to the lanes that the row codec writes and reads (see ``kernels/rows.py``)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from app.kernels import rows as kernels
from app.kernels.rows import LANE, Plan
from app.state.layout import FLAG_DIRTY

LOCAL_FIELDS = ("hash", "id_at", "id_length", "pad")  # of this process, or the key's, or nobody's
CLOCK_FIELD = "last_ts"
TIME_SUFFIXES = ("_ts", "_at", "_until", "_since")  # of int64 fields that hold milliseconds

VARINT_BYTES = {1: 2, 2: 3, 4: 5, 8: 10}  # at most, for an integer of so many bytes


class Lane(NamedTuple):
    """One scalar of a row."""

    path: tuple[str | int, ...]  # field names and array indices
    dtype: np.dtype[Any]
    start: int  # in bytes


def lanes_of(dtype: np.dtype[Any]) -> list[Lane]:
    """The lanes of a row, in the order of its fields; process-local fields and padding have none.

    Raises ValueError for a row whose clock is not its first time.
    """
    lanes = list(_walk(dtype, (), 0))
    kinds = [_kind(lane) for lane in lanes]
    if kinds.count(kernels.CLOCK) != 1 or kernels.TIME in kinds[: kinds.index(kernels.CLOCK)]:
        raise ValueError(f"a row needs an int64 field {CLOCK_FIELD!r} before all other times")
    return lanes


def _walk(dtype: np.dtype[Any], path: tuple[str | int, ...], start: int) -> Iterator[Lane]:
    if dtype.subdtype is not None:
        element, shape = dtype.subdtype
        for number, index in enumerate(np.ndindex(shape)):
            yield from _walk(element, (*path, *index), start + number * element.itemsize)
    elif dtype.names is not None:
        for name in dtype.names:
            if name not in LOCAL_FIELDS:
                field, at = dtype.fields[name][:2]  # type: ignore[index]
                yield from _walk(field, (*path, name), start + at)
    elif dtype.kind not in "fiu" or not dtype.isnative or start % dtype.itemsize:
        raise ValueError(f"field {path}: the row codec takes aligned native numbers, not {dtype}")
    else:
        yield Lane(path, dtype, start)


def _kind(lane: Lane) -> int:
    name = next(str(part) for part in reversed(lane.path) if isinstance(part, str))
    if lane.dtype.kind == "f" or lane.dtype in (np.uint8, np.uint64):
        return kernels.RAW  # hashes and bit sets; and a byte is as short as a varint
    if lane.dtype.kind == "u":
        return kernels.UNSIGNED
    if lane.path == (CLOCK_FIELD,):
        return kernels.CLOCK
    if lane.dtype == np.int64 and name.endswith(TIME_SUFFIXES):
        return kernels.TIME
    return kernels.SIGNED


def plan_of(written: np.dtype[Any], today: np.dtype[Any]) -> Plan:
    """How to read rows that were written as ``written`` into rows of ``today`` (which may be it).

    Raises ValueError for fields of one name that cannot be read as one another.
    """
    targets = {lane.path: lane for lane in lanes_of(today)}
    lanes = lanes_of(written)
    for lane in lanes:
        target = targets.get(lane.path)
        if target and not (
            target.dtype == lane.dtype
            or (lane.dtype.kind in "iu" and np.can_cast(lane.dtype, target.dtype, "safe"))
        ):
            raise ValueError(
                f"field {lane.path}: {lane.dtype} cannot be read as {target.dtype}; a field whose "
                "type or meaning changes gets a new name"
            )
    plan = np.zeros(len(lanes), LANE)
    for i, lane in enumerate(lanes):
        target = targets.get(lane.path)
        mask = (1 << 8 * lane.dtype.itemsize) - 1
        plan[i]["mask"] = mask & ~FLAG_DIRTY if lane.path == ("flags",) else mask
        plan[i]["start"] = target.start if target else -1
        plan[i]["kind"] = _kind(lane)
        plan[i]["size"] = lane.dtype.itemsize
        plan[i]["width"] = (target or lane).dtype.itemsize
        plan[i]["signed"] = lane.dtype.kind == "i"
    return plan


def longest(plan: Plan) -> int:
    """The most bytes that a row can take, its version included."""
    lanes = len(plan)
    values = sum(
        int(lane["size"]) if lane["kind"] == kernels.RAW else VARINT_BYTES[int(lane["size"])]
        for lane in plan
    )
    # A time is as far from the clock as 64 bits reach, whatever it is itself: 10 bytes either way.
    return 1 + int(kernels.bitmap_bytes(lanes)) + (lanes + 7) // 8 + values
