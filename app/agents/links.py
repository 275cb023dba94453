"""The links of one partition: sightings in, each link's members and evidence kept.

Everything here is a function of the records handed in, in their order; nothing reads a clock or
talks to Kafka. Links are judged when a sighting period is closed (``app/agents/closing.py``); what
a sighting tells its account under a link of a campaign is found here, on the way.
"""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.agents.campaign_book import CampaignBook
from app.detection.link_text import explain
from app.detection.links import LinkEvidence, weigh_link
from app.kernels import links as k
from app.kernels import reasons
from app.kernels import sighting_columns as s
from app.kernels.batches import Framed
from app.kernels.campaign_sums import add_to_campaigns
from app.kernels.decode import read_only
from app.kernels.link_sums import DAY_HOURS, Clock
from app.kernels.link_verdicts import VERDICT, VerdictRules, select_verdicts
from app.kernels.sightings_decode import decode_sightings
from app.kernels.views import ROWS_USED
from app.state.link_layout import CAMPAIGN, MAX_WINDOW_EPOCHS
from app.state.link_totals import new_totals, totals_from_json, totals_to_json
from app.state.store import ColumnStore


class ScheduleChanged(ValueError):
    """The saved state was made with other periods: its epochs would mean something else now."""


@dataclass(frozen=True, slots=True)
class LinkSchedule:
    """How long things are, for the links of a deployment.

    Changing one is a migration: epochs, windows and days in the rows would change their meaning.
    Raises ValueError for lengths that do not fit together.
    """

    period_hours: int = 6
    """Length of a sighting period. An account at three requests a day is seen in most periods it
    could be seen in, and no more often than its behaviour can have changed."""
    window_epochs: int = 28
    """Sighting periods to a window: a week of six-hour periods. Evidence is one to two windows old,
    so every weekday counts, and five accounts of 25 requests a day fill the 1,500 requests that a
    judgement on pooled requests wants."""
    single_epochs: int = 8
    """Sighting periods after which a link of a single member is let go: two days. A replacement of
    a suspended account comes within hours, and most links never have a second member."""

    def __post_init__(self) -> None:
        if self.period_hours <= 0 or DAY_HOURS % self.period_hours:
            raise ValueError("a sighting period lasts 1, 2, 3, 4, 6, 8, 12 or 24 hours")
        if not 1 <= self.window_epochs <= MAX_WINDOW_EPOCHS:
            raise ValueError(f"a window has 1 to {MAX_WINDOW_EPOCHS} sighting periods")
        if self.single_epochs < 1:
            raise ValueError("a link is kept for one sighting period at least")

    @property
    def clock(self) -> Clock:
        """The schedule for kernels."""
        return Clock(DAY_HOURS // self.period_hours, self.window_epochs)


class Folded(NamedTuple):
    """What became of framed sightings.

    ``status`` int32[n], reason codes; ``values`` int64[n, SIG_WIDTH], columns; ``verdicts``
    structured[k] of ``VERDICT``, those that they give, in their order.
    """

    status: npt.NDArray[np.int32]
    values: npt.NDArray[np.int64]
    verdicts: npt.NDArray[Any]


class LinkFolder:
    """Folds one partition's sightings into its store, whose rows are ``LINK``.

    ``schema_id`` is the one that sightings are framed with. What a caller must keep durable is the
    store's rows and ``save()``, as of the same position in the topic.
    """

    def __init__(
        self,
        store: ColumnStore,
        schedule: LinkSchedule | None = None,
        *,
        schema_id: int = s.SCHEMA_ID,
    ) -> None:
        self.store = store
        self.schedule = schedule or LinkSchedule()
        self.totals = new_totals()
        """What all links of each kind have seen: structured[kinds] of ``TOTALS``."""
        self.book = CampaignBook()
        """The campaigns whose own links are in this partition."""
        self.expired = 0
        """Links let go since this object was made."""
        rows = store.views().rows[: int(store.views().counts[ROWS_USED])]
        self.flagged = int((rows["campaign"] != 0).sum())
        """Links that have a campaign, or did when last counted."""
        self.joining = int((rows["ring"] != 0).sum())
        """Links that join their members to a ring, likewise."""
        self._schema_id = schema_id
        self._counters = np.zeros(k.COUNTERS, np.int64)
        self._counters[k.NEWEST] = -1

    @property
    def counters(self) -> dict[str, int]:
        """The durable counts by name: ``in`` = ``folded`` + ``repeats`` + ``dead``."""
        return dict(zip(k.COUNTER_NAMES, self._counters.tolist(), strict=True))

    def fold(self, framed: Framed, rules: VerdictRules | None = None) -> Folded:
        """Fold framed sightings, which come in offset order and none twice but after a restart.

        Those whose reason code is not OK belong to the dead letters. Verdicts are found by
        ``rules``; without any there are none.
        """
        count = len(framed.frames)
        batch = k.SightingBatch(
            read_only(framed.data),
            framed.frames,
            np.zeros((count, s.SIG_WIDTH), np.int64),
            np.full(count, reasons.OK, np.int32),
            np.zeros(count, np.uint64),
            np.zeros(count, np.int64),
        )
        decode_sightings(batch.data, batch.frames, self._schema_id, batch.values, batch.status)
        self.store.reserve_for(framed.frames)
        views, clock = self.store.views(), self.schedule.clock
        done = 0
        verdicts = []
        while True:
            k.look_up(batch, views)
            found = self._select(batch, done, rules)
            start = done
            done = int(k.fold_sightings(batch, start, views, self.totals, clock, self._counters))
            add_to_campaigns(batch, start, done, self.book.sums)
            good = batch.status[found["record"]] == reasons.OK
            verdicts.append(found[good & (found["record"] < done)])
            if done == count:
                return Folded(batch.status, batch.values, np.concatenate(verdicts))
            self._begin_epoch(int(batch.values[done, s.SIG_EPOCH]))

    def _select(
        self, batch: k.SightingBatch, start: int, rules: VerdictRules | None
    ) -> npt.NDArray[Any]:
        """The verdicts of the sightings from ``start`` on, as the rows are before they are folded:
        those of an epoch that begins among them are not to be used."""
        if rules is None or not self.tells:
            return np.empty(0, VERDICT)
        found = np.zeros(len(batch.frames) - start, VERDICT)
        return found[: select_verdicts(batch, start, self.store.views(), rules, found)]

    @property
    def tells(self) -> bool:
        """Whether any sighting may give a verdict: a link may be a campaign's, or a campaign's own,
        or join accounts to a ring."""
        held = bool(self.totals[CAMPAIGN]["last_epoch"] >= 0)
        return self.flagged > 0 or self.joining > 0 or held

    def _begin_epoch(self, epoch: int) -> None:
        """Let go of idle links, at this place in the log wherever a chunk of it may end."""
        slots = np.empty(len(self.store), np.int64)
        found = k.idle_links(
            self.store.views(), epoch, self.schedule.clock, self.schedule.single_epochs, slots
        )
        self.store.expire(slots[:found].tolist())
        self.expired += int(found)
        self._counters[k.NEWEST] = epoch

    def save(self) -> dict[str, Any]:
        """What the partition's header keeps, ready for JSON."""
        return {
            "schedule": asdict(self.schedule),
            "counters": self.counters,
            "totals": totals_to_json(self.totals),
            "campaigns": self.book.save(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what ``save`` returned.

        Raises ``ScheduleChanged``, and ValueError for what ``save`` never returned.
        """
        if saved.get("schedule") != asdict(self.schedule):
            raise ScheduleChanged(
                f"the links were kept with {saved.get('schedule')}, and the settings say "
                f"{asdict(self.schedule)}. Set them back; or, to change them, stop every worker "
                "and delete the changelog of links: links fill again within one window."
            )
        counters = saved.get("counters")
        if not isinstance(counters, dict) or counters.keys() != set(k.COUNTER_NAMES):
            raise ValueError("the counters of links make no sense")
        self.totals = totals_from_json(saved.get("totals"))
        if "campaigns" in saved:  # there were none before there were campaigns
            self.book.restore(saved["campaigns"])
        self._counters = np.array([counters[name] for name in k.COUNTER_NAMES], np.int64)

    def evidence(self, key: bytes) -> LinkEvidence | None:
        """What is known of the link ``key`` (``kind:hash``); None for one that is not held."""
        slot = self.store.get(key)
        if slot is None:
            return None
        row = self.store.views().rows[slot]
        return weigh_link(row, self.totals[row["kind"]], self.schedule.clock)

    def describe(self, key: bytes) -> dict[str, Any] | None:
        """The state of the link ``key``, ready for JSON; None for one that is not held."""
        evidence = self.evidence(key)
        if evidence is None:
            return None
        return {
            "link": key.decode(errors="replace"),
            **asdict(evidence),
            "text": explain(evidence),
        }
