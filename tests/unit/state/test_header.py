"""The partition header as a record, and what it refuses to resume."""

import orjson
import pytest

from app.state.header import (
    HEADER_KEY,
    CorruptHeader,
    Header,
    InputPosition,
    ResumeRefused,
    check_resume,
)

FULL = Header(
    partitions=12,
    inputs={
        "reflux.requests.v1": InputPosition("AbCd", 3, 1_000),
        "reflux.profiles.v1": InputPosition("EfGh", 3, 7),
    },
    counters={"in": 1_000, "folded": 900, "duplicates": 60, "dead": 40},
    watermark=1_760_000_000_000,
    epoch=488_888,
    guards=[1, 0, -5],
    population_epoch=488_886,
    more={"totals": "AAEC"},
)


def test_a_header_comes_back_as_it_was():
    for header in (FULL, Header(partitions=1)):
        assert Header.decode(header.encode()) == header


def test_equal_headers_are_equal_bytes_and_readable():
    turned = Header.decode(FULL.encode())
    turned.inputs = dict(reversed(turned.inputs.items()))
    assert turned.encode() == FULL.encode()
    document = orjson.loads(FULL.encode())
    assert document["inputs"]["reflux.requests.v1"] == {
        "topic_id": "AbCd",
        "partition": 3,
        "next_offset": 1_000,
    }
    assert document["version"] == 1


def test_its_key_can_be_no_id():
    with pytest.raises(UnicodeDecodeError):
        HEADER_KEY.decode()


def spoiled(**changes):
    return orjson.dumps({**orjson.loads(FULL.encode()), **changes})


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b'{"version": 1}',
        spoiled(version=0),
        spoiled(version=True),
        spoiled(version="1"),
        spoiled(unknown=1),
        spoiled(partitions=0),
        spoiled(partitions=None),
        spoiled(watermark="now"),
        spoiled(epoch=1.5),
        spoiled(counters={"in": "many"}),
        spoiled(counters=[1]),
        spoiled(guards=[1, None]),
        spoiled(guards={"a": 1}),
        spoiled(more=[]),
        spoiled(inputs=[]),
        spoiled(inputs={"t": 5}),
        spoiled(inputs={"t": {"topic_id": "a", "partition": 0}}),
        spoiled(inputs={"t": {"topic_id": "a", "partition": 0, "next_offset": -1}}),
        spoiled(inputs={"t": {"topic_id": 5, "partition": 0, "next_offset": 1}}),
        spoiled(inputs={"t": {"topic_id": "a", "partition": 0, "next_offset": 1, "x": 1}}),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(value):
    with pytest.raises(CorruptHeader):
        Header.decode(value)


def test_a_newer_header_says_what_to_do():
    with pytest.raises(CorruptHeader, match="Upgrade this worker"):
        Header.decode(spoiled(version=2, something="new"))


def brokers(**changes):
    now = {
        "topic_ids": {"reflux.requests.v1": "AbCd", "reflux.profiles.v1": "EfGh"},
        "begin_offsets": {"reflux.requests.v1": 500, "reflux.profiles.v1": 0},
        "end_offsets": {"reflux.requests.v1": 2_000, "reflux.profiles.v1": 7},
        "partitions": {"reflux.requests.v1": 12, "reflux.profiles.v1": 12},
    }
    for name, change in changes.items():
        now[name] = {
            topic: value for topic, value in {**now[name], **change}.items() if value is not None
        }
    return now


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"begin_offsets": {"reflux.requests.v1": 1_000}},  # all that was read is deleted, no more
        {"end_offsets": {"reflux.requests.v1": 1_000}},  # nothing new
        {"partitions": {"new": 12}, "topic_ids": {"new": "x"}, "end_offsets": {"new": 5}},
    ],
)
def test_the_same_inputs_are_resumed(same):
    check_resume(FULL, **brokers(**same))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"partitions": {"reflux.requests.v1": 24}}, "24 partitions, but.*with 12"),
        ({"partitions": {"new": 6}, "topic_ids": {"new": "x"}}, "new: has 6 partitions"),
        ({"topic_ids": {"reflux.requests.v1": "Other"}}, r"v1\[3\]: the topic was deleted and cre"),
        ({"end_offsets": {"reflux.requests.v1": 999}}, "ends at offset 999.*up to 1000"),
        ({"begin_offsets": {"reflux.profiles.v1": 8}}, "deleted the offsets from 7 to 7, 1 of"),
        ({"begin_offsets": {"reflux.requests.v1": 1_500}}, "from 1000 to 1499, 500 of them"),
        ({"topic_ids": {"reflux.profiles.v1": None}}, "profiles.v1: the topic is gone"),
        ({"partitions": {"reflux.profiles.v1": None}}, "profiles.v1: the topic is gone"),
    ],
)
def test_other_inputs_are_refused_with_instructions(change, text):
    with pytest.raises(ResumeRefused, match=text) as caught:
        check_resume(FULL, **brokers(**change))
    assert len(str(caught.value).splitlines()) == 1


def test_everything_that_is_wrong_is_named_at_once():
    with pytest.raises(ResumeRefused) as caught:
        check_resume(
            FULL,
            **brokers(
                topic_ids={"reflux.requests.v1": "Other"}, end_offsets={"reflux.profiles.v1": 0}
            ),
        )
    assert len(str(caught.value).splitlines()) == 2
