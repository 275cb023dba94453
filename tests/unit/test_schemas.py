"""Records, schemas, the AsyncAPI document and the decoders' tables say the same."""

import io
import json
from pathlib import Path
from typing import Any

import fastavro
import jsonschema
import orjson
import pytest
import yaml

from app.events.asyncapi import asyncapi_document
from app.events.generate_schemas import SCHEMAS, differences, generate, main
from app.events.policies import PolicyRecord
from app.events.record import Record
from app.events.schemas import avro_schema, json_schema
from app.events.specs import PROFILES, REQUESTS
from app.events.topics import TOPICS, WORKER, records
from app.kernels.spec import Field, Kind, RecordSpec
from app.policy.document import PolicyDocument
from tests.unit.events.samples import least, sample

KINDS = [kind for kind in records() if kind is not PolicyRecord]


def schema_file(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text())


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema_file(f"{name}.schema.json"))


def test_committed_files_are_what_the_models_give() -> None:
    assert differences(SCHEMAS) == []


def test_a_difference_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0
    (tmp_path / "request.avsc").write_text("{}")
    (tmp_path / "profile.avsc").unlink()
    (tmp_path / "stray.avsc").write_text("{}")
    assert main([str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "profile.avsc is missing",
        "stray.avsc belongs to no record",
        "request.avsc differs from its model",
        "run: python -m app.events.generate_schemas",
    ]


@pytest.mark.parametrize("name", [name for name in generate() if name.endswith(".json")])
def test_json_schemas_are_of_the_dialect_they_name(name: str) -> None:
    schema = schema_file(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_valid_by_their_json_schema(kind: type[Record]) -> None:
    for record in (sample(kind), least(kind)):
        validator(kind.schema_name).validate(orjson.loads(record.to_json()))


@pytest.mark.parametrize("kind", KINDS)
def test_json_schema_refuses_what_the_model_refuses(kind: type[Record]) -> None:
    good = orjson.loads(sample(kind).to_json())
    for name, field in kind.model_fields.items():
        if field.is_required():
            without = {key: value for key, value in good.items() if key != name}
            assert not validator(kind.schema_name).is_valid(without), name
            assert not validator(kind.schema_name).is_valid(good | {name: None}), name


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_valid_by_their_avro_schema(kind: type[Record]) -> None:
    schema = fastavro.parse_schema(schema_file(f"{kind.schema_name}.avsc"))
    for record in (sample(kind), least(kind)):
        plain = record.model_dump()
        assert fastavro.validation.validate(plain, schema, strict=True)
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, plain)
        assert fastavro.schemaless_reader(io.BytesIO(out.getvalue()), schema, None) == plain


@pytest.mark.parametrize("kind", KINDS)
def test_an_absent_field_takes_the_avro_default(kind: type[Record]) -> None:
    defaults = {
        field["name"]: field["default"]
        for field in schema_file(f"{kind.schema_name}.avsc")["fields"]
        if "default" in field
    }
    assert defaults == {
        name: field.default for name, field in kind.model_fields.items() if not field.is_required()
    }


def test_policy_schema_is_that_of_the_whole_document() -> None:
    document = PolicyDocument().model_dump(mode="json")
    validator("policy").validate(document)
    assert not validator("policy").is_valid(document | {"no_such_section": {}})
    schema = fastavro.parse_schema(schema_file("policy.avsc"))
    assert fastavro.validation.validate(document, schema)
    # The letterhead that crosses the topic is a part of the document.
    whole, letterhead = json_schema(PolicyDocument, "policy"), json_schema(PolicyRecord, "policy")
    assert set(letterhead["properties"]) <= set(whole["properties"])


# The decoders' tables.

_AVRO_OF_KIND = {Kind.FLOAT: {"float", "double"}, Kind.INT: {"int", "long"}}


@pytest.mark.parametrize(("spec", "kind"), [(REQUESTS, "request"), (PROFILES, "profile")])
def test_decoders_have_the_same_fields_in_the_same_order(spec: RecordSpec, kind: str) -> None:
    assert spec.name == kind
    names = [field["name"] for field in schema_file(f"{kind}.avsc")["fields"]]
    assert [field.name for field in spec.fields] == names


@pytest.mark.parametrize(
    ("kind", "field"),
    [(spec.name, field) for spec in (REQUESTS, PROFILES) for field in spec.fields],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_decoders_have_the_same_types_and_bounds(kind: str, field: Field) -> None:
    whole = schema_file(f"{kind}.schema.json")
    node = whole["properties"][field.name]
    assert (field.name in whole["required"]) == field.required
    options = node.get("anyOf", [node])
    assert ({"type": "null"} in options) == field.nullable
    node = options[0]
    match field.kind:
        case Kind.INT:
            assert node["type"] == "integer"
            assert (node["minimum"], node["maximum"]) == (field.minimum, field.maximum)
        case Kind.FLOAT:
            assert node["type"] == "number"
            assert (node.get("minimum"), node.get("maximum")) == (field.minimum, field.maximum)
        case Kind.HEX16:
            assert node["pattern"] == "^[0-9a-f]{16}$"
        case Kind.COUNTRY:
            assert node["pattern"] == "^[A-Z]{2}$"
        case Kind.ENUM if field.unknown is None:
            assert tuple(node["enum"]) == field.symbols
        case Kind.ENUM:
            # Any label is read, so the schema allows any.
            assert "enum" not in node
        case _:
            assert node["type"] == "string"
            assert node.get("minLength", 0) == field.min_chars
            assert node.get("maxLength") == field.max_chars


@pytest.mark.parametrize(("spec", "kind"), [(REQUESTS, "request"), (PROFILES, "profile")])
def test_decoders_read_the_published_avro_types(spec: RecordSpec, kind: str) -> None:
    published = {field["name"]: field["type"] for field in schema_file(f"{kind}.avsc")["fields"]}
    for field in spec.fields:
        branches = published[field.name]
        branches = branches if isinstance(branches, list) else [branches]
        assert ("null" in branches) == field.nullable, field.name
        [avro] = [branch for branch in branches if branch != "null"]
        # An int and a long are the same bytes.
        assert avro in _AVRO_OF_KIND.get(field.kind, {"string"}), field.name
        assert (avro == field.avro) or {avro, field.avro} == {"int", "long"}, field.name


# The AsyncAPI document.

DOCUMENT = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text())


def resolve(reference: str) -> Any:
    node = DOCUMENT
    assert reference.startswith("#/")
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_document_is_asyncapi_3() -> None:
    assert asyncapi_document() == DOCUMENT
    assert DOCUMENT["asyncapi"].startswith("3.")
    assert set(DOCUMENT["info"]) >= {"title", "version"}


def test_every_topic_is_a_channel_with_its_key_and_people() -> None:
    assert list(DOCUMENT["channels"]) == [topic.name for topic in TOPICS]
    for topic in TOPICS:
        channel = DOCUMENT["channels"][topic.name]
        assert channel["address"] == f"reflux.{topic.name}"
        assert channel["x-key"] == topic.key
        assert channel["x-writers"] == list(topic.writers)
        assert channel["x-readers"] == list(topic.readers)
        besides = {record.schema_name for record in topic.besides}
        assert set(channel["messages"]) == {*topic.framings, *besides}


def test_every_message_points_at_a_schema_of_its_record() -> None:
    for topic in TOPICS:
        for framing, reference in DOCUMENT["channels"][topic.name]["messages"].items():
            message = resolve(reference["$ref"])
            file = message["payload"]["schema"]["$ref"].removeprefix("./")
            schema = schema_file(file)
            if framing == "json":
                assert message["contentType"] == "application/json"
                assert schema["$schema"].endswith("2020-12/schema")
            else:
                assert message["contentType"] == "application/avro"
                assert schema["type"] == "record"
            besides = {record.schema_name: record for record in topic.besides}
            record = besides.get(framing, topic.record)
            assert message["name"] == record.__name__
            assert file.startswith(record.schema_name)


def test_operations_are_what_a_worker_does() -> None:
    expected = {f"receive-{topic.name}" for topic in TOPICS if WORKER in topic.readers}
    expected |= {f"send-{topic.name}" for topic in TOPICS if WORKER in topic.writers}
    assert set(DOCUMENT["operations"]) == expected
    for name, operation in DOCUMENT["operations"].items():
        assert name.startswith(operation["action"])
        channel = resolve(operation["channel"]["$ref"])
        messages = [resolve(message["$ref"]) for message in operation["messages"]]
        assert messages == list(channel["messages"].values())


def test_avro_and_json_schema_of_a_record_have_the_same_fields() -> None:
    for kind in KINDS:
        avro = [field["name"] for field in avro_schema(kind)["fields"]]
        assert avro == list(json_schema(kind, kind.schema_name)["properties"])
