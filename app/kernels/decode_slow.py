"""Records whose numbers the kernels do not read exactly.

A number with so many digits that the first 19 do not settle its double is read by orjson and
written again with no more digits than it needs. The kernels then decode that record like any
other, so that both ways agree on everything else by construction.
"""

import numpy as np
import numpy.typing as npt
import orjson

from app.kernels.batches import Framed
from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
)
from app.kernels.decode_types import Bytes, Matrix
from app.kernels.spec import Kind, RecordSpec


def rewrite(framed: Framed, rows: npt.NDArray[np.int64], spec: RecordSpec) -> tuple[Bytes, Matrix]:
    """The JSON records ``rows`` as (record bytes, frames) that hold only shortest numbers."""
    frames = framed.frames[rows].copy()
    pieces: list[bytes] = []
    position = 0
    for frame in frames:
        value = _plain(_cut(framed, frame[FRAME_VALUE_START], frame[FRAME_VALUE_LENGTH]), spec)
        key = b""
        if frame[FRAME_KEY_START] >= 0:
            key = _cut(framed, frame[FRAME_KEY_START], frame[FRAME_KEY_LENGTH])
            frame[FRAME_KEY_START] = position
        frame[FRAME_VALUE_START] = position + len(key)
        frame[FRAME_VALUE_LENGTH] = len(value)
        pieces += [key, value]
        position += len(key) + len(value)
    return np.frombuffer(b"".join(pieces), np.uint8), frames


def rebase(values: Matrix, spec: RecordSpec, *, start: int, middle: int) -> None:
    """Let the TEXT columns of rewritten records name their text's place in a scratch.

    Their record bytes, ``middle`` of them, stand in it at ``start``, followed by their own scratch.
    """
    for field in spec.fields:
        column = field.column if field.kind == Kind.TEXT else field.text_column
        if column is not None:
            places, lengths = values[:, column] >> 16, values[:, column] & 0xFFFF
            moved = np.where(places >= 0, ~(places + start), places - start - middle)
            values[:, column] = np.where(lengths > 0, moved << 16 | lengths, 0)


def _cut(framed: Framed, start: int, length: int) -> bytes:
    return framed.data[start : start + length].tobytes()


def _plain(value: bytes, spec: RecordSpec) -> bytes:
    """The record with known fields only, and nothing nested: no field holds that anyway."""
    try:
        record = orjson.loads(value)
    except orjson.JSONDecodeError:
        return b"{"  # as malformed as the original: a number beyond the largest double
    names = {field.name for field in spec.fields}
    return orjson.dumps(
        {
            name: [] if isinstance(field, dict | list) else field
            for name, field in record.items()
            if name in names
        }
    )
