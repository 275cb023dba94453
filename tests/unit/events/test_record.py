from typing import Any

import orjson
import pytest

from app.events.profiles import Profile
from app.events.record import MAX_RECORD_BYTES, BadRecord, Record
from app.events.requests import Request
from app.events.topics import TOPICS, records
from tests.unit.events.samples import FULL, least, sample

KINDS = list(records())


@pytest.mark.parametrize("kind", KINDS)
def test_json_round_trip(kind: type[Record]) -> None:
    for record in (sample(kind), least(kind)):
        assert kind.from_json(record.to_json()) == record


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_full_record_is_written(kind: type[Record]) -> None:
    assert set(orjson.loads(sample(kind).to_json())) == set(kind.model_fields)


@pytest.mark.parametrize("kind", KINDS)
def test_encoded_record_has_a_key_and_names_its_content_type(kind: type[Record]) -> None:
    encoded = sample(kind).encode()
    assert encoded.key
    assert encoded.headers == (("content-type", b"application/json"),)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_key_is_the_one_the_topic_says(topic: Any) -> None:
    record = sample(topic.record)
    if topic.key in topic.record.model_fields:
        assert record.record_key() == getattr(record, topic.key)
    else:
        expected = {
            "policy name": "default",
            "link, as kind:hash": "payment:00ff00ff00ff00ff",
            "snapshot:partition": "493000:0",
            "partition:slot": "3:0",
            "topic:partition:offset": "reflux.requests.v1:3:4",
        }
        assert record.record_key() == expected[topic.key]


def test_unknown_fields_are_ignored() -> None:
    fields = FULL[Profile] | {"favourite_colour": {"nested": [1, None]}}
    assert Profile.from_fields(fields) == sample(Profile)


@pytest.mark.parametrize("field", ["status", "input_tokens", "turn", "ts"])
@pytest.mark.parametrize("written", ["7", "7.0", "0.7e1", "70E-1"])
def test_an_integer_may_be_written_as_any_json_number(field: str, written: str) -> None:
    plain = orjson.dumps(FULL[Request] | {field: "HERE"}).replace(b'"HERE"', written.encode())
    value = getattr(Request.from_json(plain), field)
    assert value == 7
    assert type(value) is int


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"turn": None}, "wrong_type", "turn"),
        ({"turn": "1"}, "wrong_type", "turn"),
        ({"turn": True}, "wrong_type", "turn"),
        ({"turn": 1.5}, "wrong_type", "turn"),
        ({"turn": 0}, "out_of_range", "turn"),
        ({"input_tokens": -1}, "out_of_range", "input_tokens"),
        ({"input_tokens": 2**31}, "out_of_range", "input_tokens"),
        ({"input_tokens": 1e300}, "out_of_range", "input_tokens"),
        ({"ts": 253_402_300_800_000}, "out_of_range", "ts"),
        ({"proxy": 1.01}, "out_of_range", "proxy"),
        ({"proxy": "0.5"}, "wrong_type", "proxy"),
        ({"proxy": False}, "wrong_type", "proxy"),
        ({"account_id": ""}, "out_of_range", "account_id"),
        ({"account_id": "x" * 65}, "out_of_range", "account_id"),
        ({"account_id": 5}, "wrong_type", "account_id"),
        ({"ip_hash": "00FF00FF00FF00FF"}, "out_of_range", "ip_hash"),
        ({"ip_hash": "0" * 15}, "out_of_range", "ip_hash"),
        ({"ip_hash": "0" * 16 + "\n"}, "out_of_range", "ip_hash"),
    ],
)
def test_a_bad_field_is_named_with_its_reason(
    change: dict[str, Any], reason: str, field: str
) -> None:
    with pytest.raises(BadRecord) as caught:
        Request.from_fields(FULL[Request] | change)
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_an_unknown_task_is_no_error_but_an_unknown_tier_is() -> None:
    assert isinstance(Request.from_fields(FULL[Request] | {"task": "juggling"}), Request)
    with pytest.raises(BadRecord) as caught:
        Profile.from_fields(FULL[Profile] | {"tier": "platinum"})
    assert (caught.value.reason, caught.value.field) == ("out_of_range", "tier")


def test_a_label_that_is_no_text_is_of_the_wrong_type() -> None:
    with pytest.raises(BadRecord) as caught:
        Profile.from_fields(FULL[Profile] | {"tier": 3})
    assert (caught.value.reason, caught.value.field) == ("wrong_type", "tier")


@pytest.mark.parametrize(
    "name", [name for name, field in Request.model_fields.items() if field.is_required()]
)
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(BadRecord) as caught:
        Request.from_fields({key: value for key, value in FULL[Request].items() if key != name})
    assert (caught.value.reason, caught.value.field) == ("missing_field", name)


@pytest.mark.parametrize("value", [b"", b"{", b"null", b"[]", b'"x"', b"{'a':1}", b"\xff{}"])
def test_what_is_no_json_object_is_malformed(value: bytes) -> None:
    with pytest.raises(BadRecord) as caught:
        Request.from_json(value)
    assert caught.value.reason == "malformed"


def test_an_oversize_record_is_not_parsed() -> None:
    filler = b" " * MAX_RECORD_BYTES
    with pytest.raises(BadRecord) as caught:
        Request.from_json(sample(Request).to_json() + filler)
    assert caught.value.reason == "oversize"


def test_errors_never_hold_the_content() -> None:
    with pytest.raises(BadRecord) as caught:
        Request.from_fields(FULL[Request] | {"ip_hash": "jane.doe@example.org"})
    assert "jane" not in str(caught.value)
    assert "jane" not in repr(caught.value)
