"""Records on their way into a replay: columns with where each came from, split by partition."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels.batches import Framed
from app.kernels.columns import FRAME_KEY_LENGTH, FRAME_OFFSET, FRAME_WIDTH
from app.kernels.decode import Decoded, read_only
from app.kernels.handover import Rows, deal, frame_pairs, move_keys, partition_numbers
from app.kernels.index import key_bytes

IntArray = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """Decoded records, all of them OK, in the order they are replayed.

    ``origin`` int64[n] is the caller's: whatever tells it which record this was (a line, a row).
    It comes back with everything the replay says of single records.
    """

    framed: Framed
    decoded: Decoded
    origin: IntArray

    @property
    def size(self) -> int:
        """How many records."""
        return len(self.origin)


def select(batch: Batch, rows: slice | IntArray | npt.NDArray[np.bool_]) -> Batch:
    """The records ``rows`` of ``batch``, over the same record bytes."""
    decoded = batch.decoded
    return Batch(
        Framed(batch.framed.data, batch.framed.frames[rows]),
        Decoded(
            decoded.values[rows],
            decoded.present[rows],
            decoded.status[rows],
            decoded.field[rows],
            decoded.scratch,
        ),
        batch.origin[rows],
    )


def join(batches: Sequence[Batch]) -> Batch:
    """The records of all ``batches``, of one kind, over a copy of their keys alone."""
    frames = np.concatenate([batch.framed.frames for batch in batches])
    data = np.empty(int(frames[:, FRAME_KEY_LENGTH].sum()), np.uint8)
    first, at = 0, 0
    for batch in batches:
        at = int(move_keys(batch.framed.data, frames[first : first + batch.size], data, at))
        first += batch.size
    columns = [batch.decoded for batch in batches]
    decoded = Decoded(
        np.concatenate([one.values for one in columns]),
        np.concatenate([one.present for one in columns]),
        np.concatenate([one.status for one in columns]),
        np.concatenate([one.field for one in columns]),
        np.empty(0, np.uint8),
    )
    origin = np.concatenate([batch.origin for batch in batches])
    return Batch(Framed(read_only(data), frames), decoded, origin)


def split(batch: Batch, offsets: IntArray) -> list[Batch | None]:
    """The records of each partition, in order, as a topic of ``len(offsets)`` partitions has them.

    ``offsets`` int64[partitions] are the next offset of each, and are moved on. A partition without
    records gets None. All are copies, over a copy of the keys alone: what a fold writes to them
    stays there.
    """
    numbers = np.empty(batch.size, np.int16)
    partition_numbers(batch.framed.data, batch.framed.frames, offsets.size, numbers)
    ends = np.cumsum(np.bincount(numbers, minlength=offsets.size))
    rows = Rows(batch.framed.frames, *batch.decoded[:-1], batch.origin)
    dealt = Rows._make(np.empty_like(column) for column in rows)
    keys = np.empty(int(key_bytes(rows.frames)), np.uint8)
    firsts = np.concatenate([[0], ends[:-1]])
    deal(batch.framed.data, rows, numbers, firsts.copy(), offsets, dealt, keys)
    whole = Batch(
        Framed(read_only(keys), dealt.frames),
        Decoded(dealt.values, dealt.present, dealt.status, dealt.field, np.empty(0, np.uint8)),
        dealt.origin,
    )
    return [
        select(whole, slice(first, end)) if end > first else None
        for first, end in zip(firsts.tolist(), ends.tolist(), strict=True)
    ]


def framed_pairs(
    keys: npt.NDArray[np.uint8],
    key_ends: IntArray,
    values: npt.NDArray[np.uint8],
    value_ends: IntArray,
) -> Framed:
    """Records whose keys and values stand end to end, record ``i`` up to ``key_ends[i]`` and
    ``value_ends[i]``."""
    frames = np.empty((key_ends.size, FRAME_WIDTH), np.int64)
    frame_pairs(0, key_ends, keys.size, value_ends, frames)
    return Framed(read_only(np.concatenate([keys, values])), frames)


def framed_records(records: Sequence[tuple[bytes, bytes]]) -> Framed:
    """``framed_pairs`` of (key, value) records."""
    keys, values = [key for key, _ in records], [value for _, value in records]
    return framed_pairs(
        np.frombuffer(b"".join(keys), np.uint8),
        np.cumsum([len(key) for key in keys], dtype=np.int64),
        np.frombuffer(b"".join(values), np.uint8),
        np.cumsum([len(value) for value in values], dtype=np.int64),
    )


def split_framed(framed: Framed, offsets: IntArray) -> list[Framed]:
    """``split`` of records that nobody has decoded; a partition without any gets no rows."""
    numbers = np.empty(len(framed.frames), np.int16)
    partition_numbers(framed.data, framed.frames, offsets.size, numbers)
    parts = []
    for partition in range(offsets.size):
        frames = framed.frames[numbers == partition]
        frames[:, FRAME_OFFSET] = np.arange(len(frames)) + offsets[partition]
        offsets[partition] += len(frames)
        parts.append(Framed(framed.data, frames))
    return parts
