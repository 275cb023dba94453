"""The closed loop's ledger: what is decided reaches the population, and is noted against labels."""

from collections import deque

import numpy as np
import numpy.typing as npt

from app.replay.batches import IntArray
from app.replay.figures import NEVER, Outcome
from app.replay.listener import Decision, Listener
from app.simulation.enforcement import SUSPENDED, THROTTLED
from app.simulation.population import Labels, Population, RequestBatch

SLICES_WAITED = 6
"""Slices after which an account's attack requests are counted as served before its suspension.

Where partitions wait for each other at a sighting period's end, decisions about a slice are told a
little after it; an hour is more than partitions of a busy platform are ever apart."""


def origins(batch: RequestBatch, attack: npt.NDArray[np.bool_]) -> IntArray:
    """What the ledger hears of a request that is refused: its account, and whether it attacks."""
    marks: IntArray = batch.rows["account"].astype(np.int64) << 1 | attack
    return marks


class Ledger(Listener):
    """Enforces decisions on ``population`` and keeps the account of it.

    An action reaches the population at its ``issued_at``. Requests that were drawn before it was
    told are refused by the replay itself, and heard of through ``refused``; so an action bites to
    the request, however long a slice of the stream is.
    """

    def __init__(self, population: Population) -> None:
        self._population = population
        labels = population.labels
        count = len(labels.account_ids)
        self._index = {name: number for number, name in enumerate(labels.account_ids)}
        self._reserve = ~labels.exists
        self._acted = np.full(count, NEVER, np.int64)
        self._suspended = np.full(count, NEVER, np.int64)
        self._throttled = np.zeros(count, np.bool_)
        self._by_campaign = np.zeros(count, np.bool_)
        self._refused = np.zeros(count, np.int64)
        self._before = np.zeros(count, np.int64)
        self._recent: deque[tuple[IntArray, IntArray]] = deque()
        self.begun = NEVER
        self.requests = 0
        self.refused_requests = 0
        """Attack requests that the replay refused after the population had drawn them."""

    def index(self, account_id: str) -> int:
        """The account's number in the population."""
        return self._index[account_id]

    # What the replay tells.

    def decided(self, decision: Decision) -> None:
        """Note a live action and enforce it; it replaces the account's standing."""
        if decision.shadow:
            return
        account, at = self._index[decision.account], decision.issued_at
        if decision.action == "suspend":
            if self._suspended[account] == NEVER:
                self._suspended[account] = at
                self._by_campaign[account] = decision.campaign != 0
            self._population.refuse(account, at, decision.expires_at)
        else:
            self._population.release(account, at)
        if decision.action == "throttle":
            self._throttled[account] = True
            self._population.throttle(
                account,
                at,
                decision.expires_at,
                requests_per_minute=decision.requests_per_minute,
                tokens_per_minute=decision.tokens_per_minute,
            )
        if decision.action in ("throttle", "suspend"):
            self._acted[account] = min(int(self._acted[account]), at)

    def refused(self, origins: IntArray, statuses: npt.NDArray[np.int32]) -> None:
        """Count attack requests that the replay refused."""
        attack = (origins & 1).astype(np.bool_)
        account = origins >> 1
        np.add.at(self._refused, account[attack], 1)
        # Of a suspended account they are not counted as served before: they came after.
        np.subtract.at(self._before, account[attack & (statuses == THROTTLED)], 1)
        self.refused_requests += int(attack.sum())

    # What the evaluation hands over.

    def take(self, batch: RequestBatch, attack: npt.NDArray[np.bool_]) -> None:
        """Count a slice, after what was decided about it has been told."""
        rows = batch.rows
        self.requests += len(rows)
        mine = rows.compress(attack & (rows["status"] != SUSPENDED) & (rows["status"] != THROTTLED))
        if attack.any():
            self.begun = min(self.begun, int(rows["ts"][attack].min()))
        # A request that was logged twice was answered once.
        _, once = np.unique(mine["event_id"], return_index=True)
        self._recent.append((mine["account"][once].astype(np.int64), mine["ts"][once]))
        if len(self._recent) > SLICES_WAITED:
            self._settle()

    def _settle(self) -> None:
        account, ts = self._recent.popleft()
        served = account[ts < self._suspended[account]]
        self._before += np.bincount(served, minlength=self._before.size)

    def totals(self) -> tuple[int, int]:
        """Attack requests so far: attempted, and refused or given up."""
        labels = self._population.labels
        lost = int(labels.refused.sum() + labels.abandoned.sum()) + self.refused_requests
        return int(labels.attacks.sum() + labels.abandoned.sum()), lost

    def outcome(self) -> tuple[Outcome, Labels]:
        """What became of the accounts that exist; the stream is at its end."""
        while self._recent:
            self._settle()
        labels = self._population.labels
        there = np.flatnonzero(labels.exists)
        names = np.array(labels.archetype, dtype=object)
        outcome = Outcome(
            fraudulent=labels.fraudulent[there],
            archetype=names[there].tolist(),
            group=labels.group[there],
            acted=self._acted[there],
            suspended=self._suspended[there],
            throttled=self._throttled[there],
            by_campaign=self._by_campaign[there],
            attempted=(labels.attacks + labels.abandoned)[there],
            refused=(labels.refused + labels.abandoned + self._refused)[there],
            before=self._before[there],
            replacement=self._reserve[there],
            begun=self.begun,
        )
        return outcome, labels
