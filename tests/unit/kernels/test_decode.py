"""Decoding: which reason a record is given, and where its text is found."""

import json
from typing import Any

import numpy as np
import orjson
import pytest

from app.kernels import reasons
from app.kernels.avro_decode_program import AvroPrograms, no_schemas
from app.kernels.batches import UNFRAMED, Framed, frame
from app.kernels.columns import FRAME_VALUE_LENGTH, FRAME_VALUE_START
from app.kernels.decode import Decoded, decode
from app.kernels.spec import RecordSpec
from app.kernels.spec_table import MAX_DEPTH
from tests.reference.batches import build, framed
from tests.reference.batches_decoded import decode_record, result_of
from tests.reference.json_specs import EVERYTHING
from tests.reference.murmur2 import partition_of

GOOD: dict[str, Any] = {
    "id": "abc",
    "when": 1,
    "count": 2,
    "score": 0.5,
    "colour": "red",
    "digest": "00000000000000ff",
    "model_name_of_29_bytes_at_all": "model",
}


def run(
    rows: list[tuple[bytes | None, bytes | None]],
    spec: RecordSpec = EVERYTHING,
    partition: int = 0,
    partitions: int = 0,
) -> tuple[Framed, Decoded]:
    chunk = framed(rows)
    avro = AvroPrograms(spec, no_schemas)
    return chunk, decode(chunk, spec, partition=partition, partitions=partitions, avro=avro)


def status_of(value: bytes | None, key: bytes | None = b"abc") -> tuple[str, str | None]:
    _, decoded = run([(key, value)])
    about = int(decoded.field[0])
    name = None if about < 0 else EVERYTHING.fields[about].name
    return reasons.NAMES[decoded.status[0]], name


def record(**changes: Any) -> bytes:
    return orjson.dumps({**GOOD, **changes})


def without(name: str) -> bytes:
    return orjson.dumps({k: v for k, v in GOOD.items() if k != name})


def test_a_good_record() -> None:
    chunk, decoded = run([(b"abc", record())])
    result = result_of(chunk, decoded, 0, EVERYTHING)
    assert result == decode_record(b"abc", record(), EVERYTHING)
    assert result.values is not None
    assert result.values["digest"] == 255
    assert result.values["id"] == b"abc"
    assert result.values["attempts"] == 1
    assert result.values["grade"] == 1
    assert result.values["country"] is None


def test_no_records() -> None:
    _, decoded = run([])
    assert [len(part) for part in decoded] == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("value", "reason", "about"),
    [
        (b"", "unknown_framing", None),
        (b"x", "unknown_framing", None),
        (b'"text"', "unknown_framing", None),
        (b"[1]", "unknown_framing", None),
        (b"\xef\xbb\xbf{}", "unknown_framing", None),
        (b"\x01\0\0\0\0", "unknown_framing", None),
        (b"\0\0\0\0", "malformed", None),
        (b"\0\0\0\0\x01", "unknown_schema", None),
        (b" 1", "malformed", None),
        (b" [1]", "malformed", None),
        (b"{", "malformed", None),
        (b"{}", "missing_field", "id"),
        (b" \t\r\n{} \n", "missing_field", "id"),
        (b"{} x", "malformed", None),
        (b"{}\0", "malformed", None),
        (record() + b"}", "malformed", None),
        (record()[:-1], "malformed", None),
        (record(when=None), "wrong_type", "when"),
        (record(when=True), "wrong_type", "when"),
        (record(when="1"), "wrong_type", "when"),
        (record(when=[1]), "wrong_type", "when"),
        (record(when={"a": 1}), "wrong_type", "when"),
        (record(when=-1), "out_of_range", "when"),
        (record(when=1.5), "wrong_type", "when"),
        (record(when=2**63), "out_of_range", "when"),
        (record(when=1e300), "out_of_range", "when"),
        (record(count=10_001), "out_of_range", "count"),
        (record(score=1.0000001), "out_of_range", "score"),
        (record(score="0.5"), "wrong_type", "score"),
        (record(real=False), "wrong_type", "real"),
        (record(colour=1), "wrong_type", "colour"),
        (record(size="xl"), "out_of_range", "size"),
        (record(digest="00000000000000FF"), "out_of_range", "digest"),
        (record(digest="ff"), "out_of_range", "digest"),
        (record(digest="00000000000000ff0"), "out_of_range", "digest"),
        (record(digest=255), "wrong_type", "digest"),
        (record(id=""), "out_of_range", "id"),
        (record(id="123456789"), "out_of_range", "id"),
        (record(id=5), "wrong_type", "id"),
        (record(label="x" * 21), "out_of_range", "label"),
        (record(country="de"), "out_of_range", "country"),
        (record(country="DEU"), "out_of_range", "country"),
        (record(country="Ö"), "out_of_range", "country"),
        (without("digest"), "missing_field", "digest"),
        (without("id"), "missing_field", "id"),
        # grammar goes before everything else, and the first bad field before the others
        (record(when=None)[:-1], "malformed", None),
        (orjson.dumps({"digest": 1, "count": "x", "when": 1}), "missing_field", "id"),
        (record(count="x", when="y"), "wrong_type", "when"),
    ],
)
def test_reasons(value: bytes, reason: str, about: str | None) -> None:
    assert status_of(value) == (reason, about)


@pytest.mark.parametrize(
    "value",
    [
        record(when=1.0),
        record(when=1e3),
        record(count=-5),
        record(anything=-(2**63)),
        record(score=0),
        record(score=1),
        record(real=7).replace(b":7", b":18446744073709551616"),
        record(colour="mauve"),
        record(id="éé€€😀😀üü"),
        record(label="😀" * 20),
        record(country="DE", size="l", parent="ffffffffffffffff"),
        record(unknown={"a": [1, {"b": None}, "]}"], "c": {}}, other=[]),
        json.dumps(GOOD, indent=4).encode(),
        json.dumps({**GOOD, "label": "é😀"}).encode(),
    ],
)
def test_accepted(value: bytes) -> None:
    key = orjson.loads(value)["id"].encode()
    chunk, decoded = run([(key, value)])
    result = result_of(chunk, decoded, 0, EVERYTHING)
    assert result.status == reasons.OK
    assert result == decode_record(key, value, EVERYTHING)


def test_the_last_of_repeated_keys_counts() -> None:
    good, bad = record()[1:-1], b'"when":"x","count":1e99,"digest":"q","country":"DE"'
    assert status_of(b"{" + bad + b"," + good + b"}") == ("ok", None)
    assert status_of(b"{" + good + b"," + bad + b"}") == ("wrong_type", "when")
    value = record(country="DE")[:-1] + b',"country":null,"label":"x","label":null}'
    chunk, decoded = run([(b"abc", value)])
    result = result_of(chunk, decoded, 0, EVERYTHING)
    assert result.values is not None
    assert (result.values["country"], result.values["label"]) == (None, None)


def test_a_key_may_be_escaped() -> None:
    value = record().replace(b'"when"', rb'"\u0077hen"').replace(b'"id"', rb'"i\u0064"')
    assert status_of(value) == ("ok", None)


def test_key_order_is_remembered_but_never_relied_upon() -> None:
    rng = np.random.default_rng(3)
    rows: list[tuple[bytes | None, bytes | None]] = []
    for i in range(60):
        names = list(GOOD)
        if i % 20 > 12:
            rng.shuffle(names)
        inner = {name: GOOD[name] for name in names}
        if i % 7 == 0:
            inner = {"surprise": i, **inner, "late": {}}
        rows.append((b"abc", orjson.dumps(inner)))
    chunk, decoded = run(rows)
    for i in range(60):
        expected = decode_record(b"abc", rows[i][1], EVERYTHING)
        assert result_of(chunk, decoded, i, EVERYTHING) == expected
    assert not decoded.status.any()


@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_nesting_up_to_a_limit(brackets: tuple[str, str]) -> None:
    opening, closing = brackets
    middle = "1" if opening != "[" else ""

    def nested(levels: int) -> bytes:
        inner = opening * levels + middle + closing * levels
        return record()[:-1] + f',"deep":{inner}}}'.encode()

    for levels in (MAX_DEPTH - 1, MAX_DEPTH):
        try:
            orjson.loads(nested(levels))
            accepted = True
        except orjson.JSONDecodeError:
            accepted = False
        assert accepted == (levels < MAX_DEPTH)
        assert (status_of(nested(levels))[0] == "ok") == accepted
    assert status_of(b'{"a":' + b"[" * 65_000)[0] == "malformed"
    assert status_of(b'{"a":' * 10_000)[0] == "malformed"


def test_size_limit() -> None:
    spare = 65_536 - len(record(unknown=""))
    assert status_of(record(unknown="x" * spare)) == ("ok", None)
    assert status_of(record(unknown="x" * (spare + 1))) == ("oversize", None)
    assert status_of(b"\0" * 65_537) == ("oversize", None)


@pytest.mark.parametrize(
    ("key", "reason"),
    [(b"abc", "ok"), (b"abd", "key_mismatch"), (b"ab", "key_mismatch"), (None, "key_mismatch")],
)
def test_the_key_is_the_key_field(key: bytes | None, reason: str) -> None:
    about = None if reason == "ok" else "id"
    assert status_of(record(), key) == (reason, about)
    escaped = record().replace(b'"abc"', rb'"\u0061bc"')
    assert status_of(escaped, key) == (reason, about)


def test_a_tombstone_carries_its_key() -> None:
    chunk, decoded = run([(b"abc", None), (b"", None), (None, None), (b"\xff", None)])
    names = [reasons.NAMES[status] for status in decoded.status]
    assert names == ["null_value", "key_mismatch", "key_mismatch", "key_mismatch"]
    place = int(decoded.values[0, 0])
    assert bytes(chunk.data[place >> 16 :][: place & 0xFFFF]) == b"abc"


def test_partitions() -> None:
    right = partition_of(b"abc", 12)
    for partition in range(12):
        _, decoded = run([(b"abc", record()), (b"abc", None)], EVERYTHING, partition, 12)
        names = [reasons.NAMES[status] for status in decoded.status]
        wrong = ["wrong_partition", "wrong_partition"]
        assert names == (["ok", "null_value"] if partition == right else wrong)
        assert decoded.field.tolist() == ([-1, -1] if partition == right else [0, 0])


def test_a_record_with_several_faults_is_given_the_first_reason() -> None:
    partition = (partition_of(b"abd", 12) + 1) % 12
    _, decoded = run([(b"abd", record()), (b"abd", record(when=-1))], EVERYTHING, partition, 12)
    names = [reasons.NAMES[status] for status in decoded.status]
    assert names == ["key_mismatch", "out_of_range"]


def test_numbers_of_too_many_digits_are_read_exactly() -> None:
    # Halfway between two doubles but for the last digit.
    number = b"0.5000000000000000555111512312578270211815834045410156250000000001"
    values = [
        record(label="x\ny").replace(b"0.5", number),
        record(id="a\\c", label="q").replace(b"0.5", number),
        record().replace(b"0.5", number).replace(b'"when":1', b'"when":"x"'),
        record(unknown="?").replace(b'"?"', b"17976931348623157" + b"9" * 20 + b"e272"),
        record(model_name_of_29_bytes_at_all='"' * 9).replace(b"0.5", number),
    ]
    keys = [b"abc", b"a\\c", b"abc", b"abc", b"abc"]
    rows: list[tuple[bytes | None, bytes | None]] = []
    for key, value in zip(keys, values, strict=True):
        rows += [(key, value), (b"wrong", value), (b"abc", record(label="\t"))]
    chunk, decoded = run(rows, partition=partition_of(b"abc", 2), partitions=2)
    for i, (key, value) in enumerate(rows):
        expected = decode_record(
            key, value, EVERYTHING, partition=partition_of(b"abc", 2), partitions=2
        )
        assert result_of(chunk, decoded, i, EVERYTHING) == expected, value
    assert reasons.SLOW not in decoded.status


def test_a_number_beyond_the_largest_double_is_malformed_however_many_digits_it_has() -> None:
    digits = str(2**1024 - 2**970)  # halfway between the largest double and the next power of two
    below = str(2**1024 - 2**970 - 1)
    assert status_of(record().replace(b"0.5", digits.encode()))[0] == "malformed"
    assert status_of(record().replace(b"0.5", below.encode())) == ("out_of_range", "score")
    assert status_of(record(x=7).replace(b":7", b":" + digits.encode()))[0] == "malformed"
    assert status_of(record(x=7).replace(b":7", b":" + below.encode())) == ("ok", None)


def test_what_could_not_be_framed_is_malformed() -> None:
    chunk = frame(build([(b"k", b"v")], payload=b"\xff" * 9), 0, check_crc=True)
    assert chunk.frames[0, FRAME_VALUE_START] == UNFRAMED
    avro = AvroPrograms(EVERYTHING, no_schemas)
    decoded = decode(chunk, EVERYTHING, partition=0, partitions=0, avro=avro)
    assert decoded.status.tolist() == [reasons.MALFORMED]


def test_coordinates_outside_of_the_data_are_malformed_not_read() -> None:
    for start, length in ((10_000, 5), (0, 10_000), (-9, 1), (2**62, 2**62), (5, -1)):
        chunk = framed([(b"abc", record())])
        chunk.frames[0, FRAME_VALUE_START] = start
        chunk.frames[0, FRAME_VALUE_LENGTH] = length
        avro = AvroPrograms(EVERYTHING, no_schemas)
        decoded = decode(chunk, EVERYTHING, partition=0, partitions=0, avro=avro)
        assert decoded.status[0] in (reasons.MALFORMED, reasons.OVERSIZE)


def test_a_record_cannot_reach_into_the_next_one() -> None:
    """Every prefix of a record is malformed, although its missing rest follows in memory."""
    whole = record(label="a\\u0041b", real=1.25, anything=123456789)
    chunk = framed([(b"abc", whole)] * 2)
    start = int(chunk.frames[0, FRAME_VALUE_START])
    rows = np.repeat(chunk.frames[:1], len(whole), axis=0)
    rows[:, FRAME_VALUE_START] = start
    rows[:, FRAME_VALUE_LENGTH] = np.arange(len(whole))
    avro = AvroPrograms(EVERYTHING, no_schemas)
    prefixes = chunk._replace(frames=rows)
    decoded = decode(prefixes, EVERYTHING, partition=0, partitions=0, avro=avro)
    assert decoded.status.tolist() == [reasons.UNKNOWN_FRAMING] + [reasons.MALFORMED] * (
        len(whole) - 1
    )


def test_a_specification_without_a_key() -> None:
    spec = RecordSpec("keyless", EVERYTHING.fields, width=16)
    _, decoded = run([(None, record()), (b"other", record()), (None, None)], spec, 1, 3)
    names = [reasons.NAMES[status] for status in decoded.status]
    assert names == ["ok", "ok", "null_value"]
