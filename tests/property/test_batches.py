"""Record batches of any content, whole and mutated: rows are those of the reference."""

from functools import partial

import cramjam
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernels.batches import frame
from app.kernels.batches_codecs import CODEC_LZ4 as LZ4
from app.kernels.batches_codecs import Unpacked
from tests.reference import batches as reference
from tests.reference.batches import HEADER, body, build, plain_lz4, rows_of, with_checksum

PARTS = st.one_of(st.none(), st.binary(max_size=200))
RECORDS = st.lists(st.tuples(PARTS, PARTS), max_size=6)
COMPRESS = [
    bytes,
    cramjam.gzip.compress,
    cramjam.snappy.compress_raw,
    cramjam.lz4.compress,
    cramjam.zstd.compress,
]


@st.composite
def whole_batches(draw: st.DrawFn) -> bytes:
    records = draw(RECORDS)
    codec = draw(st.integers(0, 4))
    time_type = draw(st.sampled_from([0, 8]))
    compress = COMPRESS[codec]
    if codec == LZ4 and draw(st.booleans()):
        compress = partial(
            plain_lz4, block_bytes=draw(st.integers(1, 500)), stored=draw(st.booleans())
        )
    return build(
        records,
        base_offset=draw(st.integers(0, 2**40)),
        attributes=codec | time_type,
        payload=bytes(compress(body(records))),
    )


@given(st.lists(whole_batches(), max_size=4), st.integers(0, 10), st.integers(0, 100))
@settings(max_examples=150, deadline=None)
def test_whole_batches(batches: list[bytes], skip: int, cut: int) -> None:
    chunk = b"".join(batches)
    chunk = chunk[: len(chunk) - cut] if cut else chunk
    first = int.from_bytes(chunk[:8], "big") + skip
    assert rows_of(frame(chunk, first, check_crc=True)) == reference.frame(chunk, first)


@given(RECORDS, st.data())
@settings(max_examples=300, deadline=None)
def test_mutated_payloads_and_headers(
    records: list[tuple[bytes | None, bytes | None]], data: st.DataObject
) -> None:
    payload = bytearray(body(records))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(payload)))
        size = data.draw(st.integers(0, 3))
        payload[at : at + size] = data.draw(st.binary(max_size=3))
    codec = data.draw(st.integers(0, 4))
    batch = bytearray(
        build(
            records,
            base_offset=data.draw(st.integers(0, 2**40)),
            attributes=codec,
            payload=bytes(COMPRESS[codec](bytes(payload))),
        )
    )
    if data.draw(st.booleans()):
        # attributes and all that follows them, but not what a broker itself writes
        at = data.draw(st.integers(21, len(batch) - 1))
        batch[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
    chunk = with_checksum(bytes(batch)) + build([(b"k", b"after")], base_offset=2**41)
    assert len(chunk) > HEADER.size
    first = data.draw(st.sampled_from([0, 5, 2**40]))
    assert rows_of(frame(chunk, first, check_crc=True)) == reference.frame(chunk, first)


RUNS = st.lists(st.tuples(st.binary(min_size=1, max_size=3), st.integers(1, 40)), max_size=8)
TAIL = np.random.default_rng(1).bytes(1 << 17)


@given(st.sampled_from(range(1, 5)), RUNS, st.integers(1, 1 << 16))
@settings(max_examples=300, deadline=None)
def test_large_payloads_of_blocks_that_begin_with_runs(
    codec: int, runs: list[tuple[bytes, int]], block: int
) -> None:
    """What a block begins with is never taken for something else, however much room there is."""
    head = b"".join(part * times for part, times in runs)
    data = head + TAIL[:block] + head + TAIL
    compress = [*COMPRESS[:LZ4], partial(plain_lz4, block_bytes=len(head) + block), COMPRESS[4]]
    payload = memoryview(bytes(compress[codec](data)))
    unpacked = Unpacked(0)
    unpacked.decompress(codec, payload, len(data))
    assert unpacked.data().tobytes() == data
