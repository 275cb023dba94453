"""Verdicts held back until all of a sighting period have come: what keeps a replay in step.

Links close a period each at its own time, and their verdicts come in whatever order. A worker in
lockstep takes none of them before the markers of all partitions of links have come; its requests
wait for the same. So what an account is told, and between which of its requests, follows from what
was recorded, and not from how fast anything ran.
"""

from app.agents.table_partition import GapInInput, Run, TablePartition
from app.kernels.batches import Framed, frame


class Lockstep:
    """The verdicts held back in one partition, as they came.

    ``settled`` is the newest period whose verdicts have been applied. What is held lies behind the
    input's position, so after a restart it is read again.
    """

    def __init__(self, settled: int) -> None:
        self.settled = settled
        self.held: list[Framed] = []
        self._next_offset = 0

    def framed(self, partition: TablePartition, run: Run) -> Framed:
        """The records of ``run`` that are not held yet. Raises ``GapInInput``."""
        if not self.held:
            return partition.framed(run)
        if run.first_offset > self._next_offset:
            raise GapInInput(
                f"{run.topic}[{partition.place.number}]: got offsets from {run.first_offset} on,"
                f" but has only come to {self._next_offset}"
            )
        return frame(run.data, self._next_offset, check_crc=True)

    def hold(self, framed: Framed, next_offset: int) -> None:
        """Hold records that ``next_offset`` follows."""
        if len(framed.frames):
            self.held.append(framed)
        self._next_offset = next_offset

    def settle(self, epoch: int) -> None:
        """What was held has been applied: the verdicts of every period up to ``epoch``."""
        self.held = []
        self.settled = epoch
