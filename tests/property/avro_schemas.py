"""Random writers' schemas for a specification, and random bodies for a schema."""

import random
import struct
from typing import Any

from app.kernels.spec import Field, Kind, RecordSpec
from tests.reference.batches import zigzag

_PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]


class SchemaMaker:
    """Schemas whose fields mostly fit ``spec``, with others of any type in between."""

    def __init__(self, rng: random.Random, spec: RecordSpec) -> None:
        self.rng = rng
        self.spec = spec
        self._names = 0

    def schema(self) -> dict[str, Any]:
        fields = []
        for field in self.spec.fields:
            if self.rng.random() < (0.02 if field.required else 0.4):
                continue
            name = self.rng.choice([field.name, *field.aliases])
            fields.append({"name": name, "type": self._type_for(field)})
        for i in range(self.rng.randrange(4)):
            at = self.rng.randrange(len(fields) + 1)
            fields.insert(at, {"name": f"other_{i}", "type": self._any(3)})
        if self.rng.random() < 0.3:
            self.rng.shuffle(fields)
        return {"type": "record", "name": "Everything", "fields": fields}

    def _name(self) -> str:
        self._names += 1
        return f"Name{self._names}"

    def _type_for(self, field: Field) -> Any:
        if self.rng.random() < 0.02:
            return self._any(2)
        if field.kind == Kind.INT:
            kind: Any = self.rng.choice(["int", "long", "long", "float", "double"])
        elif field.kind == Kind.FLOAT:
            kind = self.rng.choice(["float", "double", "int", "long"])
        elif field.kind == Kind.ENUM and self.rng.random() < 0.5:
            symbols = self.rng.sample(field.symbols, self.rng.randint(1, len(field.symbols)))
            kind = {"type": "enum", "name": self._name(), "symbols": [*symbols, "brand_new"]}
        else:
            kind = self.rng.choice(["string", "string", "bytes", {"type": "string"}])
        return ["null", kind] if field.nullable or self.rng.random() < 0.1 else kind

    def _any(self, depth: int) -> Any:
        choice = self.rng.randrange(6) if depth else 6
        if choice == 0:
            return {"type": "array", "items": self._any(depth - 1)}
        if choice == 1:
            return {"type": "map", "values": self._any(depth - 1)}
        if choice == 2:
            branches = self.rng.sample(_PRIMITIVES, self.rng.randint(1, 3))
            return [*branches, {"type": "array", "items": self._any(depth - 1)}]
        if choice == 3:
            count = self.rng.randrange(3)
            fields = [{"name": f"f{i}", "type": self._any(depth - 1)} for i in range(count)]
            name = self._name()
            if self.rng.random() < 0.3:
                fields.append({"name": "next", "type": ["null", name]})
            return {"type": "record", "name": name, "fields": fields}
        if choice == 4:
            return {"type": "fixed", "name": self._name(), "size": self.rng.randrange(5)}
        if choice == 5:
            return {"type": "enum", "name": self._name(), "symbols": ["A", "B"]}
        return self.rng.choice(_PRIMITIVES)


class BodyMaker:
    """Encodes random values of a parsed schema; fields of ``spec`` get values they take, mostly."""

    def __init__(self, rng: random.Random, named: dict[str, Any], spec: RecordSpec) -> None:
        self.rng = rng
        self.named = named
        self.fields = {n: field for field in spec.fields for n in (field.name, *field.aliases)}

    def body(self, schema: dict[str, Any]) -> bytes:
        return b"".join(
            self._value(f["type"], self.fields.get(f["name"])) for f in schema["fields"]
        )

    def _value(self, schema: Any, field: Field | None, depth: int = 0) -> bytes:
        rng = self.rng
        if isinstance(schema, list):
            null = schema.index("null") if "null" in schema else 0
            branch = null if depth > 5 else rng.randrange(len(schema))
            if field is not None and not field.nullable and rng.random() < 0.95:
                branch = len(schema) - 1
            return zigzag(branch) + self._value(schema[branch], field, depth)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind in self.named:
            schema = self.named[kind]
            kind = schema["type"]
        return bytes(getattr(self, f"_{kind}")(schema, field, depth))

    def _null(self, *_: Any) -> bytes:
        return b""

    def _boolean(self, *_: Any) -> bytes:
        return bytes([self.rng.randrange(2)])

    def _number(self, field: Field | None) -> int:
        if field is None or self.rng.random() < 0.02:
            return self.rng.getrandbits(self.rng.randint(1, 63)) * self.rng.choice([1, -1])
        low = -10 if field.minimum is None else int(field.minimum)
        high = 2**40 if field.maximum is None else min(int(field.maximum), 2**40)
        return self.rng.randint(low, high)

    def _long(self, _schema: Any, field: Field | None, _depth: int) -> bytes:
        return zigzag(self._number(field))

    _int = _long

    def _real(self, field: Field | None) -> float:
        if field is not None and field.kind == Kind.INT:
            return float(self._number(field) % 4_096) + (self.rng.random() < 0.02) / 2
        odd = [float("nan"), float("inf"), -0.0, 1e-40, 2.5]
        return self.rng.choice(odd) if self.rng.random() < 0.05 else self.rng.random()

    def _float(self, _schema: Any, field: Field | None, _depth: int) -> bytes:
        return struct.pack("<f", self._real(field))

    def _double(self, _schema: Any, field: Field | None, _depth: int) -> bytes:
        return struct.pack("<d", self._real(field))

    def _string(self, _schema: Any, field: Field | None, _depth: int) -> bytes:
        text = self._text(field).encode()
        return zigzag(len(text)) + text

    _bytes = _string

    def _text(self, field: Field | None) -> str:
        rng = self.rng
        if field is None or rng.random() < 0.02:
            return "".join(rng.choices("aé€😀\0", k=rng.randrange(12)))
        if field.kind == Kind.ENUM:
            return rng.choice([*field.symbols, field.symbols[0]])
        if field.kind == Kind.HEX16:
            return f"{rng.getrandbits(64):016x}"
        if field.kind == Kind.COUNTRY:
            return "".join(rng.choices("ABCXYZ", k=2))
        longest = min(field.max_chars or 20, 20)
        return "".join(rng.choices("abé€😀", k=rng.randint(field.min_chars, longest)))

    def _fixed(self, schema: Any, *_: Any) -> bytes:
        return self.rng.randbytes(schema["size"])

    def _enum(self, schema: Any, *_: Any) -> bytes:
        return zigzag(self.rng.randrange(len(schema["symbols"])))

    def _blocks(self, item: Any) -> bytes:
        out = b""
        for _ in range(self.rng.randrange(3)):
            items = [item() for _ in range(self.rng.randint(1, 3))]
            block = b"".join(items)
            if self.rng.random() < 0.5:
                out += zigzag(-len(items)) + zigzag(len(block)) + block
            else:
                out += zigzag(len(items)) + block
        return out + zigzag(0)

    def _array(self, schema: Any, _field: Field | None, depth: int) -> bytes:
        return self._blocks(lambda: self._value(schema["items"], None, depth + 1))

    def _map(self, schema: Any, _field: Field | None, depth: int) -> bytes:
        return self._blocks(
            lambda: self._string("string", None, 0) + self._value(schema["values"], None, depth + 1)
        )

    def _record(self, schema: Any, _field: Field | None, depth: int) -> bytes:
        return b"".join(self._value(f["type"], None, depth + 1) for f in schema["fields"])
