"""Which programs the accounts are to look out for when a sighting period is closed."""

from collections.abc import Iterator

import numpy as np

from app.agents.campaign_commands import Decided
from app.events.watches import WatchedProgram
from app.kernels import sighting_columns as s
from app.kernels import views as v
from app.state.link_layout import PROGRAM
from app.state.store import ColumnStore

MOST_WATCHED = 2_000
"""Programs that one partition tells, those of the surest campaigns: a list is one record."""


def watched_programs(
    store: ColumnStore, decided: Decided, period_ms: int
) -> Iterator[WatchedProgram]:
    """The programs in ``store`` (rows of ``LINK``) that are a campaign's, surest first.

    What an operator has confirmed is sure; what one has dismissed is not watched.
    """
    views = store.views()
    rows = views.rows[: int(views.counts[v.ROWS_USED])]
    flagged = (rows["id_length"] > 0) & (rows["kind"] == PROGRAM) & (rows["campaign"] != 0)
    flagged &= ~np.isin(rows["campaign"], decided.dismissed)
    forced = np.isin(rows["campaign"], decided.confirmed)
    flagged &= forced | (rows["campaign_probability"] > 0)
    sure = np.where(forced, s.WHOLE, rows["campaign_probability"])
    slots = np.flatnonzero(flagged)
    keys = [store.key(slot).rpartition(b":")[2].decode() for slot in slots.tolist()]
    order = sorted(range(slots.size), key=lambda i: (-int(sure[slots[i]]), keys[i]))
    for i in order[:MOST_WATCHED]:
        row = rows[slots[i]]
        yield WatchedProgram.model_construct(
            hash=keys[i],
            campaign_id=f"{int(row['campaign']):016x}",
            since=(int(row["campaign_epoch"]) + 1) * period_ms,
            probability=int(sure[slots[i]]) / s.WHOLE,
            profile=row["profile"].tolist(),
            nats=row["campaign_nats"].tolist(),
        )
