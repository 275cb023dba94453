"""The AsyncAPI 3 document: every topic with its key, its record, who writes and who reads it.

The document speaks from the application's side, as AsyncAPI does: Reflux *receives* input and
control topics and *sends* the others.
"""

from typing import Any

from app import __version__
from app.events.record import Record
from app.events.topics import TOPICS, WORKER, Topic

JSON_FORMAT = "application/schema+json;version=2020-12"
AVRO_FORMAT = "application/vnd.apache.avro+json;version=1.9.0"
PREFIX = "reflux."

_FRAMINGS = {
    "json": ("application/json", JSON_FORMAT, "{}.schema.json"),
    "avro": ("application/avro", AVRO_FORMAT, "{}.avsc"),
}


def asyncapi_document() -> dict[str, Any]:
    """The whole document, as it is written to ``schemas/asyncapi.yaml``."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Reflux",
            "version": __version__,
            "description": "Finds distillation campaigns in a stream of API requests and says what"
            " to do about each account. Everything here is metadata; every identifier that could"
            " name a person is a keyed hash computed by its producer.",
        },
        "defaultContentType": "application/json",
        "channels": {_channel_id(topic): _channel(topic) for topic in TOPICS},
        "operations": {
            f"{action}-{_channel_id(topic)}": _operation(action, topic)
            for topic in TOPICS
            for action in _actions(topic)
        },
        "components": {
            "messages": {
                _message_id(record, framing): _message(record, framing)
                for topic in TOPICS
                for record, framing in _carried(topic).values()
            }
        },
    }


def _carried(topic: Topic) -> dict[str, tuple[type[Record], str]]:
    """What crosses the topic, by the name it has in the channel: its record and framing."""
    carried = {str(framing): (topic.record, str(framing)) for framing in topic.framings}
    return carried | {record.schema_name: (record, "avro") for record in topic.besides}


def _channel_id(topic: Topic) -> str:
    return topic.name


def _message_id(record: type[Record], framing: str) -> str:
    return f"{record.schema_name}.{framing}"


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.full_name(PREFIX),
        "title": topic.name,
        "summary": topic.summary,
        "messages": {
            name: {"$ref": f"#/components/messages/{_message_id(record, framing)}"}
            for name, (record, framing) in _carried(topic).items()
        },
        "bindings": {
            "kafka": {
                "topic": topic.full_name(PREFIX),
                "topicConfiguration": {
                    "cleanup.policy": ["compact"] if topic.compacted else ["delete"]
                },
                "bindingVersion": "0.5.0",
            }
        },
        "x-key": topic.key,
        "x-partitioning": topic.partitioning,
        "x-writers": list(topic.writers),
        "x-readers": list(topic.readers),
    }


def _actions(topic: Topic) -> list[str]:
    actions = []
    if WORKER in topic.readers:
        actions.append("receive")
    if WORKER in topic.writers:
        actions.append("send")
    return actions


def _operation(action: str, topic: Topic) -> dict[str, Any]:
    channel = f"#/channels/{_channel_id(topic)}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in _carried(topic)],
    }


def _message(record: type[Record], framing: str) -> dict[str, Any]:
    content_type, schema_format, file_name = _FRAMINGS[framing]
    message: dict[str, Any] = {
        "name": record.__name__,
        "summary": (record.__doc__ or "").strip().partition("\n")[0],
        "contentType": content_type,
        "payload": {
            "schemaFormat": schema_format,
            "schema": {"$ref": f"./{file_name.format(record.schema_name)}"},
        },
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }
    if framing == "avro":
        # Magic byte 0 and four bytes of schema id stand before the body.
        message["bindings"]["kafka"] |= {
            "schemaIdLocation": "payload",
            "schemaIdPayloadEncoding": "4",
        }
    return message
