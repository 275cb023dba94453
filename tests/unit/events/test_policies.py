import orjson

from app.events.policies import PolicyRecord
from tests.unit.events.samples import FULL

SECTIONS = {"ladder": {"throttle": {"risk": 0.8}}, "shadow": True}


def test_sections_travel_with_the_letterhead() -> None:
    record = PolicyRecord.from_fields(FULL[PolicyRecord] | SECTIONS)
    assert record.document == SECTIONS
    assert orjson.loads(record.to_json()) == FULL[PolicyRecord] | SECTIONS
    assert PolicyRecord.from_json(record.to_json()) == record


def test_key_is_the_name_of_the_policy() -> None:
    assert PolicyRecord.from_fields(FULL[PolicyRecord]).encode().key == b"default"
