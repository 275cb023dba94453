"""JSON records: the kernels accept, refuse and read exactly what the reference does."""

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.events.specs import PROFILES, REQUESTS
from app.kernels import reasons
from app.kernels.avro_decode_program import AvroPrograms, no_schemas
from app.kernels.decode import decode
from app.kernels.spec import RecordSpec
from tests.property.json_strategies import JSON_SOUP, mutated, records
from tests.reference.batches import framed
from tests.reference.batches_decoded import decode_record, result_of
from tests.reference.json_specs import EVERYTHING

SPECS = st.sampled_from([EVERYTHING, REQUESTS, PROFILES])
KEYS = st.one_of(st.none(), st.binary(max_size=3), st.text(max_size=9).map(str.encode))


def assert_agrees(
    rows: list[tuple[bytes | None, bytes | None]], spec: RecordSpec, partitions: int = 0
) -> None:
    chunk = framed(rows)
    avro = AvroPrograms(spec, no_schemas)
    decoded = decode(chunk, spec, partition=1, partitions=partitions, avro=avro)
    for i, (key, value) in enumerate(rows):
        expected = decode_record(key, value, spec, partition=1, partitions=partitions)
        assert result_of(chunk, decoded, i, spec) == expected, (key, value)


def key_of(value: bytes, spec: RecordSpec) -> bytes | None:
    """The key that belongs to a record, if it can be told."""
    try:
        key = orjson.loads(value)[spec.key]
        return str(key).encode()
    except (orjson.JSONDecodeError, KeyError, TypeError, UnicodeEncodeError):
        return b"k"


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_generated_records(data: st.DataObject) -> None:
    spec = data.draw(SPECS)
    values = data.draw(st.lists(records(spec), min_size=1, max_size=4))
    assert_agrees([(key_of(value, spec), value) for value in values], spec)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_mutated_records(data: st.DataObject) -> None:
    spec = data.draw(SPECS)
    values = data.draw(st.lists(mutated(records(spec)), min_size=1, max_size=4))
    assert_agrees([(key_of(value, spec), value) for value in values], spec)


@given(SPECS, st.lists(st.tuples(KEYS, st.one_of(st.none(), st.binary(max_size=80))), max_size=5))
@settings(max_examples=100, deadline=None)
def test_any_bytes(spec: RecordSpec, rows: list[tuple[bytes | None, bytes | None]]) -> None:
    assert_agrees(rows, spec, partitions=3)


@given(JSON_SOUP)
@example('{"a":1}')
@example("[1,2,]")
@example("1.7976931348623159e308")
@example("[[[[]]],[{}]]")
@example('"\\ud83d\\ude00"')
@settings(max_examples=500, deadline=None)
def test_the_grammar_is_that_of_orjson(text: str) -> None:
    """In an unknown field nothing but the grammar counts."""
    value = f'{{"unknown":{text}}}'.encode()
    chunk = framed([(b"k", value)])
    decoded = decode(
        chunk, EVERYTHING, partition=0, partitions=0, avro=AvroPrograms(EVERYTHING, no_schemas)
    )
    try:
        accepted = isinstance(orjson.loads(value), dict)
    except orjson.JSONDecodeError:
        accepted = False
    assert (decoded.status[0] != reasons.MALFORMED) == accepted
