"""Lines of JSON as columns: the scan that decodes topics, over a block of a file."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.events.specs import PROFILES, REQUESTS
from app.kernels import columns as c
from app.kernels import reasons
from app.kernels.avro_decode_program import AvroPrograms, no_schemas
from app.kernels.batches import Framed
from app.kernels.columns import FRAME_KEY_LENGTH, FRAME_KEY_START
from app.kernels.decode import decode, read_only
from app.kernels.lines import count_lines, frame_lines
from app.kernels.spec import RecordSpec
from app.replay.batches import Batch, IntArray, select

# A line has no key besides what it says itself.
_REQUESTS, _PROFILES = replace(REQUESTS, key=None), replace(PROFILES, key=None)


class Block(NamedTuple):
    """What a block of lines held.

    ``good`` the records that can be replayed; ``lines`` int64[k] and ``codes`` int32[k] the lines
    that cannot, with their reason codes, and ``fields`` the name of the field at fault or None.
    """

    good: Batch
    lines: IntArray
    codes: npt.NDArray[np.int32]
    fields: list[str | None]


def decode_requests(data: bytes, first_line: int = 1) -> Block:
    """Whole lines of requests, the first of which has number ``first_line``: a record's origin is
    its line. Empty lines are passed over."""
    return _decode(data, first_line, _REQUESTS, c.REQ_ACCOUNT_ID)


def decode_profiles(data: bytes, first_line: int = 1) -> Block:
    """Whole lines of profiles, likewise."""
    return _decode(data, first_line, _PROFILES, c.PRO_ACCOUNT_ID)


def _decode(data: bytes, first_line: int, spec: RecordSpec, account_column: int) -> Block:
    raw = np.frombuffer(data, np.uint8)
    frames = np.empty((int(count_lines(raw)), c.FRAME_WIDTH), np.int64)
    frames = frames[: int(frame_lines(raw, first_line, frames))]
    lines = frames[:, c.FRAME_OFFSET].copy()
    avro = AvroPrograms(spec, no_schemas)
    decoded = decode(Framed(raw, frames), spec, partition=0, partitions=0, avro=avro)
    # A key that had escapes in it stands in the scratch, which follows the record bytes here.
    places = decoded.values[:, account_column]
    starts, escaped = places >> 16, places < 0
    if escaped.any():
        starts = np.where(escaped, raw.size + ~starts, starts)
        raw = np.concatenate([raw, decoded.scratch])
    frames[:, FRAME_KEY_START] = starts
    frames[:, FRAME_KEY_LENGTH] = places & 0xFFFF
    batch = Batch(Framed(read_only(raw), frames), decoded, lines)
    bad = decoded.status != reasons.OK
    if not bad.any():
        return Block(batch, lines[:0], decoded.status[:0], [])
    about = decoded.field[bad].tolist()
    return Block(
        select(batch, ~bad),
        lines[bad],
        decoded.status[bad],
        [spec.fields[i].name if i >= 0 else None for i in about],
    )
