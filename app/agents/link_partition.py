"""One partition of the links: sightings folded, each link's members and evidence kept."""

from collections.abc import Iterator

import numpy as np

from app.agents.links import LinkFolder
from app.agents.table_partition import Place, Run, TablePartition
from app.kernels import reasons
from app.state.codec import RowCodec
from app.state.header import Header
from app.state.store import ColumnStore


class LinkPartition(TablePartition):
    """The links of one partition; nothing leaves it but its state and dead letters."""

    def __init__(
        self, place: Place, store: ColumnStore, codec: RowCodec, header: Header | None
    ) -> None:
        super().__init__(place, store, codec, header)
        self.folder = LinkFolder(store)
        if header is not None and header.more:
            self.folder.restore(header.more)

    def header(self) -> Header:
        return Header(
            partitions=self.place.partitions,
            inputs=dict(self.positions),
            counters=self.folder.counters,
            more=self.folder.save(),
        )

    def sightings(self, run: Run) -> Iterator[None]:
        """Fold a run of the sightings topic."""
        framed = self.framed(run)
        status = self.folder.fold(framed)
        bad = np.flatnonzero(status != reasons.OK)
        self.bury(run.topic, framed, bad, status, [None] * bad.size)
        self.reach(run.topic, run.next_offset, len(framed.frames))
        yield from ()
