"""Avro records of any writer's schema: the kernels read exactly what the reference does."""

import io
import random
import struct
from typing import Any

import fastavro
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernels import reasons
from app.kernels.avro_decode_program import AvroPrograms
from app.kernels.decode import decode
from tests.property.avro_schemas import BodyMaker, SchemaMaker
from tests.reference.avro_records import Reader
from tests.reference.batches import framed
from tests.reference.batches_decoded import decode_record, result_of
from tests.reference.json_specs import EVERYTHING

SEEDS = st.integers(0, 2**64)
SCHEMA_ID = 0x01020304
HEADER = struct.pack(">bI", 0, SCHEMA_ID)


def make(seed: int) -> tuple[random.Random, dict[str, Any], list[bytes]]:
    rng = random.Random(seed)
    schema = SchemaMaker(rng, EVERYTHING).schema()
    named: dict[str, Any] = {}
    parsed = fastavro.parse_schema(schema, named_schemas=named)
    maker = BodyMaker(rng, named, EVERYTHING)
    return rng, schema, [maker.body(parsed) for _ in range(rng.randint(1, 4))]


def assert_agrees(schema: dict[str, Any], bodies: list[bytes]) -> list[int]:
    rows: list[tuple[bytes | None, bytes | None]] = []
    for body in bodies:
        expected = decode_record(b"", HEADER + body, EVERYTHING, schemas={SCHEMA_ID: schema})
        key = b"k"
        if expected.status == reasons.KEY_MISMATCH:
            key = Reader(schema, body).record()["id"][1]
            key = key.encode() if isinstance(key, str) else key
        rows.append((key, HEADER + body))
    chunk = framed(rows)
    avro = AvroPrograms(EVERYTHING, {SCHEMA_ID: schema}.get)
    decoded = decode(chunk, EVERYTHING, partition=0, partitions=0, avro=avro)
    for i, (key, value) in enumerate(rows):
        expected = decode_record(key, value, EVERYTHING, schemas={SCHEMA_ID: schema})
        assert result_of(chunk, decoded, i, EVERYTHING) == expected, (schema, bodies[i])
    return decoded.status.tolist()


@given(SEEDS)
@settings(max_examples=300, deadline=None)
def test_generated_schemas_and_records(seed: int) -> None:
    _, schema, bodies = make(seed)
    assert reasons.MALFORMED not in assert_agrees(schema, bodies)


@given(SEEDS)
@settings(max_examples=300, deadline=None)
def test_mutated_records(seed: int) -> None:
    rng, schema, bodies = make(seed)
    changed = []
    for body in bodies:
        data = bytearray(body)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(data) + 1)
            kind = rng.randrange(4)
            if kind == 0:
                data[at : at + 1] = rng.randbytes(1)
            elif kind == 1:
                data[at:at] = rng.choice([b"\xff" * rng.randint(1, 10), b"\0", b"\x01"])
            elif kind == 2:
                del data[at : at + rng.randint(1, 4)]
            else:
                del data[at:]
        changed.append(bytes(data))
    assert_agrees(schema, changed)


@given(SEEDS)
@settings(max_examples=300, deadline=None)
def test_the_reference_reads_valid_records_as_fastavro_does(seed: int) -> None:
    _, schema, bodies = make(seed)
    for body in bodies:
        theirs = fastavro.schemaless_reader(io.BytesIO(body), fastavro.parse_schema(schema), None)
        assert isinstance(theirs, dict)
        ours = Reader(schema, body).record()
        assert list(ours) == list(theirs)
        for name, (kind, value) in ours.items():
            if kind in ("array", "map", "record", "error"):
                continue  # no field takes these; their bytes were read, or nothing after would fit
            assert repr(value) == repr(theirs[name])
