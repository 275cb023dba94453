"""Changelog records for tests, framed as a fetched chunk would be."""

from collections.abc import Iterable

import numpy as np

from app.kernels.batches import Framed
from app.kernels.columns import FRAME_WIDTH

Record = tuple[bytes | None, bytes | None]


def framed(records: Iterable[Record], first_offset: int = 0) -> Framed:
    """Records (key, value) at consecutive offsets."""
    data, rows = b"", []
    for number, (key, value) in enumerate(records):
        row = [first_offset + number, 0]
        for part in (key, value):
            row += [-1, 0] if part is None else [len(data), len(part)]
            data += part or b""
        rows.append(row)
    frames = np.array(rows, np.int64).reshape(-1, FRAME_WIDTH)
    return Framed(np.frombuffer(data, np.uint8), frames)
