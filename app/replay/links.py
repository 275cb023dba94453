"""All partitions of the links in a replay: sightings in, verdicts and campaigns out."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from app.agents.campaign_commands import CampaignCommands
from app.agents.judgement import Judgement
from app.agents.link_partition import LinkPartition, Outlets
from app.agents.table_partition import Place
from app.events import topics as t
from app.events.framing import Encoder
from app.kernels.batches import Framed
from app.kernels.sightings import Output as Sightings
from app.replay.batches import framed_pairs, framed_records, split_framed
from app.replay.memory import PREFIX, InMemory, OnDead, run_through
from app.state.checkpoint import BY_KEY, Output
from app.state.link_codec import LINK_CODEC
from app.state.link_layout import LINK
from app.state.store import ColumnStore

SIGHTINGS_TOPIC = t.SIGHTINGS.full_name(PREFIX)
VERDICTS_TOPIC = t.VERDICTS.full_name(PREFIX)
CAMPAIGNS_TOPIC = t.CAMPAIGNS.full_name(PREFIX)
WATCHES_TOPIC = t.WATCHES.full_name(PREFIX)


class _Partition(InMemory, LinkPartition):
    """Links of one partition; ``said`` is what they had to say and nobody has taken."""

    said: list[Output]

    def send(self, _slots: Iterable[int], outputs: Iterable[Output]) -> None:
        self.said.extend(outputs)


class ReplayedLinks:
    """``partitions`` of links, at most ``limit`` links in each."""

    def __init__(
        self,
        partitions: int,
        *,
        limit: int,
        judgement: Callable[[], Judgement],
        on_dead: OnDead,
    ) -> None:
        commands = CampaignCommands()
        outlets = Outlets(
            SIGHTINGS_TOPIC, VERDICTS_TOPIC, CAMPAIGNS_TOPIC, WATCHES_TOPIC, Encoder()
        )
        self.partitions = [
            _Partition(
                Place(number, partitions, {}, t.DEAD_LETTERS.full_name(PREFIX)),
                ColumnStore(LINK, limit=limit),
                LINK_CODEC,
                None,
                on_dead=on_dead,
                judgement=judgement,
                commands=commands,
                outlets=outlets,
            )
            for number in range(partitions)
        ]
        self._said: list[Output] = []
        for partition in self.partitions:
            partition.said = self._said
        self._offsets = np.zeros(partitions, np.int64)

    def fold(self, sightings: Sightings) -> None:
        """Fold what a partition of accounts has reported."""
        if sightings.key_ends.size:
            framed = framed_pairs(
                sightings.keys, sightings.key_ends, sightings.values, sightings.value_ends
            )
            self._take(framed)

    def close(self, period: int, active: int) -> Sequence[Output]:
        """Close every sighting period up to ``period``, by when there are ``active`` accounts.

        Returns the verdicts, watched programs and campaign records since the last call. What
        partitions tell each other of campaigns has been told: they heed it when they close the next
        period.
        """
        for partition in self.partitions:
            partition.close(period, active)
            partition.forget_removed()
        said, self._said[:] = list(self._said), []
        findings = [(o.key, o.value) for o in said if o.topic == SIGHTINGS_TOPIC and o.value]
        if findings:
            self._take(framed_records(findings))
        # A marker has a partition of its own: the replay needs none.
        return [o for o in said if o.topic != SIGHTINGS_TOPIC and o.partition == BY_KEY]

    def _take(self, framed: Framed) -> None:
        parts = split_framed(framed, self._offsets)
        for partition, part in zip(self.partitions, parts, strict=True):
            if len(part.frames):
                run_through(partition.sightings(partition.hand_over(SIGHTINGS_TOPIC, part)))
                partition.forget_removed()
