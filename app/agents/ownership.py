"""Which partitions this worker owns, from the fence to the last checkpoint.

The order is what makes state exactly-once. Before a partition's changelog is read, its writer is
opened, which fences the former owner and closes its last transaction. After recovery the header
says where every input resumes. Before the partition is given up, one last checkpoint is written;
if there is no time for it, memory is dropped, and the next owner starts from the changelog.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from app import metrics
from app.agents.breaker import Breaker
from app.agents.checkpointer import Checkpointer, Source
from app.agents.turns import Turns
from app.state.checkpoint import CheckpointWriter


class Owned(Source, Protocol):
    """A partition's state while it is owned."""

    durable: dict[str, int]
    """Next offset of each input, as of the last durable header."""


P = TypeVar("P", bound=Owned)


@dataclass(slots=True)
class Tenure(Generic[P]):
    """One partition of a table, owned."""

    partition: P
    checkpointer: Checkpointer
    arrivals: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever a run of any input has been taken in, and for good when the tenure ends."""

    def arrived(self) -> None:
        """A run has been taken in."""
        self.arrivals.set()
        self.arrivals.clear()


class Ownership(Generic[P]):
    """The partitions of one table that this worker owns.

    ``open_writer`` makes and opens a writer (blocking, called in a thread); ``begin`` makes a
    partition's state from its recovered table. Their folds and checkpoints share ``turns``.
    """

    def __init__(
        self,
        table: str,
        *,
        open_writer: Callable[[int], CheckpointWriter],
        begin: Callable[[int], P],
        executor: ThreadPoolExecutor,
        interval: float,
        slice_rows: int,
        breaker: Breaker,
        turns: Turns,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.table = table
        self.tenures: dict[int, Tenure[P]] = {}
        self._open_writer = open_writer
        self._begin = begin
        self._executor = executor
        self._interval = interval
        self._slice_rows = slice_rows
        self._breaker = breaker
        self.turns = turns
        self.failed = failed
        self._writers: dict[int, CheckpointWriter] = {}

    async def fence(self, partitions: Iterable[int]) -> None:
        """Open the writers of ``partitions``: no former owner can write from now on.

        If one cannot be opened, the others that were opened here are closed again.

        Raises:
            CheckpointFailed: the brokers did not answer in time.
        """
        loop = asyncio.get_running_loop()
        missing = [number for number in sorted(partitions) if number not in self._writers]
        answers = await asyncio.gather(
            *(loop.run_in_executor(self._executor, self._open_writer, n) for n in missing),
            return_exceptions=True,
        )
        opened: dict[int, CheckpointWriter] = {}
        refusals: list[BaseException] = []
        for number, answer in zip(missing, answers, strict=True):
            if isinstance(answer, BaseException):
                refusals.append(answer)
            else:
                opened[number] = answer
        if refusals:
            await self._close(opened.values())
            raise refusals[0]
        self._writers.update(opened)

    def start(self, partitions: Iterable[int]) -> None:
        """Begin the tenures of recovered ``partitions``, which are fenced."""
        for number in sorted(partitions):
            partition = self._begin(number)
            checkpointer = Checkpointer(
                partition,
                self._writers[number],
                self._executor,
                table=self.table,
                partition=number,
                interval=self._interval,
                slice_rows=self._slice_rows,
                breaker=self._breaker,
                turns=self.turns,
                failed=self.failed,
            )
            checkpointer.start()
            self.tenures[number] = Tenure(partition, checkpointer)

    async def end(self, deadline: float) -> set[int]:
        """End every tenure with a last checkpoint, all under one ``deadline`` (monotonic, s).

        Returns the partitions whose memory is not durable and must be dropped.
        """
        tenures, self.tenures = self.tenures, {}
        for tenure in tenures.values():
            tenure.arrivals.set()
        writers, self._writers = self._writers, {}
        clean = await asyncio.gather(
            *(tenure.checkpointer.close(deadline) for tenure in tenures.values())
        )
        await self._close(writers[number] for number in writers.keys() - tenures.keys())
        for number in tenures:
            metrics.forget_partition(number)
        return {number for number, done in zip(tenures, clean, strict=True) if not done}

    async def _close(self, writers: Iterable[CheckpointWriter]) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._executor, w.close) for w in writers))

    def get(self, number: int) -> Tenure[P] | None:
        """The tenure of a partition, or None when it is not owned (any more, or yet)."""
        return self.tenures.get(number)
