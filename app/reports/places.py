"""Where a record stands that a figure rests on, and which part of a source was read for one."""

from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """``where`` is ``topic:partition`` or a file, ``number`` the offset or the line (from 1)."""

    where: str
    number: int

    def __str__(self) -> str:
        return f"{self.where}:{self.number}"


@dataclass(frozen=True, slots=True)
class Extent:
    """Records that a figure was counted from: those of one partition or file."""

    where: str
    first: int
    last: int
    records: int

    def __str__(self) -> str:
        return f"{self.where}:{self.first}-{self.last} ({self.records:,})"


def extents(places: list[Place]) -> list[Extent]:
    """What ``places`` reach over, partition by partition."""
    numbers: dict[str, list[int]] = {}
    for place in places:
        numbers.setdefault(place.where, []).append(place.number)
    return [Extent(w, min(n), max(n), len(n)) for w, n in sorted(numbers.items())]
