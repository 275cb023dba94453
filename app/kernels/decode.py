"""Framed records to columns.

Kernels do the work. Python looks at single records only to find a schema that is not known yet,
and for numbers that the kernels do not read exactly.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import reasons
from app.kernels.avro_decode_program import AvroPrograms
from app.kernels.batches import Framed
from app.kernels.columns import FRAME_VALUE_START
from app.kernels.decode_records import MAX_VALUE_BYTES, Output, Source, decode_rows
from app.kernels.decode_slow import rebase, rewrite
from app.kernels.decode_types import Bytes, Matrix
from app.kernels.spec import RecordSpec


class Decoded(NamedTuple):
    """The columns of framed records, row by row.

    ``values`` int64[n, width], see ``app/kernels/columns.py``. ``present`` uint64[n]: bit i is set
    when field i of the specification has a value. ``status`` int32[n]: a reason code, never SLOW.
    ``field`` int32[n]: index of the field a status is about, -1 if none. ``scratch`` uint8[...]:
    text that does not stand in the record bytes as such.

    ``values`` and ``present`` mean something where ``status`` is OK; where it is NULL_VALUE or
    WRONG_PARTITION, the key field's text does.
    """

    values: Matrix
    present: npt.NDArray[np.uint64]
    status: npt.NDArray[np.int32]
    field: npt.NDArray[np.int32]
    scratch: Bytes


def decode(
    framed: Framed, spec: RecordSpec, *, partition: int, partitions: int, avro: AvroPrograms
) -> Decoded:
    """Decode every framed record with ``spec``.

    A record is held against the partition its key belongs to, of ``partitions``; 0 turns that off.
    Raises what the schema resolver of ``avro`` raises.
    """
    source = Source(read_only(framed.data), framed.frames, partition, partitions, MAX_VALUE_BYTES)
    decoded = _decode(source, spec, avro)
    slow = (decoded.status == reasons.SLOW).nonzero()[0]
    if not len(slow):
        return decoded
    data, frames = rewrite(framed, slow, spec)
    # the limit was already applied, to what the producer wrote
    plain = source._replace(data=read_only(data), frames=frames, max_bytes=len(data))
    again = _decode(plain, spec, avro)
    rebase(again.values, spec, start=len(decoded.scratch), middle=len(data))
    decoded.values[slow] = again.values
    decoded.present[slow] = again.present
    decoded.status[slow] = again.status
    decoded.field[slow] = again.field
    return decoded._replace(scratch=np.concatenate([decoded.scratch, data, again.scratch]))


def text(framed: Framed, decoded: Decoded, place: int) -> bytes:
    """The UTF-8 text that the value ``place`` of a TEXT column names."""
    start, length = int(place) >> 16, int(place) & 0xFFFF
    if start >= 0:
        return framed.data[start : start + length].tobytes()
    return decoded.scratch[~start : ~start + length].tobytes()


def read_only(array: Bytes) -> Bytes:
    """A view that cannot be written to: kernels are compiled for such record bytes."""
    view = array.view()
    view.flags.writeable = False
    return view


def _decode(source: Source, spec: RecordSpec, avro: AvroPrograms) -> Decoded:
    n = len(source.frames)
    output = Output(
        values=np.empty((n, spec.width), np.int64),
        present=np.empty(n, np.uint64),
        status=np.empty(n, np.int32),
        field=np.empty(n, np.int32),
    )
    # Text without its escapes is never longer; only the part that is written to costs memory.
    scratch = np.empty(len(source.data), np.uint8)
    texts = read_only(scratch)
    state = spec.new_state()
    decode_rows(source, np.arange(n), spec.table, state, avro.programs, scratch, texts, output)
    unknown = (output.status == reasons.UNKNOWN_SCHEMA).nonzero()[0]
    if len(unknown) and avro.load(_schema_ids(source, unknown)):
        decode_rows(source, unknown, spec.table, state, avro.programs, scratch, texts, output)
    return Decoded(*output, scratch[: int(state["used"][0])])


def _schema_ids(source: Source, rows: npt.NDArray[np.int64]) -> set[int]:
    """The ids in the headers of Avro records: four bytes, big-endian, after the magic byte."""
    starts = source.frames[rows, FRAME_VALUE_START].tolist()
    return {int.from_bytes(source.data[at + 1 : at + 5].tobytes(), "big") for at in starts}
