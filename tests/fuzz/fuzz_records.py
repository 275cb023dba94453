"""A fuzzer for all that is decoded elsewhere than on the way from record batches to columns.

    python -m tests.fuzz.fuzz_records --seconds 60

Records of every topic, changelog rows of accounts and links, headers of changelogs, sightings, and
lines of files are mutated. Each must be refused by the error that its decoder names, or read as
something that is written and read again as the same. Ends with exit code 1, and the input as
hexadecimal, at the first that is not.
"""

import math
import random
import sys
from collections import Counter
from collections.abc import Callable

import numpy as np

from app.events.record import BadRecord, Record
from app.events.specs import PROFILES, REQUESTS
from app.kernels import reasons
from app.replay.ndjson import decode_lines
from app.state.codec import ACCOUNT_CODEC, CorruptRow, RowCodec
from app.state.header import CorruptHeader, Header, InputPosition
from app.state.link_codec import LINK_CODEC
from tests.fuzz.fuzzing import Difference, command, go_on, mutate
from tests.property.test_sightings import REAL, check
from tests.reference import codec as reference
from tests.unit.events.samples import FULL, least, sample

KINDS: tuple[type[Record], ...] = tuple(FULL)
LINES = (REQUESTS, PROFILES)
MOST_LINES = 6
POOL, RENEWED = 200, 0.02
"""Rows that are mutated in turn, for the plain encoder is slow; how often there is a new one."""


class Fuzzer:
    """``seen`` counts what came of the inputs of each decoder, by ``decoder: outcome``."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.seen: Counter[str] = Counter()
        self.inputs: Counter[str] = Counter()
        self.decoders: dict[str, Callable[[], None]] = {
            "record": self._record,
            "account row": lambda: self._row(ACCOUNT_CODEC, "account row"),
            "link row": lambda: self._row(LINK_CODEC, "link row"),
            "header": self._header,
            "sighting": self._sighting,
            "line": self._lines,
        }
        self._input = b""
        self._rows: dict[str, list[bytes]] = {}
        self._whole = [(kind, made(kind).to_json()) for kind in KINDS for made in (sample, least)]

    def step(self) -> None:
        """One input for each decoder, or a few; raises ``Difference``."""
        for name, decode in self.decoders.items():
            try:
                decode()
            except Exception as error:
                raise Difference(f"{name}: {error!r}: {self._input.hex()}") from error

    def _told(self, decoder: str, outcome: str) -> None:
        self.inputs[decoder] += 1
        self.seen[f"{decoder}: {outcome}"] += 1

    def _mutated(self, value: bytes) -> bytes:
        self._input = mutate(self.rng, value) if self.rng.random() < 0.95 else value
        return self._input

    def _record(self) -> None:
        kind, whole = self.rng.choice(self._whole)
        value = self._mutated(whole)
        try:
            record = kind.from_json(value)
        except BadRecord as error:
            self._told("record", error.reason)
            return
        assert kind.from_json(record.to_json()) == record, kind.__name__
        self._told("record", "ok")

    def _row(self, codec: RowCodec, name: str) -> None:
        pool = self._rows.setdefault(name, [])
        if len(pool) < POOL or self.rng.random() < RENEWED:
            pool.append(reference.encode(self._any_row(codec), codec.version))
        del pool[:-POOL]
        value = self._mutated(self.rng.choice(pool))
        try:
            row = codec.decode(value)
        except CorruptRow:
            self._told(name, "corrupt")
            return
        written = reference.encode(row, codec.version)
        assert reference.encode(codec.decode(written), codec.version) == written
        self._told(name, "ok")

    def _any_row(self, codec: RowCodec) -> np.void:
        """A row whose words are any bits, most of them zero."""
        words = codec.row_dtype.itemsize // 8
        filled = np.frombuffer(self.rng.randbytes(8 * words), np.uint64).copy()
        keep = np.frombuffer(self.rng.randbytes(words), np.uint8) < self.rng.choice([4, 60, 250])
        filled[~keep] = 0
        row: np.void = filled.view(codec.row_dtype)[0]
        return row

    def _header(self) -> None:
        rng = self.rng
        position = InputPosition(topic_id="a", partition=3, next_offset=rng.randrange(2**40))
        header = Header(
            12,
            inputs={"reflux.requests.v1": position},
            counters={"in": rng.randrange(2**30)},
            guards=[rng.randrange(2**40) for _ in range(9)],
            watermark=rng.choice([None, rng.randrange(2**42)]),
            epoch=rng.choice([None, rng.randrange(2**20)]),
            more={"reported": rng.randrange(10)},
        )
        value = self._mutated(header.encode())
        try:
            read = Header.decode(value)
        except CorruptHeader:
            self._told("header", "corrupt")
            return
        assert Header.decode(read.encode()) == read
        self._told("header", "ok")

    def _sighting(self) -> None:
        value = self._mutated(self.rng.choice(REAL))
        for outcome in check([value]):
            self._told("sighting", outcome)

    def _lines(self) -> None:
        """Read together as they are read one by one, and each line once."""
        spec, kind = self.rng.choice(list(zip(LINES, KINDS[:2], strict=True)))
        whole = [sample(kind).to_json() for _ in range(self.rng.randint(1, MOST_LINES))]
        value = self._mutated(b"\n".join(whole) + self.rng.choice([b"", b"\n"]))
        block = decode_lines(value, spec)
        lines = [line for line in value.split(b"\n") if line]
        alone = [decode_lines(line, spec) for line in lines]
        codes = [int(one.codes[0]) if len(one.bad) else reasons.OK for one in alone]
        assert block.codes.tolist() == [code for code in codes if code != reasons.OK]
        assert len(block.good.framed.frames) == codes.count(reasons.OK)
        for code in codes:
            self._told("line", reasons.NAMES[code])


def run(seed: int, *, seconds: float = math.inf, inputs: float = math.inf) -> Counter[str]:
    """Fuzz for so long, or until every decoder has had so many inputs, whichever is first; returns
    what came of them. Raises ``Difference``."""
    fuzzer = Fuzzer(seed)
    go_on(fuzzer.step, lambda: min(fuzzer.inputs.values()), seconds=seconds, inputs=inputs)
    return fuzzer.seen


if __name__ == "__main__":
    sys.exit(command(__doc__, run))
