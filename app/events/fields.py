"""Types of the fields that records are made of.

Each carries its bounds, so that validation, Avro and JSON Schema say the same. Numbers in JSON may
be written as integers or floats (``12``, ``12.0`` and ``1.2e1`` are one integer); text, booleans
and fractions are no integers. Bounds that fit 32 bits become an Avro ``int``, others a ``long``.
"""

import base64
import binascii
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
UINT32_MAX = 2**32 - 1
# The end of the year 9999: a time beyond it is seconds, microseconds or noise.
MILLIS_MAX = 253_402_300_799_999


def _integral(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value


def _from_base64(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise PydanticCustomError("base64", "not base64 with padding") from None


Count = Annotated[int, Strict(), Field(ge=0, le=INT32_MAX), BeforeValidator(_integral)]
Total = Annotated[int, Strict(), Field(ge=0, le=INT64_MAX), BeforeValidator(_integral)]
Positive = Annotated[int, Strict(), Field(ge=1, le=INT32_MAX), BeforeValidator(_integral)]
HttpStatus = Annotated[int, Strict(), Field(ge=0, le=999), BeforeValidator(_integral)]
# Autonomous system numbers have 32 bits, unsigned: more than an Avro int holds.
Asn = Annotated[int, Strict(), Field(ge=0, le=UINT32_MAX), BeforeValidator(_integral)]
Millis = Annotated[int, Strict(), Field(ge=0, le=MILLIS_MAX), BeforeValidator(_integral)]

Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Unit = Annotated[float, Strict(), Field(ge=0, le=1, allow_inf_nan=False)]
Percentile = Annotated[float, Strict(), Field(ge=0, le=100, allow_inf_nan=False)]

Text = Annotated[str, StringConstraints(strict=True)]
TopicName = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=249)]
Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=128)]
Sentence = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1000)]
Id = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)]
Hex16 = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{16}$")]
Country = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{2}$")]

# Bytes travel as base64 (RFC 4648, with padding) in JSON, and as bytes in Avro.
Base64 = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
