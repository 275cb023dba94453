import copy
import io
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.enforcement import Enforcement
from app.events.framing import Encoder, ParsedSchemas, ShippedSchemas, decode, to_avro
from app.events.policies import PolicyRecord
from app.events.profiles import Profile
from app.events.record import BadRecord, Record
from app.events.requests import Request
from app.events.schemas import Schema, avro_schema
from app.events.topics import records
from tests.unit.events.samples import FULL, least, sample

# A policy is always JSON.
KINDS = [kind for kind in records() if kind is not PolicyRecord]


class Registered:
    """Schemas by id, as a registry would have them."""

    def __init__(self, **schemas: Schema) -> None:
        self.schemas = {int(name.removeprefix("id")): schema for name, schema in schemas.items()}
        self.asked: list[tuple[str, type[Record]]] = []

    def writer(self, schema_id: int, _record: type[Record], /) -> Schema | None:
        return self.schemas.get(schema_id)

    def identify(self, topic: str, record: type[Record], /) -> int:
        self.asked.append((topic, record))
        return 77


@pytest.mark.parametrize("kind", KINDS)
def test_avro_round_trip(kind: type[Record]) -> None:
    for record in (sample(kind), least(kind)):
        assert decode(kind, to_avro(record, 5)) == record


@pytest.mark.parametrize("kind", KINDS)
def test_both_framings_are_told_apart_by_the_first_byte(kind: type[Record]) -> None:
    record = sample(kind)
    assert record.to_json()[:1] == b"{"
    assert to_avro(record, 1)[:5] == b"\0\0\0\0\1"
    assert decode(kind, record.to_json()) == decode(kind, to_avro(record, 1))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "null_value"),
        (b"", "unknown_framing"),
        (b"<xml/>", "unknown_framing"),
        (b" {}", "unknown_framing"),
        (b"\1\0\0\0\1", "unknown_framing"),
        (b"\0", "malformed"),
        (b"\0\0\0\0\1", "malformed"),
        (b"\0\0\0\0\1" + b"\xff" * 40, "malformed"),
        (b"{" + b" " * 70_000, "oversize"),
    ],
)
def test_bad_values_have_their_reason(value: bytes | None, reason: str) -> None:
    with pytest.raises(BadRecord) as caught:
        decode(Request, value)
    assert caught.value.reason == reason


def test_bytes_after_the_body_are_malformed() -> None:
    with pytest.raises(BadRecord) as caught:
        decode(Request, to_avro(sample(Request), 1) + b"\0")
    assert caught.value.reason == "malformed"


def test_an_id_that_nobody_knows_is_an_unknown_schema() -> None:
    with pytest.raises(BadRecord) as caught:
        decode(Profile, to_avro(sample(Profile), 9), Registered())
    assert caught.value.reason == "unknown_schema"


def test_a_writer_with_other_fields_and_wider_numbers_is_read() -> None:
    writer = copy.deepcopy(avro_schema(Profile))
    kept = [field for field in writer["fields"] if field["name"] != "referral_hash"]
    writer["fields"] = [{"name": "extra", "type": "string"}, *reversed(kept)]
    parsed = fastavro.parse_schema(writer)
    document = FULL[Profile] | {"extra": "ignored"}
    value = b"\0\0\0\0\3" + _written(parsed, document)
    read = decode(Profile, value, Registered(id3=writer))
    assert read == Profile.from_fields(FULL[Profile] | {"referral_hash": None})


def test_a_writers_schema_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    value = to_avro(sample(Profile), 3)  # also has the reader's schema parsed
    writers = Registered(id3=copy.deepcopy(avro_schema(Profile)))
    parsed: list[Schema] = []
    parse = fastavro.parse_schema

    def counted(schema: Schema) -> Any:
        parsed.append(schema)
        return parse(schema)

    monkeypatch.setattr(fastavro, "parse_schema", counted)
    for _ in range(3):
        assert decode(Profile, value, writers) == sample(Profile)
    assert len(parsed) == 1
    # What another registry has under the same id is another schema.
    evolved = copy.deepcopy(avro_schema(Profile))
    evolved["fields"] = [{"name": "extra", "type": "string"}, *evolved["fields"]]
    longer = value[:5] + b"\x04ab" + value[5:]
    assert decode(Profile, longer, Registered(id3=evolved)) == sample(Profile)


def test_parsed_schemas_are_bounded_and_the_oldest_unused_goes() -> None:
    schemas: list[Schema] = [{"type": "record", "name": f"r{n}", "fields": []} for n in range(4)]
    parsed = ParsedSchemas(2)
    first, second = parsed(schemas[0]), parsed(schemas[1])
    assert parsed(schemas[0]) is first
    parsed(schemas[2])
    assert parsed(schemas[0]) is first
    assert parsed(schemas[1]) is not second


def test_a_writers_schema_that_is_not_avro_makes_its_records_malformed() -> None:
    for _ in range(2):
        with pytest.raises(BadRecord) as caught:
            decode(Profile, to_avro(sample(Profile), 3), Registered(id3={"type": "record"}))
        assert caught.value.reason == "malformed"


def test_values_out_of_range_are_refused_in_avro_too() -> None:
    parsed = fastavro.parse_schema(avro_schema(Request))
    value = b"\0\0\0\0\1" + _written(parsed, FULL[Request] | {"turn": 0})
    with pytest.raises(BadRecord) as caught:
        decode(Request, value)
    assert (caught.value.reason, caught.value.field) == ("out_of_range", "turn")


def _written(schema: Any, document: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, document)
    return out.getvalue()


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_bad_record(body: bytes) -> None:
    for kind in (Request, Enforcement):
        for value in (body, b"{" + body, b"\0\0\0\0\0" + body):
            try:
                decode(kind, value)
            except BadRecord:
                continue


@given(st.data())
def test_mutated_avro_raises_nothing_but_bad_record(data: st.DataObject) -> None:
    value = bytearray(to_avro(sample(Enforcement), 0))
    for _ in range(data.draw(st.integers(1, 4))):
        value[data.draw(st.integers(5, len(value) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(Enforcement, bytes(value))
    except BadRecord:
        return


def test_encoder_writes_json_unless_told_otherwise() -> None:
    record = sample(Enforcement)
    assert Encoder().encode("t", record) == record.encode()


def test_encoder_asks_once_for_the_schema_of_a_topic() -> None:
    schemas = Registered()
    encoder = Encoder("avro", schemas)
    encoder.prepare("t", Enforcement)
    for _ in range(3):
        encoded = encoder.encode("t", sample(Enforcement))
    assert schemas.asked == [("t", Enforcement)]
    assert encoded.value[:5] == b"\0\0\0\0\x4d"
    assert encoded.headers == (("content-type", b"application/avro"),)


def test_without_a_registry_avro_is_read_by_the_shipped_schema() -> None:
    encoded = Encoder("avro", ShippedSchemas()).encode("t", sample(Enforcement))
    assert decode(Enforcement, encoded.value) == sample(Enforcement)
