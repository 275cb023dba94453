"""How far the partitions of the other table have come, as their markers say, and how many accounts
they have."""

from typing import Any, TypeGuard


class Markers:
    """The newest sighting period that each of ``partitions`` partitions has completed.

    Markers may come twice and in any order: the newest holds.
    """

    def __init__(self, partitions: int) -> None:
        self._newest = [-1] * partitions
        self._accounts = [0] * partitions

    def note(self, partition: int, epoch: int, accounts: int = 0) -> None:
        """Partition number ``partition`` has completed every period up to ``epoch``, by when it had
        ``accounts`` active ones.

        Raises ValueError for a partition that there is not.
        """
        if not 0 <= partition < len(self._newest):
            raise ValueError(f"there is no partition {partition}")
        if epoch >= self._newest[partition]:
            self._newest[partition] = epoch
            self._accounts[partition] = accounts

    @property
    def complete(self) -> int:
        """The newest period that all have completed; -1: none."""
        return min(self._newest)

    @property
    def newest(self) -> int:
        """The newest period that any has completed; -1: none."""
        return max(self._newest)

    @property
    def accounts(self) -> int:
        """Active accounts of all partitions, by the newest marker of each."""
        return sum(self._accounts)

    def save(self) -> dict[str, list[int]]:
        """What ``restore`` takes, ready for JSON."""
        return {"newest": list(self._newest), "accounts": list(self._accounts)}

    def restore(self, saved: Any) -> None:
        """Go on from what ``save`` returned. Raises ValueError for anything else."""
        if isinstance(saved, list):  # as earlier releases wrote them
            saved = {"newest": saved, "accounts": [0] * len(saved)}
        if not isinstance(saved, dict):
            raise ValueError("the markers make no sense")
        newest, accounts = saved.get("newest"), saved.get("accounts")
        if not self._numbers(newest, -1) or not self._numbers(accounts, 0):
            raise ValueError("the markers make no sense")
        self._newest, self._accounts = newest, accounts

    def _numbers(self, saved: Any, least: int) -> TypeGuard[list[int]]:
        return (
            isinstance(saved, list)
            and len(saved) == len(self._newest)
            and all(type(number) is int and number >= least for number in saved)
        )
