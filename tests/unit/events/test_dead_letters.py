import hashlib
from typing import get_args

import orjson
import pytest

from app.events.dead_letters import KEPT_KEY_BYTES, KEPT_VALUE_BYTES, DeadLetter, ReasonCode
from app.events.record import BadRecord
from app.events.source import Source
from app.kernels import reasons

SOURCE = Source(topic="reflux.requests.v1", partition=3, offset=41)


def test_every_reason_a_kernel_gives_can_be_written() -> None:
    # `ok` and `slow` are no verdicts about a record.
    assert get_args(ReasonCode) == tuple(
        name for name in reasons.NAMES if name not in ("ok", "slow")
    )


def test_letter_keeps_the_record_and_its_place() -> None:
    letter = DeadLetter.of(
        reasons.OUT_OF_RANGE, SOURCE, key=b"k", value=b"{}", timestamp=12, field="turn"
    )
    assert letter.record_key() == "reflux.requests.v1:3:41"
    assert (letter.reason, letter.field, letter.timestamp) == ("out_of_range", "turn", 12)
    assert (letter.value, letter.value_length) == (b"{}", 2)
    assert letter.value_sha256 == hashlib.sha256(b"{}").hexdigest()
    assert (letter.count, letter.last_offset) == (1, 41)
    assert DeadLetter.from_json(letter.to_json()) == letter


def test_bytes_are_base64_in_json() -> None:
    letter = DeadLetter.of(reasons.MALFORMED, SOURCE, key=b"\xff", value=b"\x00\xff\xfe")
    assert orjson.loads(letter.to_json())["value"] == "AP/+"
    assert orjson.loads(letter.to_json())["key"] == "/w=="


def test_a_long_value_is_cut_but_measured_whole() -> None:
    value = bytes(range(256)) * 300
    letter = DeadLetter.of(reasons.OVERSIZE, SOURCE, key=b"k" * 5_000, value=memoryview(value))
    assert letter.value == value[:KEPT_VALUE_BYTES]
    assert letter.key == b"k" * KEPT_KEY_BYTES
    assert letter.value_length == len(value)
    assert letter.value_sha256 == hashlib.sha256(value).hexdigest()
    # It must fit a default broker's limit for one record.
    assert len(letter.to_json()) < 1_000_000


def test_a_record_without_key_value_or_timestamp_has_a_letter() -> None:
    letter = DeadLetter.of(reasons.NULL_VALUE, SOURCE, key=None, value=None, timestamp=-1)
    assert (letter.key, letter.value, letter.value_sha256, letter.timestamp) == (None,) * 4
    assert letter.value_length == 0
    assert DeadLetter.from_json(letter.to_json()) == letter


def test_a_summary_stands_for_many() -> None:
    letter = DeadLetter.summary(reasons.STATE_FULL, SOURCE, last_offset=999, count=500)
    assert (letter.reason, letter.count, letter.last_offset) == ("state_full", 500, 999)
    assert letter.record_key() == str(SOURCE)
    assert DeadLetter.from_json(letter.to_json()) == letter


def test_the_same_record_has_the_same_letter() -> None:
    letters = [DeadLetter.of(reasons.LATE, SOURCE, key=b"k", value=b"v").encode() for _ in range(2)]
    assert letters[0] == letters[1]


def test_a_value_that_is_no_base64_is_refused() -> None:
    letter = DeadLetter.of(reasons.LATE, SOURCE, key=b"k", value=b"v")
    broken = orjson.loads(letter.to_json()) | {"value": "a*b"}
    with pytest.raises(BadRecord) as caught:
        DeadLetter.from_fields(broken)
    assert caught.value.field == "value"
