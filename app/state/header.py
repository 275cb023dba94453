"""The header of a table partition: how far its state has come, written with the state itself.

One record of the changelog, in the same transaction as the rows it vouches for, says where every
input goes on, and holds what a partition knows beyond its rows. It is JSON, for whoever reads it
with a console consumer at three in the morning.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import orjson

from app.state.checkpoint import HEADER_KEY

__all__ = ["HEADER_KEY", "CorruptHeader", "Header", "InputPosition", "ResumeRefused"]

VERSION = 1


class CorruptHeader(RuntimeError):
    """The header makes no sense, or a newer release wrote it. State without one is not resumed."""


class ResumeRefused(RuntimeError):
    """The inputs are not the ones the state was made from. The message says what to do."""


class InputPosition(NamedTuple):
    """Where one input goes on. The offset means something in the topic of this id only."""

    topic_id: str
    partition: int
    next_offset: int


@dataclass(slots=True)
class Header:
    """What a checkpoint says of one partition, but for its rows.

    ``partitions`` is how many partitions the table has: keys are spread by it. ``inputs`` holds a
    position for each input topic, ``counters`` the durable counts, ``watermark`` the newest event
    time in ms and ``epoch`` the number of the event-time epoch (None: before the first record),
    ``guards`` the event-time guards' counters, ``population_epoch`` the newest population part
    published (None: none yet), and ``more`` whatever else a table keeps per partition.
    """

    partitions: int
    inputs: dict[str, InputPosition] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    watermark: int | None = None
    epoch: int | None = None
    guards: list[int] = field(default_factory=list)
    population_epoch: int | None = None
    more: dict[str, Any] = field(default_factory=dict)
    version: int = VERSION

    def encode(self) -> bytes:
        """The header as JSON; keys are sorted, so equal headers are equal bytes.

        Raises TypeError for what JSON cannot say.
        """
        document = {
            **{name: getattr(self, name) for name in _FIELDS},
            "inputs": {topic: position._asdict() for topic, position in self.inputs.items()},
        }
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)

    @classmethod
    def decode(cls, value: bytes) -> "Header":
        """Read what ``encode`` wrote. Raises ``CorruptHeader``."""
        try:
            document = orjson.loads(value)
        except orjson.JSONDecodeError as exc:
            raise CorruptHeader(f"the header is not JSON: {exc}") from None
        _check(isinstance(document, dict), "it is not an object")
        version = document.get("version")
        _check(_is_int(version) and version > 0, "it names no version")
        if version > VERSION:
            raise CorruptHeader(
                f"the header is of version {version}, written by a newer release; this one reads "
                f"up to {VERSION}. Upgrade this worker, or finish the rollback by restoring the "
                "changelog from before the upgrade."
            )
        _check(document.keys() == _FIELDS, f"its fields are {sorted(document)}")
        inputs = document["inputs"]
        _check(isinstance(inputs, dict), "inputs is not an object")
        header = cls(**{**document, "inputs": {t: _position(t, p) for t, p in inputs.items()}})
        header._validate()
        return header

    def _validate(self) -> None:
        _check(_is_int(self.partitions) and self.partitions > 0, "partitions is no positive number")
        _check(
            isinstance(self.counters, dict) and all(map(_is_int, self.counters.values())),
            "counters are not integers",
        )
        _check(
            isinstance(self.guards, list) and all(map(_is_int, self.guards)),
            "guards are not integers",
        )
        for name in ("watermark", "epoch", "population_epoch"):
            value = getattr(self, name)
            _check(value is None or _is_int(value), f"{name} is no integer")
        _check(isinstance(self.more, dict), "more is not an object")


_FIELDS = frozenset(asdict(Header(1)))


def _position(topic: str, value: object) -> InputPosition:
    wanted = InputPosition._fields
    _check(isinstance(value, dict) and set(value) == set(wanted), f"the position in {topic!r}")
    assert isinstance(value, dict)
    position = InputPosition(**value)
    _check(isinstance(position.topic_id, str), f"the topic id of {topic!r} is no text")
    for number in (position.partition, position.next_offset):
        _check(_is_int(number) and number >= 0, f"the position in {topic!r} is no offset")
    return position


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise CorruptHeader(f"the header makes no sense: {what}")


def check_resume(
    header: Header,
    topic_ids: Mapping[str, str],
    begin_offsets: Mapping[str, int],
    end_offsets: Mapping[str, int],
    partitions: Mapping[str, int],
) -> None:
    """Refuse to go on from ``header`` unless its inputs are still the ones it speaks of.

    The mappings are by topic and say what the brokers answer now: the topic's id, the first offset
    and the end offset of the partition that is resumed, and how many partitions the topic has. An
    input that is new since the header was written starts at its beginning.

    Raises ``ResumeRefused``, naming everything that is wrong and what to do about it.
    """
    wrong = [
        problem
        for topic in sorted(header.inputs.keys() | partitions.keys())
        if (
            problem := _problem(
                topic,
                header,
                topic_ids.get(topic),
                begin_offsets.get(topic, 0),
                end_offsets.get(topic, 0),
                partitions.get(topic),
            )
        )
    ]
    if wrong:
        raise ResumeRefused("\n".join(wrong))


def _problem(
    topic: str, header: Header, topic_id: str | None, begin: int, end: int, partitions: int | None
) -> str | None:
    position = header.inputs.get(topic)
    if partitions is None or (position is not None and topic_id is None):
        return (
            f"{topic}: the topic is gone, and this partition's state was made from it. Restore it "
            "from a copy, or start from nothing: stop every worker, delete the changelog topics, "
            "create the inputs with `reflux topics apply`, and start again."
        )
    if partitions != header.partitions:
        return (
            f"{topic}: has {partitions} partitions, but the state was made with "
            f"{header.partitions}: keys would meet the wrong rows. Changing the count is a "
            "migration: stop every worker, create all account-keyed topics anew with the new count "
            "under a new application id, replay the inputs into it, and switch over."
        )
    if position is None:
        return None
    where = f"{topic}[{position.partition}]"
    if topic_id != position.topic_id:
        return (
            f"{where}: the topic was deleted and created again (its id was {position.topic_id} and "
            f"is {topic_id}), so offset {position.next_offset} no longer means what it did. If it "
            "was on purpose, stop every worker, delete the changelog topics, and start again from "
            "nothing; if not, restore the topic from a copy."
        )
    if end < position.next_offset:
        return (
            f"{where}: ends at offset {end}, but its records up to {position.next_offset} are part "
            "of the state: a broker has lost records it had acknowledged. Find out which broker "
            "came back with an older log (unclean leader election?) and restore it. Going on "
            "would take new records for old ones."
        )
    if begin > position.next_offset:
        return (
            f"{where}: retention has deleted the offsets from {position.next_offset} to {begin - 1}"
            f", {begin - position.next_offset} of them, before they were read. Restore the topic "
            "from a copy; or accept the loss: stop every worker, delete the header record of this "
            "partition from its changelog, set the group's committed offset with "
            f"kafka-consumer-groups --reset-offsets to {begin}, and start again. Then give the "
            "topic a longer retention than the longest outage."
        )
    return None
