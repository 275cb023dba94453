"""The two framings of a record's value, told apart by the first byte.

``{`` opens a JSON object. A zero byte opens Avro in the Confluent wire format: the zero, the writer
schema's id in four bytes (big endian), the body. Whoever reads Avro needs the writer's schema by
its id, and whoever writes it an id for the schema: both come from a ``SchemaSource``.
"""

import io
import struct
from collections import OrderedDict
from functools import cache
from typing import Any, Literal, Protocol, TypeVar

import fastavro

from app.events.record import BadRecord, Encoded, Part, Record
from app.events.schemas import Schema, avro_schema
from app.kernels import reasons

MAGIC = 0
HEADER = struct.Struct(">bI")
AVRO_CONTENT = (("content-type", b"application/avro"),)

R = TypeVar("R", bound=Record)


class SchemaSource(Protocol):
    """Where schemas of Confluent-framed records are known."""

    def writer(self, schema_id: int, record: type[Record], /) -> Schema | None:
        """The schema with this id, or None when there is none; may block on the network."""

    def identify(self, topic: str, record: type[Record], /) -> int:
        """The id under which values of ``topic`` are written; may block on the network."""


class ShippedSchemas:
    """Without a registry every id means the record's schema as shipped, and is written as 0."""

    def writer(self, _schema_id: int, record: type[Record], /) -> Schema | None:
        return _shipped(record)

    def identify(self, _topic: str, _record: type[Record], /) -> int:
        return 0


class Encoder:
    """Encodes records for output topics, as the settings say."""

    def __init__(
        self, encoding: Literal["json", "avro"] = "json", schemas: SchemaSource | None = None
    ) -> None:
        self._avro = encoding == "avro"
        self._schemas = schemas or ShippedSchemas()
        self._ids: dict[tuple[str, type[Record]], int] = {}

    def prepare(self, topic: str, record: type[Record]) -> None:
        """Learn the schema id for ``topic`` ahead of its first record, so that nothing blocks."""
        if self._avro and (topic, record) not in self._ids:
            self._ids[topic, record] = self._schemas.identify(topic, record)

    def encode(self, topic: str, record: Record) -> Encoded:
        """``record`` ready for ``topic``, with a header that names the content type."""
        if not self._avro:
            return record.encode()
        self.prepare(topic, type(record))
        schema_id = self._ids[topic, type(record)]
        return Encoded(record.record_key().encode(), to_avro(record, schema_id), AVRO_CONTENT)


def to_avro(record: Record, schema_id: int) -> bytes:
    """``record`` in the Confluent wire format."""
    body = io.BytesIO()
    body.write(HEADER.pack(MAGIC, schema_id))
    fastavro.schemaless_writer(body, _parsed(type(record)), _plain(record))
    return body.getvalue()


def decode(kind: type[R], value: bytes | None, schemas: SchemaSource | None = None) -> R:
    """The record in ``value``, in either framing.

    Raises:
        BadRecord: it cannot be read; never anything else, whatever the bytes.
    """
    if value is None:
        raise BadRecord(reasons.NULL_VALUE)
    if len(value) > kind.max_bytes:
        raise BadRecord(reasons.OVERSIZE)
    if value[:1] == b"{":
        return kind.from_json(value)
    if value[:1] == b"\0":
        return _from_avro(kind, value, schemas or ShippedSchemas())
    raise BadRecord(reasons.UNKNOWN_FRAMING)


def _from_avro(kind: type[R], value: bytes, schemas: SchemaSource) -> R:
    if len(value) < HEADER.size:
        raise BadRecord(reasons.MALFORMED)
    _, schema_id = HEADER.unpack_from(value)
    writer = schemas.writer(schema_id, kind)
    if writer is None:
        raise BadRecord(reasons.UNKNOWN_SCHEMA)
    parsed = _writers(writer)
    if parsed is None:
        raise BadRecord(reasons.MALFORMED)
    body = io.BytesIO(value[HEADER.size :])
    try:
        document = fastavro.schemaless_reader(body, parsed, _parsed(kind))
    except Exception:
        # fastavro has no error of its own for a bad body: it fails wherever the bytes lead it.
        raise BadRecord(reasons.MALFORMED) from None
    if body.read(1):
        raise BadRecord(reasons.MALFORMED)
    return kind.from_fields(document)


class ParsedSchemas:
    """Writers' schemas as fastavro wants them, the latest ``limit`` used: parsing one takes longer
    than reading a thousand records with it.

    A schema is known again by being the same object, as a ``SchemaSource`` returns for an id it has
    been asked for before; whatever ids have it are parsed once.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # With the schema itself: while it is held, its identity is not given to another.
        self._parsed: OrderedDict[int, tuple[Schema, Any]] = OrderedDict()

    def __call__(self, schema: Schema) -> Any:
        """``schema`` parsed; None for one that is not valid."""
        known = self._parsed.get(id(schema))
        if known is None:
            known = schema, _parse(schema)
            self._parsed[id(schema)] = known
            if len(self._parsed) > self._limit:
                self._parsed.popitem(last=False)
        self._parsed.move_to_end(id(schema))
        return known[1]


_writers = ParsedSchemas(256)


def _parse(schema: Schema) -> Any:
    try:
        return fastavro.parse_schema(schema)
    except Exception:
        # Whatever it stumbles on: the schema was made by somebody else.
        return None


@cache
def _shipped(kind: type[Record]) -> Schema:
    return avro_schema(kind)


@cache
def _parsed(kind: type[Record]) -> Any:
    return fastavro.parse_schema(avro_schema(kind))


def _plain(part: Part) -> dict[str, Any]:
    return {name: _value(value) for name, value in part.__dict__.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Part):
        return _plain(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value
