"""A fuzzer for the way from record-batch bytes to columns.

    python -m tests.fuzz.fuzz_decode --seconds 60

Real batches (JSON and Avro records, every codec) are mutated at every layer: the chunk, the
payload of a batch, the records in it. What the kernels frame, accept, refuse and read is compared
with the references. Ends with exit code 1, and the input as hexadecimal, at the first difference.
"""

import math
import random
import struct
import sys
from collections import Counter
from typing import Any

import cramjam
import fastavro
import orjson

from app.events.specs import PROFILES, REQUESTS
from app.kernels import reasons
from app.kernels.avro_decode_program import AvroPrograms
from app.kernels.batches import CorruptBatch, LegacyFormat, frame
from app.kernels.decode import decode
from app.kernels.spec import Field, Kind, RecordSpec
from tests.fuzz.fuzzing import Difference, command, go_on, mutate
from tests.property.avro_schemas import BodyMaker
from tests.reference import batches as reference
from tests.reference.avro_records import Reader
from tests.reference.batches import HEADER, Lost, build, rows_of, with_checksum
from tests.reference.batches_decoded import decode_record, result_of
from tests.reference.json_records import Result
from tests.reference.json_specs import EVERYTHING

Record = tuple[bytes | None, bytes | None]

SPECS = (REQUESTS, PROFILES, EVERYTHING)
SCHEMA_ID = 9
COMPRESS = [
    bytes,
    cramjam.gzip.compress,
    cramjam.snappy.compress_raw,
    cramjam.lz4.compress,
    cramjam.zstd.compress,
]


class Fuzzer:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.seen: Counter[str] = Counter()
        self.schemas = {spec.name: _schema(spec) for spec in SPECS}
        self.avro = {
            spec.name: AvroPrograms(spec, {SCHEMA_ID: self.schemas[spec.name]}.get)
            for spec in SPECS
        }

    def step(self) -> None:
        """Make one chunk and compare; raises ``Difference``."""
        spec = self.rng.choice(SPECS)
        chunk = b"".join(self._batch(spec) for _ in range(self.rng.randint(1, 3)))
        if self.rng.random() < 0.2:
            chunk = mutate(self.rng, chunk)
        try:
            self.compare(spec, chunk)
        except Exception as error:
            raise Difference(f"{spec.name} {chunk.hex()}: {error!r}") from error

    def compare(self, spec: RecordSpec, chunk: bytes) -> None:
        try:
            framed = frame(chunk, 3, check_crc=False)
        except (CorruptBatch, LegacyFormat) as error:
            self.seen[type(error).__name__] += 1
            return
        partitions = self.rng.choice([0, 0, 0, 3])
        rows = reference.frame(chunk, 3)
        assert rows_of(framed) == rows, "framing"
        decoded = decode(
            framed, spec, partition=1, partitions=partitions, avro=self.avro[spec.name]
        )
        schemas = {SCHEMA_ID: self.schemas[spec.name]}
        for i, row in enumerate(rows):
            if isinstance(row, Lost):
                expected = Result(reasons.MALFORMED)
            else:
                expected = decode_record(
                    row.key, row.value, spec, partition=1, partitions=partitions, schemas=schemas
                )
            assert result_of(framed, decoded, i, spec) == expected, f"record {i}"
            self.seen[reasons.NAMES[expected.status]] += 1

    def _batch(self, spec: RecordSpec) -> bytes:
        records = [self._record(spec) for _ in range(self.rng.randint(1, 5))]
        payload = reference.body(records)
        if self.rng.random() < 0.2:
            payload = mutate(self.rng, payload)
        codec = self.rng.randrange(5)
        packed = bytes(COMPRESS[codec](payload))
        if self.rng.random() < 0.1:
            packed = mutate(self.rng, packed)
        batch = build(
            records,
            base_offset=self.rng.randrange(6),
            attributes=codec | self.rng.choice([0, 0, 8, 16]),
            payload=packed,
        )
        if self.rng.random() < 0.1:
            at = self.rng.randrange(21, HEADER.size)
            batch = batch[:at] + self.rng.randbytes(1) + batch[at + 1 :]
        return with_checksum(batch)

    def _record(self, spec: RecordSpec) -> Record:
        key, value = self._json(spec) if self.rng.random() < 0.6 else self._avro(spec)
        if self.rng.random() < 0.6:
            value = mutate(self.rng, value)
        if self.rng.random() < 0.05:
            key = mutate(self.rng, key)
        return key, None if self.rng.random() < 0.02 else value

    def _json(self, spec: RecordSpec) -> tuple[bytes, bytes]:
        values = {field.name: self._value(field) for field in spec.fields}
        if self.rng.random() < 0.2:
            odd = [None, True, [1], {"a": {}}, "x", 1.5, 1e300, -1]
            values[self.rng.choice(spec.fields).name] = self.rng.choice(odd)
        if self.rng.random() < 0.2:
            values["unknown"] = {"a": [1.5, None, {"b": [True, "x\n"]}], "": -1e-7}
        key = str(values[spec.key]).encode() if spec.key else b""
        option = self.rng.choice([0, orjson.OPT_INDENT_2, orjson.OPT_SORT_KEYS])
        return key, orjson.dumps(values, option=option)

    def _value(self, field: Field) -> Any:
        rng = self.rng
        if field.nullable and rng.random() < 0.3:
            return None
        if field.kind == Kind.INT:
            high = 2**50 if field.maximum is None else min(int(field.maximum), 2**50)
            return rng.randint(int(field.minimum or 0), high)
        if field.kind == Kind.FLOAT:
            return rng.choice([rng.random(), round(rng.random(), 3), 0, 1])
        if field.kind == Kind.ENUM:
            return rng.choice(field.symbols)
        if field.kind == Kind.HEX16:
            return f"{rng.getrandbits(64):016x}"
        if field.kind == Kind.COUNTRY:
            return rng.choice(["DE", "US", "BR"])
        text = rng.choice(["k", "text", "é€😀", 'q"\\\n', "a-longer-id-of-a-kind"])
        return text[: field.max_chars]

    def _avro(self, spec: RecordSpec) -> tuple[bytes, bytes]:
        schema = self.schemas[spec.name]
        named: dict[str, Any] = {}
        parsed = fastavro.parse_schema(schema, named_schemas=named)
        body = BodyMaker(self.rng, named, spec).body(parsed)
        schema_id = SCHEMA_ID if self.rng.random() < 0.98 else 10
        value = struct.pack(">bI", 0, schema_id) + body
        result = decode_record(b"", value, spec, schemas={SCHEMA_ID: schema})
        key = b"k"
        if result.status == reasons.KEY_MISMATCH:
            key = str(Reader(schema, body).record()[spec.key or ""][1]).encode()
        return key, value


def _schema(spec: RecordSpec) -> dict[str, Any]:
    """What a producer of these records would register, with a field of its own in between."""
    fields: list[dict[str, Any]] = [{"name": f.name, "type": f.avro_type} for f in spec.fields]
    inner = {"type": "record", "name": "In", "fields": [{"name": "n", "type": ["null", "In"]}]}
    own = {"type": "array", "items": ["null", "long", {"type": "map", "values": inner}]}
    fields.insert(3, {"name": "own", "type": own})
    return {"type": "record", "name": spec.name.title(), "fields": fields}


def run(seed: int, *, seconds: float = math.inf, inputs: float = math.inf) -> Counter[str]:
    """Fuzz for so long, or until so many records have been compared, whichever is first; returns
    how often each reason was seen. Raises ``Difference``."""
    fuzzer = Fuzzer(seed)
    go_on(fuzzer.step, fuzzer.seen.total, seconds=seconds, inputs=inputs)
    return fuzzer.seen


if __name__ == "__main__":
    sys.exit(command(__doc__, run))
