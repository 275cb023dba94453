"""One framed record decoded the obvious way, and the product's columns in the same terms."""

import struct
from collections.abc import Mapping
from typing import Any

from app.kernels import reasons
from app.kernels.batches import Framed
from app.kernels.decode import Decoded, text
from app.kernels.spec import Kind, RecordSpec
from tests.reference.avro_records import decode_avro
from tests.reference.json_records import Result, decode_json
from tests.reference.murmur2 import partition_of

MAX_VALUE_BYTES = 65_536


def decode_record(
    key: bytes | None,
    value: bytes | None,
    spec: RecordSpec,
    *,
    partition: int = 0,
    partitions: int = 0,
    schemas: Mapping[int, Any] = {},
) -> Result:
    """What must become of a record."""
    key_index = spec.key_field
    if value is None:
        result = Result(reasons.NULL_VALUE)
        if key_index >= 0 and not _could_be_key(key, spec):
            return Result(reasons.KEY_MISMATCH, key_index)
    else:
        result = _decode_value(value, spec, schemas)
        if result.status != reasons.OK:
            return result
        if spec.key is not None and result.values is not None and result.values[spec.key] != key:
            return Result(reasons.KEY_MISMATCH, key_index)
    if key_index >= 0 and partitions > 0:
        assert key is not None
        if partition_of(key, partitions) != partition:
            return Result(reasons.WRONG_PARTITION, key_index)
    return result


def _could_be_key(key: bytes | None, spec: RecordSpec) -> bool:
    if key is None:
        return False
    try:
        chars = len(key.decode())
    except UnicodeDecodeError:
        return False
    field = spec.fields[spec.key_field]
    return field.min_chars <= chars and (field.max_chars is None or chars <= field.max_chars)


def _decode_value(value: bytes, spec: RecordSpec, schemas: Mapping[int, Any]) -> Result:
    if len(value) > MAX_VALUE_BYTES:
        return Result(reasons.OVERSIZE)
    if value[:1] == b"\0":
        if len(value) < 5:
            return Result(reasons.MALFORMED)
        schema = schemas.get(struct.unpack(">I", value[1:5])[0])
        if schema is None:
            return Result(reasons.UNKNOWN_SCHEMA)
        return decode_avro(value[5:], schema, spec)
    if value[:1] in (b"{", b" ", b"\n", b"\r", b"\t"):
        return decode_json(value, spec)
    return Result(reasons.UNKNOWN_FRAMING)


def result_of(framed: Framed, decoded: Decoded, row: int, spec: RecordSpec) -> Result:
    """The product's answer for one row."""
    status, about = int(decoded.status[row]), int(decoded.field[row])
    if status != reasons.OK:
        return Result(status, about)
    values: dict[str, Any] = {}
    for index, field in enumerate(spec.fields):
        held = [int(decoded.values[row, column]) for column in field.columns]
        if not int(decoded.present[row]) >> index & 1:
            assert held == [0] * len(held)
            values[field.name] = None
        elif field.kind == Kind.TEXT:
            values[field.name] = text(framed, decoded, held[0])
        elif field.text_column is not None:
            values[field.name] = (held[0], text(framed, decoded, held[1]))
        else:
            values[field.name] = held[0]
    return Result(status, about, values)
