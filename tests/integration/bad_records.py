"""A request for every reason to refuse one, and what the dead letter of a record must say."""

import base64
import hashlib
from typing import Any

import orjson
from confluent_kafka import TopicPartition

from tests.integration import registry
from tests.integration.deployment import request

HOUR_MS = 3_600_000


def bad_requests(account: str) -> dict[str, tuple[str | None, bytes | None]]:
    """By reason: the field at fault, and the value of a record of ``account``."""
    good = request(account, "bad")
    without = {name: value for name, value in good.items() if name != "model"}
    now = good["ts"]

    def having(**fields: object) -> bytes:
        return orjson.dumps(good | fields)

    return {
        "malformed": (None, b'{"event_id": '),
        "unknown_framing": (None, b"<request/>"),
        "missing_field": ("model", orjson.dumps(without)),
        "wrong_type": ("turn", having(turn="first")),
        "out_of_range": ("proxy", having(proxy=1.5)),
        "oversize": (None, having(model="m" * 65_536)),
        "key_mismatch": ("account_id", having(account_id="somebody-else")),
        "late": (None, having(ts=now - 25 * HOUR_MS)),
        "early": (None, having(ts=now + 11 * 60_000)),
        "unknown_schema": (None, registry.framed(good, registry.UNKNOWN)),
        "null_value": (None, None),
    }


def check_letter(
    letter: dict[str, Any], place: TopicPartition, key: str, value: bytes | None
) -> None:
    assert letter["source"] == {
        "topic": place.topic,
        "partition": place.partition,
        "offset": place.offset,
    }
    assert base64.b64decode(letter["key"]) == key.encode()
    if value is None:
        assert (letter["value"], letter["value_sha256"], letter["value_length"]) == (None, None, 0)
        return
    assert base64.b64decode(letter["value"]) == value[:65_536]
    assert letter["value_length"] == len(value)
    assert letter["value_sha256"] == hashlib.sha256(value).hexdigest()
