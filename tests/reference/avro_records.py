"""Avro binary records read the obvious way, strictly, and checked as JSON records are.

fastavro is more lenient than the specification asks of a reader of hostile bytes (it takes any
byte for a boolean, and does not mind bytes that are left over), so this is a reader of its own;
the tests hold it against fastavro on valid records.
"""

import struct
from typing import Any

import fastavro

from app.kernels import reasons
from app.kernels.spec import Field, Kind, RecordSpec
from tests.reference.batches import Broken, varint
from tests.reference.json_records import Bad, Result, check

Value = tuple[str, Any]  # (Avro type, Python value)


class Reader:
    def __init__(self, schema: Any, data: bytes) -> None:
        self.named: dict[str, Any] = {}
        self.schema = fastavro.parse_schema(schema, named_schemas=self.named)
        self.data = data
        self.at = 0

    def record(self) -> dict[str, Value]:
        """The fields of the whole input; raises ``Broken`` if it is anything else."""
        fields = {f["name"]: self.read(f["type"]) for f in self.schema["fields"]}
        if self.at != len(self.data):
            raise Broken
        return fields

    def read(self, schema: Any) -> Value:
        if isinstance(schema, list):
            branch = self._long()
            if not 0 <= branch < len(schema):
                raise Broken
            return self.read(schema[branch])
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind in self.named:
            return self.read(self.named[kind])
        return kind, getattr(self, f"_{kind}")(schema)

    def _take(self, size: int) -> bytes:
        if size < 0 or size > len(self.data) - self.at:
            raise Broken
        self.at += size
        return self.data[self.at - size : self.at]

    def _null(self, _schema: Any) -> None:
        return None

    def _boolean(self, _schema: Any) -> bool:
        byte = self._take(1)[0]
        if byte > 1:
            raise Broken
        return byte == 1

    def _long(self, _schema: Any = None) -> int:
        value, self.at = varint(self.data, self.at)
        return value

    _int = _long

    def _float(self, _schema: Any) -> float:
        return float(struct.unpack("<f", self._take(4))[0])

    def _double(self, _schema: Any) -> float:
        return float(struct.unpack("<d", self._take(8))[0])

    def _bytes(self, _schema: Any = None) -> bytes:
        return self._take(self._long())

    def _string(self, _schema: Any = None) -> str:
        try:
            return self._bytes().decode()
        except UnicodeDecodeError as error:
            raise Broken from error

    def _fixed(self, schema: Any) -> bytes:
        return self._take(schema["size"])

    def _enum(self, schema: Any) -> str:
        symbol = self._long()
        if not 0 <= symbol < len(schema["symbols"]):
            raise Broken
        return str(schema["symbols"][symbol])

    def _blocks(self, item: Any) -> list[Any]:
        items: list[Any] = []
        while count := self._long():
            if count < 0:
                if self._long() < 0 or count == -(2**63):
                    raise Broken
                count = -count
            # An item takes at least a byte, but for those that never take any.
            before = self.at
            items.append(item())
            if self.at == before:
                continue
            if count - 1 > len(self.data) - self.at:
                raise Broken
            items += [item() for _ in range(count - 1)]
        return items

    def _array(self, schema: Any) -> list[Any]:
        return self._blocks(lambda: self.read(schema["items"]))

    def _map(self, schema: Any) -> list[Any]:
        return self._blocks(lambda: (self._string(), self.read(schema["values"])))

    def _record(self, schema: Any) -> dict[str, Value]:
        return {f["name"]: self.read(f["type"]) for f in schema["fields"]}


def decode_avro(body: bytes, schema: Any, spec: RecordSpec) -> Result:
    try:
        record = Reader(schema, body).record()
    except Broken:
        return Result(reasons.MALFORMED)
    values: dict[str, Any] = {}
    for index, field in enumerate(spec.fields):
        name = next((n for n in (field.name, *field.aliases) if n in record), None)
        try:
            if name is not None:
                values[field.name] = _checked(field, *record[name])
            elif field.required:
                return Result(reasons.MISSING_FIELD, index)
            else:
                default = field.default
                values[field.name] = None if default is None else check(field, default)
        except Bad as bad:
            return Result(bad.status, index)
    return Result(reasons.OK, -1, values)


def _checked(field: Field, kind: str, value: Any) -> Any:
    if kind == "bytes":
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise Bad(reasons.WRONG_TYPE) from None
    elif kind == "fixed" or (kind == "enum" and field.kind != Kind.ENUM):
        raise Bad(reasons.WRONG_TYPE)
    return check(field, value)
