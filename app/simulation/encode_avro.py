"""Requests and profiles in the Confluent wire format, one at a time.

For tests and small streams: it goes through the JSON encoder, so that both framings say the same.
"""

import io
from typing import Any

import fastavro
import orjson

from app.events.framing import HEADER, MAGIC
from app.events.record import Record
from app.events.schemas import avro_schema


class AvroEncoder:
    """Turns records of one type from NDJSON into the wire format under ``schema_id``."""

    def __init__(self, record: type[Record], schema_id: int = 0) -> None:
        self._schema = fastavro.parse_schema(avro_schema(record))
        self._header = HEADER.pack(MAGIC, schema_id)

    def encode(self, lines: bytes) -> list[bytes]:
        """Each line of ``lines``, a JSON object, as one framed record."""
        return [self._one(orjson.loads(line)) for line in lines.splitlines()]

    def _one(self, record: dict[str, Any]) -> bytes:
        body = io.BytesIO()
        body.write(self._header)
        fastavro.schemaless_writer(body, self._schema, record)
        return body.getvalue()
