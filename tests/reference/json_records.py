"""A JSON record checked field by field on Python objects."""

import math
import struct
from typing import Any, NamedTuple

import orjson

from app.kernels import reasons
from app.kernels.spec import STRING_KEY, Field, Kind, RecordSpec
from tests.reference.siphash import siphash13

LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1


class Result(NamedTuple):
    """``values``: what each field's columns hold, by field name, where the status is OK.

    TEXT holds bytes, a HASH with its text (hash, bytes), any other one integer; None is null.
    """

    status: int
    field: int = -1
    values: dict[str, Any] | None = None


class Bad(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def signed(word: int) -> int:
    return word - (1 << 64) if word >= 1 << 63 else word


def decode_json(value: bytes, spec: RecordSpec) -> Result:
    try:
        record = orjson.loads(value)
    except orjson.JSONDecodeError:
        return Result(reasons.MALFORMED)
    if not isinstance(record, dict):
        return Result(reasons.MALFORMED)
    return check_fields(record, spec)


def check_fields(record: dict[str, Any], spec: RecordSpec) -> Result:
    values: dict[str, Any] = {}
    for index, field in enumerate(spec.fields):
        try:
            if field.name in record:
                values[field.name] = check(field, record[field.name])
            elif field.required:
                return Result(reasons.MISSING_FIELD, index)
            else:
                default = field.default
                values[field.name] = None if default is None else check(field, default)
        except Bad as bad:
            return Result(bad.status, index)
    return Result(reasons.OK, -1, values)


def check(field: Field, value: Any) -> Any:
    """What the columns of ``field`` hold for ``value``; raises ``Bad``."""
    if value is None:
        if not field.nullable:
            raise Bad(reasons.WRONG_TYPE)
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Bad(reasons.WRONG_TYPE)
    if field.kind in (Kind.INT, Kind.FLOAT):
        if isinstance(value, str):
            raise Bad(reasons.WRONG_TYPE)
        return _number(field, value)
    if not isinstance(value, str):
        raise Bad(reasons.WRONG_TYPE)
    return _string(field, value)


def _number(field: Field, value: int | float) -> int:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    if field.kind == Kind.FLOAT:
        real = float(value)
        if not math.isfinite(real) or not low <= real <= high:
            raise Bad(reasons.OUT_OF_RANGE)
        return int(struct.unpack("<q", struct.pack("<d", real))[0])
    if isinstance(value, float):
        if not math.isfinite(value):
            # infinities are whole, a NaN is not
            raise Bad(reasons.WRONG_TYPE if math.isnan(value) else reasons.OUT_OF_RANGE)
        if not value.is_integer():
            raise Bad(reasons.WRONG_TYPE)
        value = int(value)
    if not max(low, LONG_MIN) <= value <= min(high, LONG_MAX):
        raise Bad(reasons.OUT_OF_RANGE)
    return value


def _string(field: Field, value: str) -> Any:
    if field.kind == Kind.HEX16:
        if len(value) != 16 or not set(value) <= set("0123456789abcdef"):
            raise Bad(reasons.OUT_OF_RANGE)
        return signed(int(value, 16))
    if field.kind == Kind.COUNTRY:
        if len(value) != 2 or not all("A" <= letter <= "Z" for letter in value):
            raise Bad(reasons.OUT_OF_RANGE)
        return ord(value[0]) << 8 | ord(value[1])
    if field.kind == Kind.ENUM:
        if value in field.symbols:
            return field.symbols.index(value)
        if field.unknown is None:
            raise Bad(reasons.OUT_OF_RANGE)
        return field.symbols.index(field.unknown)
    if not field.min_chars <= len(value) <= (field.max_chars or LONG_MAX):
        raise Bad(reasons.OUT_OF_RANGE)
    encoded = value.encode()
    hashed = signed(siphash13(encoded, int(STRING_KEY[0]), int(STRING_KEY[1])))
    if field.kind == Kind.TEXT:
        return encoded
    return hashed if field.text_column is None else (hashed, encoded)
