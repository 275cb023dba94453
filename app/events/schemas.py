"""Avro and JSON Schema of a record, made from its model.

JSON Schema comes from pydantic; Avro is derived from it, so that the two cannot disagree. Labels
(an action, a tier) are Avro strings rather than enums: a reader that meets a symbol it does not
know fails on an enum, and the next label is only a matter of time.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from app.events.fields import INT32_MAX

JSON_SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
AVRO_NAMESPACE = "reflux.v1"

Schema = dict[str, Any]


class _Untitled(GenerateJsonSchema):
    """Titles repeat the field's name in other words: leave them out."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def json_schema(model: type[BaseModel], name: str) -> Schema:
    """``model`` as JSON Schema, dialect 2020-12; ``name`` is that of its file."""
    body = model.model_json_schema(schema_generator=_Untitled)
    return {
        "$schema": JSON_SCHEMA_DIALECT,
        "$id": f"urn:reflux:schema:{name}:v1",
        "title": model.__name__,
        **{key: value for key, value in body.items() if key != "title"},
    }


def avro_schema(model: type[BaseModel]) -> Schema:
    """``model`` as an Avro schema, with fields in the order of the model."""
    body = model.model_json_schema(schema_generator=_Untitled)
    return _record(model.__name__, body, body.get("$defs", {}), set())


def _record(name: str, body: Schema, definitions: Schema, seen: set[str]) -> Schema:
    seen.add(name)
    schema: Schema = {"type": "record", "name": name}
    if len(seen) == 1:
        schema["namespace"] = AVRO_NAMESPACE
    if "description" in body:
        schema["doc"] = body["description"]
    schema["fields"] = [
        _field(field, node, definitions, seen) for field, node in body["properties"].items()
    ]
    return schema


def _field(name: str, node: Schema, definitions: Schema, seen: set[str]) -> Schema:
    field: Schema = {"name": name, "type": _type(node, definitions, seen)}
    labels = f"One of {', '.join(node['enum'])}." if "enum" in node else ""
    doc = " ".join(part for part in (node.get("description", ""), labels) if part)
    if doc:
        field["doc"] = doc
    if "default" in node:
        field["default"] = node["default"]
    return field


def _type(node: Schema, definitions: Schema, seen: set[str]) -> Any:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name in seen:
            return name
        return _record(name, definitions[name], definitions, seen)
    if "anyOf" in node:
        # The null comes first: an Avro default belongs to the first branch of a union.
        [branch] = [option for option in node["anyOf"] if option.get("type") != "null"]
        return ["null", _type(branch, definitions, seen)]
    match node["type"]:
        case "string":
            return "bytes" if node.get("contentEncoding") == "base64" else "string"
        case "integer":
            return "int" if _fits_int32(node) else "long"
        case "number":
            # As the contract has it; a writer whose registry says double is read as well.
            return "float"
        case "boolean":
            return "boolean"
        case "array":
            return {"type": "array", "items": _type(node["items"], definitions, seen)}
        case "object":
            values = _type(node["additionalProperties"], definitions, seen)
            return {"type": "map", "values": values}
        case other:
            raise TypeError(f"no Avro type for {other!r}")


def _fits_int32(node: Schema) -> bool:
    low, high = node.get("minimum"), node.get("maximum")
    return low is not None and high is not None and low >= -INT32_MAX - 1 and high <= INT32_MAX
