"""All partitions of the links in a replay: sightings in, verdicts and campaigns out."""

from collections.abc import Sequence

import numpy as np

from app.agents.link_partition import LinkPartition
from app.agents.table_partition import Place
from app.events import topics as t
from app.kernels.sightings import Output as Sightings
from app.replay.batches import framed_pairs, split_framed
from app.replay.memory import PREFIX, InMemory, OnDead
from app.state.checkpoint import Output
from app.state.link_codec import LINK_CODEC
from app.state.link_layout import LINK
from app.state.store import ColumnStore

SIGHTINGS_TOPIC = t.SIGHTINGS.full_name(PREFIX)


class _Partition(InMemory, LinkPartition):
    """Links of one partition."""


class ReplayedLinks:
    """``partitions`` of links, at most ``limit`` links in each."""

    def __init__(self, partitions: int, *, limit: int, on_dead: OnDead) -> None:
        self.partitions = [
            _Partition(
                Place(number, partitions, {}, t.DEAD_LETTERS.full_name(PREFIX)),
                ColumnStore(LINK, limit=limit),
                LINK_CODEC,
                None,
                on_dead=on_dead,
            )
            for number in range(partitions)
        ]
        self._offsets = np.zeros(partitions, np.int64)

    def fold(self, sightings: Sightings) -> None:
        """Fold what a partition of accounts has reported."""
        if not sightings.key_ends.size:
            return
        framed = framed_pairs(
            sightings.keys, sightings.key_ends, sightings.values, sightings.value_ends
        )
        parts = split_framed(framed, self._offsets)
        for partition, part in zip(self.partitions, parts, strict=True):
            if len(part.frames):
                for _ in partition.sightings(partition.hand_over(SIGHTINGS_TOPIC, part)):
                    raise AssertionError("sightings wait for nothing")
                partition.forget_changes()

    def close(self, _period: int) -> Sequence[Output]:
        """Close a sighting period: verdicts and campaign records."""
        return ()
