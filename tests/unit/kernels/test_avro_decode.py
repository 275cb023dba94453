"""Avro: writers' schemas met in the field, and bodies that no writer wrote."""

import io
import struct
from collections.abc import Callable
from typing import Any

import fastavro
import orjson
import pytest

from app.events.specs import REQUESTS
from app.kernels import avro_decode_program, reasons
from app.kernels.avro_decode_program import (
    RETRY_SECONDS,
    AvroPrograms,
    Schema,
    SchemasPending,
    UnreadableSchema,
    compile_schema,
)
from app.kernels.decode import decode
from app.kernels.spec import Field, Kind, RecordSpec
from tests.reference.batches import framed, zigzag
from tests.reference.batches_decoded import result_of

SPEC = RecordSpec(
    name="small",
    width=5,
    fields=(
        Field(name="number", kind=Kind.INT, column=0, minimum=-100, maximum=100, avro="int"),
        Field(name="real", kind=Kind.FLOAT, column=1, nullable=True, avro="double"),
        Field(
            name="kind",
            kind=Kind.ENUM,
            column=2,
            symbols=("a", "b", "other"),
            unknown="other",
            aliases=("sort",),
        ),
        Field(name="text", kind=Kind.HASH, column=3, text_column=4, nullable=True),
    ),
)
NUMBER = {"name": "number", "type": "int"}
KIND = {"name": "kind", "type": "string"}


def schema_of(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "Written", "fields": list(fields)}


def encode(schema: Any, value: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def read(schema: Any, *bodies: bytes) -> list[tuple[str, Any]]:
    """(reason, values or the name of the field the reason is about) of each body."""
    rows = [(None, struct.pack(">bI", 0, 1) + body) for body in bodies]
    chunk = framed(list(rows))
    avro = AvroPrograms(SPEC, lambda _: schema)
    decoded = decode(chunk, SPEC, partition=0, partitions=0, avro=avro)
    out: list[tuple[str, Any]] = []
    for i in range(len(rows)):
        result = result_of(chunk, decoded, i, SPEC)
        about = None if result.field < 0 else SPEC.fields[result.field].name
        out.append((reasons.NAMES[result.status], result.values or about))
    return out


def status(schema: Any, body: bytes) -> tuple[str, Any]:
    reason, about = read(schema, body)[0]
    return reason, None if reason == "ok" else about


def test_the_published_types_of_a_whole_request() -> None:
    schema = schema_of(*({"name": f.name, "type": f.avro_type} for f in REQUESTS.fields))
    value: dict[str, Any] = {f.name: 1 if f.kind == Kind.INT else 0.5 for f in REQUESTS.fields}
    for field in REQUESTS.fields:
        if field.avro == "string":
            value[field.name] = "0123456789abcdef" if field.kind == Kind.HEX16 else "chat"
    rows = [
        (b"chat", struct.pack(">bI", 0, 7) + encode(schema, value)),
        (b"chat", orjson.dumps(value)),
    ]
    chunk = framed(list(rows))
    avro = AvroPrograms(REQUESTS, {7: schema}.get)
    decoded = decode(chunk, REQUESTS, partition=0, partitions=0, avro=avro)
    assert decoded.status.tolist() == [0, 0]
    assert result_of(chunk, decoded, 0, REQUESTS) == result_of(chunk, decoded, 1, REQUESTS)


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("int", 7, 7),
        ("long", 7, 7),
        ("float", 7.0, 7),
        ("double", 7.0, 7),
        (["null", "long"], 7, 7),
        ({"type": "long", "logicalType": "timestamp-millis"}, 7, 7),
        ("long", 101, "out_of_range"),
        ("long", 2**63 - 1, "out_of_range"),
        ("double", 7.5, "wrong_type"),
        ("double", float("nan"), "wrong_type"),
        ("double", float("inf"), "out_of_range"),
        ("string", "7", "wrong_type"),
        ("bytes", b"7", "wrong_type"),
        ("boolean", True, "wrong_type"),
        (["null", "long"], None, "wrong_type"),
        ({"type": "array", "items": "int"}, [7], "wrong_type"),
        ({"type": "map", "values": "int"}, {"a": 7}, "wrong_type"),
        ({"type": "fixed", "name": "F", "size": 1}, b"7", "wrong_type"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "A", "wrong_type"),
        (schema_of(NUMBER) | {"name": "Inner"}, {"number": 7}, "wrong_type"),
    ],
)
def test_what_a_number_may_be_written_as(written: Any, value: Any, expected: Any) -> None:
    schema = schema_of({"name": "number", "type": written}, KIND)
    outcome, values = read(schema, encode(schema, {"number": value, "kind": "a"}))[0]
    assert (values["number"] if outcome == "ok" else outcome) == expected


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("string", "b", 1),
        ("bytes", b"b", 1),
        ("string", "new", 2),
        ({"type": "enum", "name": "E", "symbols": ["x", "b"]}, "b", 1),
        ({"type": "enum", "name": "E", "symbols": ["x", "b"]}, "x", 2),
        ("bytes", b"\xff", "wrong_type"),
        ("int", 1, "wrong_type"),
    ],
)
@pytest.mark.parametrize("name", ["kind", "sort"])
def test_what_a_symbol_may_be_written_as(
    name: str, written: Any, value: Any, expected: Any
) -> None:
    schema = schema_of({"name": name, "type": written}, NUMBER)
    outcome, values = read(schema, encode(schema, {name: value, "number": 7}))[0]
    assert (values["kind"] if outcome == "ok" else outcome) == expected


def test_an_unknown_symbol_without_a_substitute_is_out_of_range() -> None:
    strict = RecordSpec(
        "strict", (Field(name="kind", kind=Kind.ENUM, column=0, symbols=("a",)),), width=1
    )
    schema = schema_of({"name": "kind", "type": {"type": "enum", "name": "E", "symbols": ["b"]}})
    chunk = framed([(None, b"\0\0\0\0\x01\0")])
    avro = AvroPrograms(strict, lambda _: schema)
    decoded = decode(chunk, strict, partition=0, partitions=0, avro=avro)
    assert decoded.status.tolist() == [reasons.OUT_OF_RANGE]


def test_fields_in_another_order_unknown_ones_and_missing_ones() -> None:
    nested = schema_of({"name": "a", "type": {"type": "array", "items": ["null", "string"]}})
    schema = schema_of(
        {"name": "before", "type": nested | {"name": "Nested"}},
        KIND,
        {"name": "again", "type": {"type": "map", "values": "Nested"}},
        {"name": "text", "type": ["string", "null"]},
        NUMBER,
        {"name": "after", "type": {"type": "fixed", "name": "F", "size": 3}},
    )
    value = {
        "before": {"a": [None, "x", "yy"]},
        "kind": "b",
        "again": {"k": {"a": []}, "l": {"a": ["z"]}},
        "text": "words",
        "number": -3,
        "after": b"123",
    }
    outcome, values = read(schema, encode(schema, value))[0]
    assert outcome == "ok"
    assert (values["number"], values["kind"], values["real"]) == (-3, 1, None)
    assert values["text"][1] == b"words"
    assert read(schema_of(KIND), encode(schema_of(KIND), {"kind": "a"})) == [
        ("missing_field", "number")
    ]


def test_a_name_goes_before_an_alias() -> None:
    schema = schema_of({"name": "sort", "type": "string"}, NUMBER, KIND)
    body = encode(schema, {"sort": "b", "number": 1, "kind": "a"})
    assert read(schema, body)[0][1]["kind"] == 0


def test_broken_bodies() -> None:
    schema = schema_of(NUMBER, {"name": "x", "type": ["null", "boolean", "string"]}, KIND)
    good = zigzag(5) + zigzag(1) + b"\1" + zigzag(1) + b"a"
    assert status(schema, good) == ("ok", None)
    for end in range(len(good)):
        assert status(schema, good[:end]) == ("malformed", None)
    assert status(schema, good + b"\0") == ("malformed", None)
    for branch in (3, -1, 2**40):
        assert status(schema, zigzag(5) + zigzag(branch) + good[2:]) == ("malformed", None)
    assert status(schema, zigzag(5) + zigzag(1) + b"\2" + good[3:]) == ("malformed", None)
    for length in (-1, 2, 2**62, -(2**63)):
        assert status(schema, good[:3] + zigzag(length) + b"a") == ("malformed", None)
    assert status(schema, good[:3] + zigzag(1) + b"\xff") == ("malformed", None)
    assert status(schema, b"\xff" * 9 + b"\x02" + good[1:]) == ("malformed", None)


def test_blocks() -> None:
    schema = schema_of({"name": "x", "type": {"type": "array", "items": "int"}}, NUMBER, KIND)
    rest = zigzag(5) + zigzag(1) + b"a"
    item = zigzag(9)
    for blocks in (
        zigzag(0),
        zigzag(2) + item * 2 + zigzag(0),
        zigzag(-2) + zigzag(2) + item * 2 + zigzag(1) + item + zigzag(0),
    ):
        assert status(schema, blocks + rest) == ("ok", None)
    for blocks in (
        zigzag(2**40),
        zigzag(2**63 - 1),
        zigzag(-(2**63)) + zigzag(1),
        zigzag(-1) + zigzag(-1) + item,
        zigzag(2) + item,
    ):
        assert status(schema, blocks + rest)[0] == "malformed"


@pytest.mark.parametrize(
    "empty",
    [
        "null",
        {"type": "fixed", "name": "F", "size": 0},
        {"type": "record", "name": "E", "fields": [{"name": "n", "type": "null"}]},
    ],
)
def test_items_without_bytes_cost_no_time_however_many_there_are(empty: Any) -> None:
    schema = schema_of({"name": "x", "type": {"type": "array", "items": empty}}, NUMBER, KIND)
    body = zigzag(2**62) * 3 + zigzag(0) + zigzag(5) + zigzag(1) + b"a"
    assert status(schema, body) == ("ok", None)


def test_recursive_schemas_to_a_limit() -> None:
    node = {
        "type": "record",
        "name": "Node",
        "fields": [{"name": "next", "type": ["null", "Node"]}],
    }
    schema = schema_of({"name": "x", "type": node}, NUMBER, KIND)
    rest = zigzag(5) + zigzag(1) + b"a"
    for depth, expected in ((0, "ok"), (1, "ok"), (1_000, "ok"), (1_024, "malformed")):
        assert status(schema, zigzag(1) * depth + zigzag(0) + rest)[0] == expected
    assert status(schema, zigzag(1) * 60_000)[0] == "malformed"
    endless = {"type": "record", "name": "Self", "fields": [{"name": "a", "type": "Self"}]}
    assert status(schema_of({"name": "x", "type": endless}, NUMBER, KIND), rest)[0] == "ok"


def test_programs_do_not_grow_with_every_use_of_a_record() -> None:
    inner: Any = "string"
    for i in range(40):
        fields = [{"name": "l", "type": inner}, {"name": "r", "type": f"R{i - 1}" if i else "int"}]
        inner = {"type": "record", "name": f"R{i}", "fields": fields}
    assert len(compile_schema(schema_of({"name": "x", "type": inner}), SPEC)) < 200


@pytest.mark.parametrize(
    "schema",
    [
        "string",
        ["null", "string"],
        {"type": "enum", "name": "E", "symbols": ["A"]},
        {"type": "record", "name": "R", "fields": [{"name": "a", "type": "Undefined"}]},
        {"type": "record", "name": "R", "fields": [{"name": "a"}]},
        schema_of({"name": "a", "type": ["null", ["int"]]}),
        schema_of({"name": "a", "type": {"type": "fixed", "name": "F", "size": -1}}),
        {"type": "nonsense"},
        None,
        5,
    ],
)
def test_unusable_schemas(schema: Any) -> None:
    with pytest.raises(UnreadableSchema):
        compile_schema(schema, SPEC)


class Registry:
    """A resolver that counts, and whose clock is set by hand."""

    def __init__(self) -> None:
        self.schemas: dict[int, Schema] = {}
        self.asked: list[int] = []
        self.now = 0.0

    def __call__(self, schema_id: int) -> Schema | None:
        self.asked.append(schema_id)
        return self.schemas.get(schema_id)

    def decoder(self) -> Callable[[int], str]:
        programs = AvroPrograms(SPEC, self, clock=lambda: self.now)

        def decoded(schema_id: int) -> str:
            body = zigzag(5) + zigzag(1) + b"a"
            chunk = framed([(None, struct.pack(">bI", 0, schema_id) + body)])
            result = decode(chunk, SPEC, partition=0, partitions=0, avro=programs)
            return reasons.NAMES[result.status[0]]

        return decoded


def test_each_schema_is_asked_for_once() -> None:
    registry = Registry()
    registry.schemas = {1: schema_of(NUMBER, KIND), 2**31 + 5: str(orjson.dumps(NUMBER))}
    registry.schemas[2] = orjson.dumps(schema_of(NUMBER, KIND)).decode()
    decoded = registry.decoder()
    assert [decoded(i) for i in (1, 2, 1, 2, 1)] == ["ok"] * 5
    assert registry.asked == [1, 2]


def test_a_schema_that_is_not_there_is_asked_for_again_later() -> None:
    registry = Registry()
    decoded = registry.decoder()
    assert [decoded(3) for _ in range(3)] == ["unknown_schema"] * 3
    assert registry.asked == [3]
    registry.schemas[3] = schema_of(NUMBER, KIND)
    registry.now = RETRY_SECONDS - 1
    assert decoded(3) == "unknown_schema"
    registry.now = RETRY_SECONDS
    assert decoded(3) == "ok"
    assert registry.asked == [3, 3]


@pytest.mark.parametrize("schema", ['"string"', "not json", {"type": "nonsense"}])
def test_a_schema_that_cannot_be_used_counts_as_unknown(schema: Schema) -> None:
    registry = Registry()
    registry.schemas[4] = schema
    decoded = registry.decoder()
    assert [decoded(4), decoded(4)] == ["unknown_schema"] * 2
    assert registry.asked == [4]


def test_a_registry_that_cannot_be_asked_delays_records() -> None:
    def resolve(_: int) -> Schema | None:
        raise ConnectionError("registry is down")

    chunk = framed([(None, b"\0\0\0\0\x01\0")])
    with pytest.raises(ConnectionError, match="registry is down"):
        decode(chunk, SPEC, partition=0, partitions=0, avro=AvroPrograms(SPEC, resolve))


def test_schemas_that_must_be_waited_for_are_named_all_at_once() -> None:
    known = {1: schema_of(NUMBER, KIND)}

    def resolve(schema_id: int) -> Schema | None:
        if schema_id not in known:
            raise SchemasPending({schema_id})
        return known[schema_id]

    body = zigzag(5) + zigzag(1) + b"a"
    chunk = framed([(None, struct.pack(">bI", 0, i) + body) for i in (9, 1, 8, 9)])
    programs = AvroPrograms(SPEC, resolve)
    with pytest.raises(SchemasPending) as pending:
        decode(chunk, SPEC, partition=0, partitions=0, avro=programs)
    assert pending.value.wanted == {8, 9}
    known |= dict.fromkeys((8, 9), known[1])
    result = decode(chunk, SPEC, partition=0, partitions=0, avro=programs)
    assert [reasons.NAMES[status] for status in result.status] == ["ok"] * 4


def test_made_up_schemas_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_decode_program, "MISSING_IDS", 10)
    programs = AvroPrograms(SPEC, Registry())
    assert not programs.load(set(range(50)))
    assert len(programs._missing) == 10


def test_unknown_schemas_do_not_hold_up_others() -> None:
    registry = Registry()
    registry.schemas[1] = schema_of(NUMBER, KIND)
    body = zigzag(5) + zigzag(1) + b"a"
    rows = [(None, struct.pack(">bI", 0, i) + body) for i in (9, 1, 9, 1, 8)]
    programs = AvroPrograms(SPEC, registry)
    result = decode(framed(list(rows)), SPEC, partition=0, partitions=0, avro=programs)
    names = [reasons.NAMES[status] for status in result.status]
    assert names == ["unknown_schema", "ok", "unknown_schema", "ok", "unknown_schema"]
    assert sorted(registry.asked) == [1, 8, 9]
