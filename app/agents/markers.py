"""How far the partitions of the other table have come, as their markers say."""

from typing import Any


class Markers:
    """The newest sighting period that each of ``partitions`` partitions has completed.

    Markers may come twice and in any order: the newest holds.
    """

    def __init__(self, partitions: int) -> None:
        self._newest = [-1] * partitions

    def note(self, partition: int, epoch: int) -> None:
        """Partition number ``partition`` has completed every period up to ``epoch``.

        Raises ValueError for a partition that there is not.
        """
        if not 0 <= partition < len(self._newest):
            raise ValueError(f"there is no partition {partition}")
        self._newest[partition] = max(self._newest[partition], epoch)

    @property
    def complete(self) -> int:
        """The newest period that all have completed; -1: none."""
        return min(self._newest)

    @property
    def newest(self) -> int:
        """The newest period that any has completed; -1: none."""
        return max(self._newest)

    def save(self) -> list[int]:
        """What ``restore`` takes, ready for JSON."""
        return list(self._newest)

    def restore(self, saved: Any) -> None:
        """Go on from what ``save`` returned. Raises ValueError for anything else."""
        if (
            not isinstance(saved, list)
            or len(saved) != len(self._newest)
            or not all(type(epoch) is int and epoch >= -1 for epoch in saved)
        ):
            raise ValueError("the markers make no sense")
        self._newest = saved
