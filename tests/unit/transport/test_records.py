"""Cutting a fetch response into chunks."""

import itertools
import random

import numpy as np
import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from app.kernels.batches import CorruptBatch, LegacyFormat, frame, scan_headers
from app.kernels.columns import FRAME_OFFSET
from app.transport.chunks import Chunk, UnreadableChunk
from app.transport.records import ChunkRecords
from tests.unit.transport.batches import batch, marker, with_attributes, with_last_delta


def chunks(data: bytes, fetch_offset: int = 0, **options: object) -> list[Chunk]:
    found = list(ChunkRecords(data, fetch_offset, **options))  # type: ignore[arg-type]
    assert all(isinstance(one, Chunk) for one in found), found
    return found  # type: ignore[return-value]


def offsets(found: list[Chunk]) -> list[int]:
    """Offsets of the records an agent would see."""
    return [
        int(row[FRAME_OFFSET])
        for one in found
        for row in frame(one.data, one.first_offset, check_crc=True).frames
    ]


def test_a_response_is_one_chunk_without_a_copy() -> None:
    data = batch(10, [b"a", b"b"]) + batch(12, [b"c"])
    [chunk] = chunks(data, 10)
    assert chunk == Chunk(10, 13, data, batches=2, records=3, timestamp_ms=1001)
    assert chunk.data is data


def test_a_fetch_from_the_middle_of_a_batch_starts_there() -> None:
    [chunk] = chunks(batch(0, [b"a", b"b", b"c"]), 2)
    assert (chunk.first_offset, chunk.next_offset) == (2, 3)
    assert offsets([chunk]) == [2]


def test_a_partial_batch_at_the_end_is_left_for_the_next_fetch() -> None:
    whole = batch(0, [b"a"])
    [chunk] = chunks(whole + batch(1, [b"b"])[:-1])
    assert chunk.data == whole
    assert chunk.next_offset == 1


def test_nothing_complete_is_no_chunk() -> None:
    records = ChunkRecords(batch(0, [b"a"])[:-1], 0)
    assert list(records) == []
    assert records.next_fetch_offset == 0


def test_compaction_moves_the_position_over_the_hole() -> None:
    [chunk] = chunks(with_last_delta(batch(5, [b"a", b"b"]), 9), 5)
    assert chunk.next_offset == 15
    assert offsets([chunk]) == [5, 6]


def test_long_responses_are_cut_between_batches() -> None:
    parts = [batch(10 * n, [b"x" * 100] * 10) for n in range(20)]
    found = chunks(b"".join(parts), chunk_bytes=3 * len(parts[0]))
    assert [one.batches for one in found] == [3, 3, 3, 3, 3, 3, 2]
    assert [(one.first_offset, one.next_offset) for one in found][:2] == [(0, 30), (30, 60)]
    assert b"".join(one.data for one in found) == b"".join(parts)


def test_a_batch_larger_than_a_chunk_is_a_chunk() -> None:
    found = chunks(batch(0, [b"x" * 5000]) + batch(1, [b"y" * 5000]), chunk_bytes=100)
    assert [one.batches for one in found] == [1, 1]


def test_control_batches_are_removed_and_passed_over() -> None:
    first, second = batch(0, [b"a"], producer=7, transactional=True), batch(2, [b"b"])
    data = first + marker(1, 7, commit=True) + second + marker(3, 7, commit=True)
    [chunk] = chunks(data)
    assert chunk.data == first + second
    assert (chunk.first_offset, chunk.next_offset) == (0, 4)
    assert (chunk.batches, chunk.records) == (2, 2)


def test_nothing_but_a_marker_still_moves_the_position() -> None:
    [chunk] = chunks(marker(41, 7, commit=True), 41)
    assert chunk == Chunk(41, 42, b"", batches=0, records=0, timestamp_ms=-1)
    assert len(frame(chunk.data, chunk.first_offset, check_crc=True).frames) == 0


def test_aborted_records_are_removed() -> None:
    data = b"".join(
        [
            batch(0, [b"aborted"], producer=1, transactional=True),
            batch(1, [b"committed"], producer=2, transactional=True),
            batch(2, [b"plain"]),
            marker(3, 1, commit=False),
            batch(4, [b"committed later"], producer=1, transactional=True),
            marker(5, 1, commit=True),
            marker(6, 2, commit=True),
        ]
    )
    found = chunks(data, aborted=[(1, 0)])
    assert offsets(found) == [1, 2, 4]
    assert found[-1].next_offset == 7
    assert offsets(chunks(data, aborted=[(1, 0)], read_committed=False)) == [0, 1, 2, 4]


def test_a_transaction_that_began_before_the_response() -> None:
    data = batch(50, [b"aborted"], producer=1, transactional=True) + marker(51, 1, commit=False)
    assert offsets(chunks(data, 50, aborted=[(1, 20)])) == []


@pytest.mark.parametrize("seed", range(20))
def test_the_same_records_as_the_client_would_deliver(seed: int) -> None:
    """Random logs of interleaved transactions, against aiokafka's own reading of them."""
    rng = random.Random(seed)
    log, aborted = [], []
    opened: dict[int, int] = {}
    offset = 0
    for _ in range(60):
        producer = rng.choice([1, 2, 3])
        if producer in opened and rng.random() < 0.3:
            commit = rng.random() < 0.5
            if not commit:
                aborted.append((producer, opened[producer]))
            del opened[producer]
            log.append(marker(offset, producer, commit=commit))
            offset += 1
            continue
        size = rng.randint(1, 4)
        transactional = rng.random() < 0.8
        part = batch(
            offset,
            [b"v"] * size,
            codec=rng.choice([0, 1, 3]),
            producer=producer if transactional else -1,
            transactional=transactional,
        )
        if transactional:
            opened.setdefault(producer, offset)
        log.append(part)
        offset += size
    data = b"".join(log)
    # A broker's answer begins with the batch that holds the offset asked for.
    size = int(scan_headers(np.frombuffer(log[0], np.uint8))["last_offset_delta"][0]) + 1
    start = rng.randint(0, size - 1)
    rng.shuffle(aborted)
    theirs = PartitionRecords(
        TopicPartition("t", 0),
        MemoryRecords(data),
        list(aborted),
        start,
        None,
        None,
        True,
        READ_COMMITTED,
    )
    found = chunks(data, start, aborted=list(aborted), chunk_bytes=rng.choice([200, 1000, 1 << 20]))
    assert offsets(found) == [record.offset for record in theirs]
    assert found[-1].next_offset == theirs.next_fetch_offset
    assert found[0].first_offset == start
    for before, after in itertools.pairwise(found):
        assert before.next_offset == after.first_offset


def damaged(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (damaged(batch(0, [b"a"]), 16, b"\x01"), LegacyFormat),
        (damaged(batch(0, [b"a"]), 16, b"\x00"), LegacyFormat),
        (damaged(batch(0, [b"a"]), 16, b"\x03"), CorruptBatch),
        (damaged(batch(0, [b"a"]), 0, b"\xff"), CorruptBatch),
        (batch(5, [b"a"]) + batch(5, [b"b"]), CorruptBatch),
        (batch(5, [b"a", b"b"]) + batch(6, [b"c"]), CorruptBatch),
        (with_last_delta(batch(0, [b"a"]), -1), CorruptBatch),
        # A flipped bit must not pass off records as a control batch that nobody looks at.
        (damaged(batch(0, [b"a"]), 22, b"\x20"), CorruptBatch),
        (with_attributes(batch(0, []), 0x30), CorruptBatch),
    ],
    ids=["v1", "v0", "v3", "negative", "repeated", "overlapping", "delta", "flip", "no-marker"],
)
def test_what_makes_no_sense_is_reported_and_asked_for_again(
    data: bytes, kind: type[Exception]
) -> None:
    records = ChunkRecords(data, 0, aborted=[(-1, 0)])
    found = list(records)
    assert isinstance(found[-1], UnreadableChunk)
    assert isinstance(found[-1].error, kind)
    assert len(found) == 1
    assert records.next_fetch_offset == found[-1].offset == 0
