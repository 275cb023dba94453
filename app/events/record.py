"""What every record that crosses a topic has in common: its key, its encoding, its decoding."""

import base64
from typing import Any, ClassVar, NamedTuple, Self

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from app.kernels import reasons

MAX_RECORD_BYTES = 64 * 1024
"""A larger input record is a dead letter: one producer must not fill a worker's memory."""

JSON_CONTENT = (("content-type", b"application/json"),)


class BadRecord(ValueError):
    """A record that cannot be read.

    ``reason`` is one of ``app.kernels.reasons.NAMES``; ``field`` names the field at fault, where
    there is one. The message never holds the record's content.
    """

    def __init__(self, reason: int, field: str | None = None, text: str = "") -> None:
        self.reason = reasons.NAMES[reason]
        self.field = field
        super().__init__(": ".join(part for part in (self.reason, field, text) if part))


class Encoded(NamedTuple):
    """A record ready for a producer."""

    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Part(BaseModel):
    """A record inside a record. Unknown fields are ignored; a nullable field may be absent."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Record(Part):
    """A record that crosses a topic; its fields are the one source of every schema."""

    schema_name: ClassVar[str]
    """Name of the record's files in ``schemas/``."""
    max_bytes: ClassVar[int] = MAX_RECORD_BYTES

    def record_key(self) -> str:
        """The Kafka key, as text."""
        raise NotImplementedError

    def to_json(self) -> bytes:
        """The record as one line of JSON."""
        return orjson.dumps(self.__dict__, default=_plain)

    def encode(self) -> Encoded:
        """The record as JSON, with a header that names the content type."""
        return Encoded(self.record_key().encode(), self.to_json(), JSON_CONTENT)

    @classmethod
    def from_json(cls, value: bytes | memoryview) -> Self:
        """The record in ``value``, a JSON object.

        Raises:
            BadRecord: it is too large, no JSON object, or a field is missing, of the wrong type
                or out of range.
        """
        if len(value) > cls.max_bytes:
            raise BadRecord(reasons.OVERSIZE)
        try:
            document = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise BadRecord(reasons.MALFORMED) from None
        return cls.from_fields(document)

    @classmethod
    def from_fields(cls, document: Any) -> Self:
        """The record with these fields; raises ``BadRecord`` as ``from_json`` does."""
        if not isinstance(document, dict):
            raise BadRecord(reasons.MALFORMED)
        try:
            return cls.model_validate(document)
        except ValidationError as exc:
            raise _explain(exc) from None


def _plain(value: Any) -> Any:
    """What orjson does not know: nested models and bytes."""
    if isinstance(value, BaseModel):
        return value.__dict__
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _explain(exc: ValidationError) -> BadRecord:
    # The first error in the order of the fields; the rest of a bad record does not matter.
    error = exc.errors(include_url=False)[0]
    field = ".".join(str(part) for part in error["loc"]) or None
    kind = error["type"]
    if kind == "missing":
        return BadRecord(reasons.MISSING_FIELD, field)
    # A label that is no text at all is of the wrong type, not an unknown label.
    if kind.endswith("_type") or (kind == "literal_error" and not isinstance(error["input"], str)):
        return BadRecord(reasons.WRONG_TYPE, field)
    return BadRecord(reasons.OUT_OF_RANGE, field, error["msg"])
