"""Variable-length integers with zigzag sign, as record batches and Avro write them."""

import numpy as np

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bytes, Int


@lean_kernel
def read_varint(data: Bytes, position: Int, end: Int) -> tuple[Int, Int]:
    """The integer at ``data[position]`` and the position after it; that is -1 if there is none.

    There is none when ``end`` comes first or when it does not fit 64 bits.
    """
    if position < 0 or position >= end or end > data.shape[0]:
        return np.int64(0), np.int64(-1)
    byte = np.int64(data[position])
    position += 1
    raw = byte & np.int64(0x7F)
    shift = np.int64(7)
    while byte >= 0x80:
        if position >= end or shift > 63:
            return np.int64(0), np.int64(-1)
        byte = np.int64(data[position])
        position += 1
        if shift == 63 and byte > 1:
            return np.int64(0), np.int64(-1)
        raw |= (byte & np.int64(0x7F)) << shift
        shift += np.int64(7)
    # the sign bit of ``raw`` must not be dragged along by the shift
    half = (raw >> np.int64(1)) & np.int64(0x7FFFFFFFFFFFFFFF)
    return half ^ -(raw & np.int64(1)), np.int64(position)
