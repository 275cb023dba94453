"""Parquet as columns, held to the same rules as JSON.

A column per field, under the field's name; columns of other names are passed over. Identifiers,
labels and ``hex16`` are strings (dictionary-encoded or not), numbers any numeric type. A null is an
absent field.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.kernels import columns as c
from app.kernels import reasons
from app.kernels.batches import Framed
from app.kernels.decode import Decoded, read_only
from app.kernels.handover import NO_TIMESTAMP
from app.kernels.spec import Field, Kind, RecordSpec, default_of
from app.kernels.text_columns import count_each, hash_strings, read_hex16
from app.replay.batches import Batch, IntArray
from app.replay.ndjson import Block, key_column, sort_out

ROWS = 1 << 15
"""Rows decoded at once: their columns take some 8 MiB."""

Mask = npt.NDArray[np.bool_]


class UnreadableFile(ValueError):
    """A file that holds no records at all; the message says why."""


class _Strings(NamedTuple):
    """A column of strings, see ``app/kernels/text_columns.py``; a null one is empty."""

    data: npt.NDArray[np.uint8]
    ends: IntArray


class _Values(NamedTuple):
    """A column's values int64[n], and which of them have the right range or form."""

    values: IntArray
    inside: Mask


def read_parquet(path: Path, spec: RecordSpec) -> Iterator[Block]:
    """The records of a file, in its order.

    Raises:
        UnreadableFile: it is no Parquet file, a column is missing, or has another type.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    try:
        with pq.ParquetFile(path) as file:
            there = set(file.schema_arrow.names)
            for field in spec.fields:
                if field.required and field.name not in there:
                    raise UnreadableFile(f"{path}: there is no column {field.name}")
            names = [field.name for field in spec.fields if field.name in there]
            first = 1
            for part in file.iter_batches(batch_size=ROWS, columns=names):
                share = (first - 1 + part.num_rows) / max(file.metadata.num_rows, 1)
                block = _decode(path, part, spec, first)
                yield block._replace(position=round(share * size))
                first = block.next_number
    except pa.ArrowInvalid as exc:
        raise UnreadableFile(f"{path}: not a readable Parquet file: {exc}") from None


def _decode(path: Path, part: pa.RecordBatch, spec: RecordSpec, first: int) -> Block:
    count = part.num_rows
    values = np.zeros((count, spec.width), np.int64)
    present = np.zeros(count, np.uint64)
    status = np.full(count, reasons.OK, np.int32)
    about = np.full(count, -1, np.int32)
    frames = np.zeros((count, c.FRAME_WIDTH), np.int64)
    data = np.empty(0, np.uint8)
    for i, field in enumerate(spec.fields):
        if field.name in part.schema.names and not pa.types.is_null(part.column(field.name).type):
            column = part.column(field.name)
            given = ~column.is_null().to_numpy(zero_copy_only=False)
            try:
                read, strings = _read(column, field)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                raise UnreadableFile(
                    f"{path}: column {field.name} has the type {column.type}"
                ) from None
            if strings is not None and field.column == key_column(spec):
                data = strings.data
                frames[:, c.FRAME_KEY_START] = strings.ends[:-1]
                frames[:, c.FRAME_KEY_LENGTH] = np.diff(strings.ends)
            values[:, field.column] = np.where(given, read.values, 0)
            _judge(status, about, i, given & ~read.inside, reasons.OUT_OF_RANGE)
        else:
            given = np.zeros(count, np.bool_)
        if field.required:
            _judge(status, about, i, ~given, reasons.MISSING_FIELD)
        if field.default is not None:
            values[~given, field.column] = default_of(field, field.default)
            given |= True
        present |= given.astype(np.uint64) << np.uint64(i)
    numbers = np.arange(first, first + count, dtype=np.int64)
    frames[:, c.FRAME_OFFSET] = numbers
    frames[:, c.FRAME_TIMESTAMP] = NO_TIMESTAMP
    frames[:, c.FRAME_VALUE_START] = frames[:, c.FRAME_KEY_START]
    decoded = Decoded(values, present, status, about, np.empty(0, np.uint8))
    return sort_out(Batch(Framed(read_only(data), frames), decoded, numbers), spec, first + count)


def _judge(
    status: npt.NDArray[np.int32], about: npt.NDArray[np.int32], i: int, bad: Mask, code: int
) -> None:
    """Let the first field at fault, in the specification's order, be the record's."""
    bad = bad & (status == reasons.OK)
    status[bad] = code
    about[bad] = i


def _read(column: Any, field: Field) -> tuple[_Values, _Strings | None]:
    """The values of a column, and its strings where it has any."""
    if field.kind == Kind.INT:
        # A cast that would change a number fails, so a fraction is a wrong type for the column.
        integers = _numbers(pc.cast(column, pa.int64()), np.int64)
        return _Values(integers, _between(integers, field)), None
    if field.kind == Kind.FLOAT:
        reals = _numbers(pc.cast(column, pa.float64()), np.float64)
        return _Values(reals.view(np.int64), _between(reals, field) & np.isfinite(reals)), None
    if field.kind == Kind.ENUM:
        return _labels(column, field), None
    strings = _strings(column)
    count = len(column)
    found = np.zeros(count, np.int64)
    inside = np.ones(count, np.bool_)
    if field.kind == Kind.HEX16:
        read_hex16(strings.data, strings.ends, found, inside)
    elif field.kind == Kind.COUNTRY:
        found, inside = _countries(strings)
    else:
        chars = np.empty(count, np.int64)
        count_each(strings.data, strings.ends, chars)
        inside = chars >= field.min_chars
        if field.max_chars is not None:
            inside &= chars <= field.max_chars
        if field.kind == Kind.HASH:
            hash_strings(strings.data, strings.ends, found)
        else:
            found = strings.ends[:-1] << 16 | np.diff(strings.ends)
    return _Values(found, inside), strings


def _numbers(column: Any, dtype: type) -> npt.NDArray[Any]:
    return np.array(column.fill_null(0).to_numpy(zero_copy_only=False), dtype)


def _between(numbers: npt.NDArray[Any], field: Field) -> Mask:
    inside = np.ones(numbers.size, np.bool_)
    if field.minimum is not None:
        inside &= numbers >= field.minimum
    if field.maximum is not None:
        inside &= numbers <= field.maximum
    return inside


def _strings(column: Any) -> _Strings:
    """A string column's bytes; other types fail to cast."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise pa.ArrowInvalid("no strings")
    array = pc.cast(column.fill_null(""), pa.large_string())
    _, ends, data = array.buffers()
    first, count = array.offset, len(array)
    return _Strings(
        read_only(np.frombuffer(data or b"", np.uint8)),
        np.frombuffer(ends, np.int64)[first : first + count + 1]
        if count
        else np.zeros(1, np.int64),
    )


def _labels(column: Any, field: Field) -> _Values:
    """The index of each label among the field's symbols."""
    if not pa.types.is_dictionary(column.type):
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            raise pa.ArrowInvalid("no labels")
        column = column.dictionary_encode()
    places = {symbol: i for i, symbol in enumerate(field.symbols)}
    other = -1 if field.unknown is None else places[field.unknown]
    table = [places.get(label, other) for label in column.dictionary.to_pylist()]
    found = np.array([*table, other], np.int64)[_numbers(column.indices, np.int64)]
    return _Values(found, found >= 0)


def _countries(strings: _Strings) -> tuple[IntArray, Mask]:
    starts = strings.ends[:-1]
    inside = np.diff(strings.ends) == 2
    letters = np.zeros((2, starts.size), np.int64)
    letters[:, inside] = strings.data[np.stack([starts[inside], starts[inside] + 1])]
    inside &= ((letters >= ord("A")) & (letters <= ord("Z"))).all(axis=0)
    return letters[0] << 8 | letters[1], inside
