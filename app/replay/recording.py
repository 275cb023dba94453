"""A recording: all the files of a backtest as one stream, and what in them is no record."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import reasons
from app.replay.batches import Batch, IntArray
from app.replay.files import PRO_RECORDED_AT, READ_BYTES, read_profiles, read_requests
from app.replay.merge import merge
from app.replay.ndjson import Block

FILE_SHIFT = 40
"""An origin holds the number of the file above, and that of the line or row below."""

BLOCKS_BYTES = 256 << 20
"""Held of all files together: each of very many is read in smaller pieces."""
LEAST_BYTES = 1 << 17


class Letter(NamedTuple):
    """A record that could not be folded; ``line`` is its line in the file, or its row, from 1."""

    file: str
    line: int
    reason: str
    field: str | None


class Recording:
    """Files of requests and of profiles, each kind in the order given.

    ``buried`` is called with each record that is none, and ``reasons`` counts them. Raises
    ``OSError`` for a file that cannot be read, and when it is read ``UnreadableFile``.
    """

    def __init__(
        self,
        requests: Sequence[Path],
        profiles: Sequence[Path] = (),
        *,
        buried: Callable[[Letter], None] | None = None,
        read_bytes: int = READ_BYTES,
    ) -> None:
        self._requests, self._profiles = list(requests), list(profiles)
        self._files = [*self._requests, *self._profiles]
        self._buried = buried
        self._block_bytes = max(
            min(read_bytes, BLOCKS_BYTES // max(len(self._files), 1)), min(read_bytes, LEAST_BYTES)
        )
        self.reasons: Counter[str] = Counter()
        self.unreadable_requests = 0
        """Lines or rows of the files of requests that are none."""
        self.total_bytes = sum(path.stat().st_size for path in self._requests)
        """Size of the files of requests."""
        self._read = [0] * len(self._files)

    def requests(self) -> Iterator[Batch]:
        """All requests, as ``merge`` orders them."""
        return merge([self._batches(i, path) for i, path in enumerate(self._requests)])

    def profiles(self) -> Iterator[tuple[Batch, IntArray]]:
        """All profiles, file by file, and from when each is known, ms; 0: from the start."""
        first = len(self._requests)
        for number, path in enumerate(self._profiles, first):
            for block in read_profiles(path, self._block_bytes):
                batch = self._sorted_out(number, block)
                yield batch, batch.decoded.values[:, PRO_RECORDED_AT]

    @property
    def read_bytes(self) -> int:
        """How much of ``total_bytes`` has been read."""
        return sum(self._read[: len(self._requests)])

    def bury(self, origins: IntArray, codes: npt.NDArray[np.int32]) -> None:
        """Count records that a replay could not fold."""
        for origin, code in zip(origins.tolist(), codes.tolist(), strict=True):
            self._letter(origin, code, None)

    def _batches(self, number: int, path: Path) -> Iterator[Batch]:
        for block in read_requests(path, self._block_bytes):
            yield self._sorted_out(number, block)

    def _sorted_out(self, number: int, block: Block) -> Batch:
        self._read[number] = block.position
        if number < len(self._requests):
            self.unreadable_requests += block.bad.size
        origins = self._origins(number, block.bad).tolist()
        for origin, code, field in zip(origins, block.codes.tolist(), block.fields, strict=True):
            self._letter(origin, code, field)
        return block.good._replace(origin=self._origins(number, block.good.origin))

    def _origins(self, number: int, lines: IntArray) -> IntArray:
        return lines + (number << FILE_SHIFT)

    def _letter(self, origin: int, code: int, field: str | None) -> None:
        reason = reasons.NAMES[code]
        self.reasons[reason] += 1
        if self._buried is not None:
            number, line = origin >> FILE_SHIFT, origin & (1 << FILE_SHIFT) - 1
            self._buried(Letter(str(self._files[number]), line, reason, field))
