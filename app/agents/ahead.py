"""Requests read ahead: from bytes to columns in a thread, while the chunk before them is folded.

Reading is half of what a request costs and depends on nothing but the bytes, so that it may be done
early and beside the event loop: its kernels hold no interpreter lock. What was read is used where
the partition is exactly where the chunk begins, and is thrown away otherwise.
"""

import time
from typing import NamedTuple

from app.events.specs import REQUESTS
from app.kernels.avro_decode_program import AvroPrograms
from app.kernels.batches import Framed, frame
from app.kernels.decode import Decoded, decode


class Ahead(NamedTuple):
    """The requests of a run from ``first_offset`` on, checked and decoded; it took ``seconds``."""

    first_offset: int
    framed: Framed
    decoded: Decoded
    seconds: float


def read_requests(
    data: bytes, first_offset: int, *, partition: int, partitions: int, avro: AvroPrograms
) -> Ahead:
    """Read the record batches in ``data``; safe in any thread.

    Raises what ``frame`` and ``decode`` raise.
    """
    started = time.perf_counter()
    framed = frame(data, first_offset, check_crc=True)
    decoded = decode(framed, REQUESTS, partition=partition, partitions=partitions, avro=avro)
    return Ahead(first_offset, framed, decoded, time.perf_counter() - started)
