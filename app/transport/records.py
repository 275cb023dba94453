"""The bytes of a fetch response into chunks, without an object for each record.

aiokafka's fetcher keeps positions, retries and read-committed bookkeeping; only what it makes of a
partition's bytes is replaced here, and only for topics that are read in chunks.
"""

from collections.abc import Callable, Iterator
from types import FunctionType, MethodType
from typing import Any

import google_crc32c
import numpy as np
import numpy.typing as npt
from aiokafka.consumer.fetcher import READ_COMMITTED, Fetcher, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.memory_records import MemoryRecords

from app.kernels.batches import (
    CONTROL,
    CRC_START,
    TRANSACTIONAL,
    CorruptBatch,
    LegacyFormat,
    scan_headers,
)
from app.transport.chunks import Chunk, UnreadableChunk

CHUNK_BYTES = 1 << 20
"""Most bytes in one chunk, unless a single batch is larger. Some 1,700 requests: long enough that
what Faust does for each message is nothing beside it, short enough that a worker's event loop never
waits long."""

CONTROL_KEY_BYTES = 4  # version and type, 16 bits each

Aborted = list[tuple[int, int]]
"""(producer id, first offset) of the aborted transactions that a response overlaps."""


class FetchedBytes:
    """aiokafka's ``MemoryRecords`` for a response whose topic is not known yet."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.memory = MemoryRecords(data)
        self.has_next = self.memory.has_next
        self.size_in_bytes = self.memory.size_in_bytes


class ChunkRecords:
    """The chunks of one partition's fetch response, in aiokafka's ``PartitionRecords`` protocol.

    Iterating yields :class:`Chunk` and moves ``next_fetch_offset``; where the bytes make no sense
    it yields one :class:`UnreadableChunk`, leaves ``next_fetch_offset`` there and ends, so that the
    fetcher asks for the same place again. It does not raise: what other partitions had in the same
    response would be lost.
    """

    def __init__(
        self,
        data: bytes,
        fetch_offset: int,
        *,
        aborted: Aborted | None = None,
        read_committed: bool = True,
        chunk_bytes: int = CHUNK_BYTES,
    ) -> None:
        self.next_fetch_offset = fetch_offset
        self._data = data
        self._aborted = sorted(aborted or [], key=lambda one: one[1]) if read_committed else []
        self._chunk_bytes = chunk_bytes
        self._chunks = self._cut()

    def __iter__(self) -> "ChunkRecords":
        return self

    def __next__(self) -> Chunk | UnreadableChunk:
        return next(self._chunks)

    def _cut(self) -> Iterator[Chunk | UnreadableChunk]:
        try:
            headers = scan_headers(np.frombuffer(self._data, np.uint8))
            _check_order(headers)
            keep = self._wanted(headers)
        except (CorruptBatch, LegacyFormat, CorruptRecordException) as error:
            yield UnreadableChunk(self.next_fetch_offset, error)
            return
        ends = headers["base_offset"] + headers["last_offset_delta"] + 1
        # Bytes kept up to and including each batch: the place to cut is found by search.
        kept = np.cumsum(np.where(keep, headers["length"], 0))
        start = 0
        while start < len(headers):
            before = int(kept[start - 1]) if start else 0
            stop = int(np.searchsorted(kept, before + self._chunk_bytes, side="right"))
            stop = max(stop, start + 1)
            first, self.next_fetch_offset = (
                self.next_fetch_offset,
                max(self.next_fetch_offset, int(ends[stop - 1])),
            )
            yield self._chunk(headers[start:stop], keep[start:stop], first)
            start = stop

    def _chunk(
        self, headers: npt.NDArray[Any], keep: npt.NDArray[np.bool_], first_offset: int
    ) -> Chunk:
        wanted = headers[keep]
        return Chunk(
            first_offset=first_offset,
            next_offset=self.next_fetch_offset,
            data=_join(self._data, headers, keep),
            batches=len(wanted),
            records=int(wanted["count"].sum()),
            timestamp_ms=int(wanted["max_timestamp"].max()) if len(wanted) else -1,
        )

    def _wanted(self, headers: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which batches hold records to deliver: bool[batches]."""
        control: npt.NDArray[np.bool_] = (headers["attributes"] & CONTROL) != 0
        keep: npt.NDArray[np.bool_] = ~control
        _check_left_out(self._data, headers[control])
        if not self._aborted:
            return keep
        # A producer's batches are dropped from the first offset of its aborted transaction up to
        # its abort marker (Kafka protocol guide, fetch response, aborted_transactions).
        transactional = (headers["attributes"] & TRANSACTIONAL) != 0
        upcoming = list(reversed(self._aborted))
        aborting: set[int] = set()
        for i in np.flatnonzero(transactional | control):
            batch = headers[i]
            producer = int(batch["producer_id"])
            while upcoming and upcoming[-1][1] <= batch["base_offset"]:
                aborting.add(upcoming.pop()[0])
            if control[i]:
                if producer in aborting and _is_abort(self._data, batch):
                    aborting.discard(producer)
            elif producer in aborting:
                keep[i] = False
        _check_left_out(self._data, headers[~keep & ~control])
        return keep


def _check_order(headers: npt.NDArray[Any]) -> None:
    """Offsets must go up: they stand outside the batch checksum, and everything rests on them."""
    ends = headers["base_offset"] + headers["last_offset_delta"] + 1
    wrong = (headers["base_offset"] < 0) | (headers["last_offset_delta"] < 0)
    wrong[1:] |= headers["base_offset"][1:] < ends[:-1]
    if wrong.any():
        offset = int(headers["base_offset"][int(np.argmax(wrong))])
        raise CorruptBatch(f"record batch at offset {offset} does not follow the one before it")


def _check_left_out(data: bytes, headers: npt.NDArray[Any]) -> None:
    """Checksums of the batches that nobody after us sees: a flipped bit must not hide records."""
    for batch in headers:
        start, end = int(batch["position"]), int(batch["position"] + batch["length"])
        if google_crc32c.value(data[start + CRC_START : end]) != batch["crc"]:
            raise CorruptBatch(f"offset {batch['base_offset']}: record batch checksum mismatch")


def _join(data: bytes, headers: npt.NDArray[Any], keep: npt.NDArray[np.bool_]) -> bytes:
    """The bytes of the batches to keep, neighbours copied together."""
    if not keep.any():
        return b""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], keep, [False]))))
    starts = headers["position"][edges[0::2]]
    last = headers[edges[1::2] - 1]
    stops = last["position"] + last["length"]
    runs = [data[begin:end] for begin, end in zip(starts.tolist(), stops.tolist(), strict=True)]
    return runs[0] if len(runs) == 1 else b"".join(runs)


def _is_abort(data: bytes, batch: np.void) -> bool:
    position = int(batch["position"])
    marker = MemoryRecords(data[position : position + int(batch["length"])]).next_batch()
    record = next(iter(marker), None)
    if record is None or record.key is None or len(record.key) < CONTROL_KEY_BYTES:
        raise CorruptBatch(f"control batch at offset {batch['base_offset']} says nothing")
    return bool(ControlRecord.parse(record.key) == ABORT_MARKER)


def deliver_chunks(
    fetcher: Fetcher, in_chunks: Callable[[str], bool], chunk_bytes: int = CHUNK_BYTES
) -> None:
    """Make ``fetcher`` yield chunks for the topics of which ``in_chunks`` is true.

    The method that handles a fetch response is bound again with two of its global names replaced,
    for this fetcher alone: other aiokafka consumers in the process are not touched.
    """

    def partition_records(
        tp: Any, records: FetchedBytes, aborted: Aborted | None, fetch_offset: int, *rest: Any
    ) -> Any:
        if not in_chunks(tp.topic):
            return PartitionRecords(tp, records.memory, aborted, fetch_offset, *rest)
        return ChunkRecords(
            records.data,
            fetch_offset,
            aborted=aborted,
            read_committed=fetcher._isolation_level == READ_COMMITTED,
            chunk_bytes=chunk_bytes,
        )

    stock = Fetcher._proc_fetch_request
    names = {"MemoryRecords": FetchedBytes, "PartitionRecords": partition_records}
    handler = FunctionType(stock.__code__, {**stock.__globals__, **names}, stock.__name__)
    fetcher._proc_fetch_request = MethodType(handler, fetcher)
