"""Dead letters wait in order, and a flood of one kind shares a summary."""

import orjson

from app.agents.letters import STATE_FULL_LETTERS, DeadLetters
from app.events.source import Source
from app.kernels import reasons
from app.state.checkpoint import Output


def add(letters: DeadLetters, offset: int, reason: int, topic: str = "requests", **more: int):
    letters.add(
        reason,
        Source(topic=topic, partition=3, offset=offset),
        key=b"key",
        value=b"value",
        timestamp=9,
        field="ts",
        **more,
    )


def read(outputs: list[Output]) -> list[dict]:
    return [orjson.loads(output.value or b"") for output in outputs]


def test_letters_are_taken_once_and_in_order():
    letters = DeadLetters("dead")
    add(letters, 1, reasons.MALFORMED)
    add(letters, 2, reasons.LATE)
    assert len(letters) == 2
    assert letters.nbytes > 0
    taken = letters.take()
    assert [(o.topic, o.key) for o in taken] == [
        ("dead", b"requests:3:1"),
        ("dead", b"requests:3:2"),
    ]
    assert [letter["reason"] for letter in read(taken)] == ["malformed", "late"]
    assert (letters.take(), len(letters), letters.nbytes) == ([], 0, 0)


def test_records_that_could_not_be_told_apart_share_a_letter():
    letters = DeadLetters("dead")
    add(letters, 10, reasons.MALFORMED, count=5)
    (letter,) = read(letters.take())
    assert (letter["count"], letter["last_offset"], letter["value"]) == (5, 14, None)


def test_beyond_a_rate_accounts_without_room_share_a_summary_for_each_topic():
    letters = DeadLetters("dead")
    for offset in range(STATE_FULL_LETTERS + 5):
        add(letters, offset, reasons.STATE_FULL)
    add(letters, 7, reasons.STATE_FULL, topic="profiles")
    add(letters, 1_000, reasons.MALFORMED)
    assert len(letters) == STATE_FULL_LETTERS + 1 + 2
    read_back = read(letters.take())
    assert [letter["count"] for letter in read_back[: STATE_FULL_LETTERS + 1]] == [1] * 101
    requests, profiles = read_back[-2:]
    assert (requests["count"], requests["last_offset"]) == (5, STATE_FULL_LETTERS + 4)
    assert requests["source"] == {"topic": "requests", "partition": 3, "offset": STATE_FULL_LETTERS}
    assert (profiles["count"], profiles["source"]["topic"]) == (1, "profiles")


def test_the_next_checkpoint_has_letters_of_its_own_again():
    letters = DeadLetters("dead")
    for offset in range(STATE_FULL_LETTERS + 1):
        add(letters, offset, reasons.STATE_FULL)
    letters.take()
    add(letters, 500, reasons.STATE_FULL)
    (letter,) = read(letters.take())
    assert letter["value"] is not None
