"""Lines of JSON as columns: the scan that decodes topics, over a block of a file."""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import columns as c
from app.kernels import reasons
from app.kernels.avro_decode_program import AvroPrograms, no_schemas
from app.kernels.batches import Framed
from app.kernels.columns import FRAME_KEY_LENGTH, FRAME_KEY_START
from app.kernels.decode import decode, read_only
from app.kernels.decode_types import Bytes
from app.kernels.lines import count_lines, frame_lines
from app.kernels.spec import RecordSpec
from app.replay.batches import Batch, IntArray, select


class Block(NamedTuple):
    """A piece of a file, decoded: what can be replayed, and what cannot.

    A record's origin is its number in the file, from 1 on: its line, or its row. ``bad`` int64[k]
    are the numbers of those that are no records, ``codes`` int32[k] their reason codes and
    ``fields`` the name of the field at fault, or None.
    """

    good: Batch
    bad: IntArray
    codes: npt.NDArray[np.int32]
    fields: list[str | None]
    next_number: int
    """The number that the record behind the block has."""
    position: int = 0
    """How many bytes of the file have been read by now."""


def key_column(spec: RecordSpec) -> int:
    """The TEXT column of the account id, which is the key of every record that is replayed."""
    return spec.fields[spec.key_field].column


def decode_lines(data: bytes | Bytes, spec: RecordSpec, first_line: int = 1) -> Block:
    """Decode whole lines, the first of which has number ``first_line``.

    A line without a line feed at the end of ``data`` counts too; an empty one is passed over. The
    record key is what the record says itself.
    """
    raw = read_only(np.frombuffer(data, np.uint8))
    lines = int(count_lines(raw))
    frames = np.empty((lines, c.FRAME_WIDTH), np.int64)
    frames = frames[: int(frame_lines(raw, first_line, frames))]
    keyless, avro = _keyless(spec)
    decoded = decode(Framed(raw, frames), keyless, partition=0, partitions=0, avro=avro)
    # A key that had escapes in it stands in the scratch, which follows the record bytes here.
    places = decoded.values[:, key_column(spec)]
    starts, escaped = places >> 16, places < 0
    if escaped.any():
        starts = np.where(escaped, raw.size + ~starts, starts)
        raw = np.concatenate([raw, decoded.scratch])
    frames[:, FRAME_KEY_START] = starts
    frames[:, FRAME_KEY_LENGTH] = places & 0xFFFF
    batch = Batch(Framed(read_only(raw), frames), decoded, frames[:, c.FRAME_OFFSET].copy())
    return sort_out(batch, spec, first_line + lines)


@cache
def _keyless(spec: RecordSpec) -> tuple[RecordSpec, AvroPrograms]:
    """The same record without a key beside it, and no schema to read it by but JSON."""
    keyless = replace(spec, key=None)
    return keyless, AvroPrograms(keyless, no_schemas)


def sort_out(batch: Batch, spec: RecordSpec, next_number: int) -> Block:
    """The block of decoded records, whose origins are their numbers in the file."""
    decoded, numbers = batch.decoded, batch.origin
    bad = decoded.status != reasons.OK
    if not bad.any():
        return Block(batch, numbers[:0], decoded.status[:0], [], next_number)
    about = decoded.field[bad].tolist()
    names = [spec.fields[i].name if i >= 0 else None for i in about]
    return Block(select(batch, ~bad), numbers[bad], decoded.status[bad], names, next_number)
