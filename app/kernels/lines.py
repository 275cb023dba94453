"""Lines of text as framed records."""

import numpy as np
from numpy import uint64 as u64

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
from app.kernels.handover import NO_TIMESTAMP
from app.kernels.text import HIGH, ONES, lowest_byte, word_at

_LINE_FEED, _CARRIAGE_RETURN = 0x0A, 0x0D
_LINE_FEEDS = u64(0x0A0A0A0A0A0A0A0A)
_BLOCK = 64


@lean_kernel
def count_lines(data: Bytes) -> Int:
    """Lines in ``data``, one without a line feed at the end included."""
    count = np.int64(0)
    for i in range(data.shape[0]):
        count += data[u64(i)] == _LINE_FEED
    if data.shape[0] > 0 and data[data.shape[0] - 1] != _LINE_FEED:
        count += 1
    return count


@lean_kernel
def behind_last_line(data: Bytes) -> Int:
    """The position behind the last line feed in ``data``; 0: there is none."""
    position = np.int64(data.shape[0])
    while position > 0 and data[u64(position - 1)] != _LINE_FEED:
        position -= 1
    return position


@lean_kernel
def frame_lines(data: Bytes, first_line: Int, frames: Matrix) -> Int:
    """Frame the lines of ``data`` as values without keys, each with its number as its offset.

    ``frames`` int64[count_lines(data), FRAME_WIDTH]; the first line has number ``first_line``.
    Lines that are empty, but for a carriage return, are passed over. Returns the rows written.
    """
    filled = np.int64(0)
    number = np.int64(first_line)
    start = np.int64(0)
    while start < data.shape[0] and filled < frames.shape[0]:
        end = _line_end(data, start)
        length = end - start
        if length > 0 and data[u64(end - 1)] == _CARRIAGE_RETURN:
            length -= 1
        if length > 0:
            frames[filled, FRAME_OFFSET] = number
            frames[filled, FRAME_TIMESTAMP] = NO_TIMESTAMP
            frames[filled, FRAME_KEY_START] = -1
            frames[filled, FRAME_KEY_LENGTH] = 0
            frames[filled, FRAME_VALUE_START] = start
            frames[filled, FRAME_VALUE_LENGTH] = length
            filled += 1
        number += 1
        start = end + 1
    return filled


@lean_kernel
def _line_end(data: Bytes, start: Int) -> Int:
    """The position of the next line feed from ``start`` on, or the end; 8 bytes in one step."""
    position = _behind_blocks_without(data, start)
    while position < data.shape[0]:
        differs = word_at(data, position) ^ _LINE_FEEDS
        # Borrows make marks above a true one unreliable, never the lowest mark (Mycroft's test).
        marks = (differs - ONES) & ~differs & HIGH
        if marks != u64(0):
            return min(position + lowest_byte(marks), np.int64(data.shape[0]))
        position += 8
    return np.int64(data.shape[0])


@lean_kernel
def _behind_blocks_without(data: Bytes, start: Int) -> Int:
    """The first position from ``start`` on, in steps of ``_BLOCK`` whole bytes, whose block has a
    line feed or is not whole. Blocks have no way out inside, so that one is a few wide steps."""
    position = start
    while position + _BLOCK <= data.shape[0]:
        found = np.uint8(0)
        for k in range(_BLOCK):
            found |= np.uint8(data[u64(position + k)] == _LINE_FEED)
        if found:
            break
        position += _BLOCK
    return position
