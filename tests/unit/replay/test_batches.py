"""Batches on their way to the partitions."""

import numpy as np

from app.kernels import columns as c
from app.kernels.murmur2 import partition_of
from app.replay.batches import Batch, split
from tests.unit.replay.world import columns_of, small_world


def keys_of(batch: Batch) -> list[bytes]:
    data, frames = batch.framed
    return [data[at : at + n].tobytes() for at, n in frames[:, c.FRAME_KEY_START :][:, :2].tolist()]


def test_every_partition_gets_its_records_in_order_and_of_its_own() -> None:
    batch = columns_of(small_world(hours=8.0), 700)[1][0]
    offsets = np.arange(5, dtype=np.int64) * 1000
    keys = keys_of(batch)
    numbers = [partition_of(np.frombuffer(key, np.uint8), 0, len(key), 5) for key in keys]
    before = batch.decoded.values.copy()
    parts = split(batch, offsets)
    for number, part in enumerate(parts):
        rows = np.flatnonzero(np.array(numbers) == number)
        assert part is not None
        assert keys_of(part) == [keys[i] for i in rows]
        assert (part.decoded.values == batch.decoded.values[rows]).all()
        assert (part.origin == batch.origin[rows]).all()
        first = number * 1000
        assert part.framed.frames[:, c.FRAME_OFFSET].tolist() == [*range(first, first + len(rows))]
        assert offsets[number] == first + len(rows)
        part.decoded.values[:] = 0
    assert (batch.decoded.values == before).all()


def test_a_partition_without_records_gets_none() -> None:
    batch = columns_of(small_world(hours=8.0), 1)[1][0]
    parts = split(batch, np.zeros(4, np.int64))
    assert sum(part is not None for part in parts) == 1
