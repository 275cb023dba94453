"""What partitions of accounts look out for: the newest lists of every partition of links."""

import numpy as np

from app.detection.group_evidence import GROUP_FAMILIES
from app.events.watches import KEPT, WatchedProgram, WatchList
from app.kernels.watches import NO_WATCHES, Watches, no_watches
from app.state.link_layout import NORMAL_SCORES


class WatchBook:
    """The lists that were heard of, ``KEPT`` of each partition.

    ``watches`` is replaced as a whole when a list comes.
    """

    def __init__(self) -> None:
        self.watches: Watches = NO_WATCHES
        self._lists: dict[int, list[WatchList]] = {}

    def add(self, heard: WatchList) -> None:
        """Take in a list; one of a period that was heard of replaces it.

        Raises ValueError for one whose programs are not described as this release describes them.
        """
        for program in heard.programs:
            sizes = len(program.profile), len(program.nats)
            if sizes != (len(NORMAL_SCORES), len(GROUP_FAMILIES)):
                raise ValueError("a watched program of another release")
            if max(*program.profile, *program.nats) > np.iinfo(np.uint8).max:
                raise ValueError("a watched program that no row can hold")
        others = [one for one in self._lists.get(heard.partition, []) if one.epoch != heard.epoch]
        ordered = sorted([*others, heard], key=lambda one: one.epoch)
        self._lists[heard.partition] = ordered[-KEPT:]
        self.watches = self._built()

    def reached(self, partitions: int) -> int:
        """The newest sighting period whose lists all ``partitions`` have told; -1: none."""
        return min(
            (self._lists[number][-1].epoch if number in self._lists else -1)
            for number in range(partitions)
        )

    @property
    def newest(self) -> int:
        """How many programs are watched by the newest list."""
        return int(self.watches.first[-1] - self.watches.first[-2])

    def _built(self) -> Watches:
        starts = sorted({one.starts for lists in self._lists.values() for one in lists})
        in_force = [self._at(start) for start in starts]
        programs = [
            # Of two campaigns that claim one program, which no partition says, the surer.
            sorted(
                (program for one in lists for program in one.programs),
                key=lambda program: (program.hash, -program.probability),
            )
            for lists in in_force
        ]
        watches = no_watches(1 + len(starts), sum(map(len, programs)))
        at = 0
        for w, (start, lists) in enumerate(zip(starts, in_force, strict=True), 1):
            newest = max(lists, key=lambda one: one.epoch)
            watches.starts[w], watches.epoch[w] = start, newest.epoch
            watches.log_odds[w], watches.share[w] = newest.membership_log_odds, newest.first_share
            watches.first[w] = at
            for program in programs[w - 1]:
                _write(watches, at, program)
                at += 1
        watches.first[-1] = at
        return watches

    def _at(self, start: int) -> list[WatchList]:
        """The lists in force at event time ``start``: of each partition its newest by then."""
        earlier = (
            [one for one in self._lists[number] if one.starts <= start]
            for number in sorted(self._lists)
        )
        return [lists[-1] for lists in earlier if lists]


def _write(watches: Watches, at: int, program: WatchedProgram) -> None:
    watches.program[at] = int(program.hash, 16)
    watches.campaign[at] = int(program.campaign_id, 16)
    watches.since[at] = program.since
    watches.probability[at] = program.probability
    watches.profile[at] = program.profile
    watches.nats[at] = program.nats
