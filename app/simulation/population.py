"""A simulated population: profiles, a stream of requests, and labels kept apart from both."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.simulation.archetypes import benign
from app.simulation.arrivals import DAY_MS, TICK_MS
from app.simulation.calibration import calibration
from app.simulation.campaigns.campaign import Campaign
from app.simulation.crowd import Crowd, Group
from app.simulation.enforcement import Enforcement, Outcome
from app.simulation.names import Names, hex16, mix
from app.simulation.rows import NEVER, REQUEST, IntArray, Rows, keep, stack, take
from app.simulation.successors import Successors
from app.simulation.world import World

START_MS = 1_736_121_600_000
"""Where a simulation starts unless told otherwise: Monday, 6 January 2025, 00:00 UTC."""

HASHED = {
    "ip_hash": "ip",
    "net_hash": "network",
    "client_hash": "client",
    "template_hash": "program",
}


class RequestBatch(NamedTuple):
    """Requests whose records arrive between ``from_ms`` and ``to_ms``, in the order they do.

    ``rows`` are ``REQUEST`` rows and ``arrival`` (``int64[n]``, ms) says when each arrives.
    ``created`` are accounts (indices) whose profile is new in this time, ``updated`` (``UPDATE``
    rows, oldest first) are profiles that change in it: produce both, in this order, before them.
    """

    from_ms: int
    to_ms: int
    rows: Rows
    arrival: IntArray
    created: IntArray
    updated: Rows


class Labels(NamedTuple):
    """What only an evaluator may read, one entry per account, in the order of ``account_ids``.

    ``requests`` and ``attacks`` count the distinct requests that have arrived so far, answered or
    not. Accounts of one ``group`` belong together (a school, a campaign); one that belongs to
    nobody has its own.

    Under enforcement, ``refused`` of the attacks were refused, and ``abandoned`` more were never
    tried, since their suspended account had been given up; those of an account that was replaced
    are its replacement's now, and not counted. So the share of attempted interactions that
    enforcement prevented is ``(refused + abandoned) / (attacks + abandoned)``. An account that does
    not ``exist`` is a replacement that has not been needed: it belongs in no denominator.
    """

    account_ids: list[str]
    archetype: list[str]
    fraudulent: npt.NDArray[np.bool_]
    requests: IntArray
    attacks: IntArray
    group: IntArray
    refused: IntArray
    abandoned: IntArray
    exists: npt.NDArray[np.bool_]


class Population:
    """``benign_accounts`` ordinary accounts, and a campaign among them if there is one.

    A simulation is a function of its arguments: the same ones give the same records. Benign
    accounts send the same requests with and without a campaign.

    ``start_ms`` must be a full hour, and event time ends ``days`` later; real clocks compare it
    with the present, so it should lie in the past. ``heaviest_per_day`` bounds the volume of one
    benign account (see ``World``). ``names_key`` renames everything and changes nothing else.

    ``busy`` multiplies the volume of benign accounts: what tests a system's load rather than its
    judgement needs few accounts that send much.

    With ``closed_loop`` the population learns of enforcement while it streams (``refuse`` and the
    methods after it), and a campaign that replaces suspended accounts has room for it. Accounts
    keep their index.
    """

    def __init__(
        self,
        seed: int,
        benign_accounts: int,
        campaign: Campaign | None = None,
        start_ms: int = START_MS,
        days: float = 1.0,
        *,
        heaviest_per_day: float = 5_000.0,
        names_key: int | None = None,
        closed_loop: bool = False,
        busy: float = 1.0,
    ) -> None:
        if benign_accounts < 1 and campaign is None:
            raise ValueError("a population needs at least one account")
        if start_ms % 3_600_000:
            raise ValueError("start_ms must be a full hour")
        ticks = round(days * DAY_MS / TICK_MS)
        if ticks < 1:
            raise ValueError("days must be at least ten minutes")
        self.seed = seed
        self.start_ms = start_ms
        self.end_ms = start_ms + ticks * TICK_MS
        self.campaign = campaign
        world = World(
            calibration(), start_ms, self.end_ms, heaviest_per_day, max(benign_accounts, 1)
        )
        groups = benign(benign_accounts, world, seed, busy)
        self._crowds: list[Crowd] = []
        if groups:
            self._crowds.append(Crowd("benign", groups, world, seed))
        if campaign is not None:
            invaders = campaign.settle(
                world, np.random.default_rng([seed, 2]), closed_loop=closed_loop
            )
            self._crowds.append(Crowd("campaign", [invaders], world, seed))
        self._groups: list[Group] = [group for crowd in self._crowds for group in crowd.groups]
        self._names = Names(seed if names_key is None else names_key)
        count = sum(len(crowd.accounts) for crowd in self._crowds)
        # An account's index must not tell its group: both orders are shuffled into one.
        self._index = np.random.default_rng([seed, 3]).permutation(count)
        self.accounts = np.empty(count, self._crowds[0].accounts.dtype)
        self.accounts[self._index] = np.concatenate([crowd.accounts for crowd in self._crowds])
        self.account_hashes = np.empty(count, np.uint64)
        self.account_hashes[self._index] = self._names.of("account", np.arange(count))
        self._updates = self._renumbered()
        self._births = self._sort_births()
        self._requests = np.zeros(count, np.int64)
        self._attacks = np.zeros(count, np.int64)
        self._refused = np.zeros(count, np.int64)
        self._abandoned = np.zeros(count, np.int64)
        self._enforcement = Enforcement(count, seed) if closed_loop else None
        self._successors = Successors(self._groups, self._index, seed)
        self._reached_ms = start_ms

    @property
    def account_ids(self) -> list[str]:
        """Every account's id, by index."""
        return [f"acct_{name.decode()}" for name in hex16(self.account_hashes).tolist()]

    @property
    def labels(self) -> Labels:
        """Who is who; its counts grow with the batches that are drawn."""
        archetype = np.empty(len(self.accounts), object)
        fraudulent = np.zeros(len(self.accounts), np.bool_)
        number = np.zeros(len(self.accounts), np.int64)
        first = groups = 0
        for group in self._groups:
            count = len(group.accounts)
            mine = self._index[first : first + count]
            archetype[mine], fraudulent[mine] = group.name, group.fraudulent
            # A campaign is one group; of others each account is, unless they say otherwise.
            alone = np.zeros(count, np.int64) if group.fraudulent else np.arange(count)
            cohort = alone if group.cohort is None else group.cohort
            number[mine] = groups + cohort
            first, groups = first + count, groups + int(cohort.max(initial=-1)) + 1
        return Labels(
            self.account_ids,
            archetype.tolist(),
            fraudulent,
            self._requests.copy(),
            self._attacks.copy(),
            number,
            self._refused.copy(),
            self._abandoned.copy(),
            self.accounts["created_at"] != NEVER,
        )

    def names(self, kind: str, numbers: npt.NDArray[np.generic]) -> npt.NDArray[np.uint64]:
        """What this population calls the things of a kind that ``accounts`` refers to."""
        return self._names.of(kind, numbers)

    def profiles(self) -> IntArray:
        """Accounts that exist when the simulation starts, oldest first."""
        return self._created(np.iinfo(np.int64).min, self.start_ms)

    def refuse(
        self, accounts: int | npt.ArrayLike, from_ms: int, until_ms: int | None = None
    ) -> None:
        """Enforcement suspends ``accounts`` (indices) from ``from_ms`` on, to ``until_ms`` if any.

        It holds for requests that have not been drawn yet. A campaign that can replaces each
        account once, within the hour. Raises ``RuntimeError`` outside a closed loop, as the two
        methods after it do.
        """
        indices = np.unique(np.atleast_1d(np.asarray(accounts, np.int64)))
        self._enforced().suspend(indices, from_ms, until_ms)
        chosen, born_at = self._successors.of(indices, from_ms)
        if chosen.size:
            # Where the judgement lags the stream, the replacement does too.
            born_at = np.maximum(born_at, self._reached_ms)
            self.accounts["created_at"][self._index[chosen]] = born_at
            self._births = self._sort_births()
            benign = len(self._index) - len(self._crowds[-1].accounts)
            self._crowds[-1].call_up(chosen - benign, born_at)

    def throttle(
        self,
        accounts: int | npt.ArrayLike,
        from_ms: int,
        until_ms: int | None = None,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
    ) -> None:
        """Enforcement limits ``accounts`` (indices), likewise."""
        indices = np.unique(np.atleast_1d(np.asarray(accounts, np.int64)))
        limits = requests_per_minute, tokens_per_minute
        self._enforced().throttle(indices, from_ms, until_ms, *limits)

    def release(self, accounts: int | npt.ArrayLike, at_ms: int) -> None:
        """Whatever holds for ``accounts`` (indices) ends at ``at_ms``."""
        self._enforced().release(np.atleast_1d(np.asarray(accounts, np.int64)), at_ms)

    def _enforced(self) -> Enforcement:
        if self._enforcement is None:
            raise RuntimeError("enforcement is for populations with closed_loop=True")
        return self._enforcement

    def batches(self, slice_ms: int = TICK_MS) -> Iterator[RequestBatch]:
        """The requests, in slices of ``slice_ms`` of arrival time; the last takes what is late.

        The stream is the same however it is sliced. Memory holds about one tick of it, or one
        slice where that is longer.
        """
        for batch, _ in self.labelled_batches(slice_ms):
            yield batch

    def labelled_batches(
        self, slice_ms: int = TICK_MS
    ) -> Iterator[tuple[RequestBatch, npt.NDArray[np.bool_]]]:
        """``batches`` with, for each request, whether it is part of the attack."""
        if slice_ms < 1:
            raise ValueError("slice_ms must be at least 1")
        waiting: list[Rows] = []
        tick = 0
        last = (self.end_ms - self.start_ms) // TICK_MS
        for from_ms in range(self.start_ms, self.end_ms, slice_ms):
            to_ms = min(from_ms + slice_ms, self.end_ms)
            while tick < last and self.start_ms + tick * TICK_MS < to_ms:
                waiting.append(self._tick(tick))
                tick += 1
            everything = stack(waiting)
            due = (
                np.ones(len(everything), np.bool_)
                if to_ms == self.end_ms
                else everything["arrival"] < to_ms
            )
            waiting = [keep(everything, ~due)]
            self._reached_ms = to_ms
            yield self._batch(from_ms, to_ms, keep(everything, due))

    def _tick(self, index: int) -> Rows:
        parts = []
        first = 0
        for number, crowd in enumerate(self._crowds):
            rows = crowd.tick(index)
            # A session may run on past the end; nothing happens after it.
            rows = keep(rows, rows["ts"] < self.end_ms)
            rows["account"] = self._index[first + rows["account"]]
            rows["event_id"] |= np.uint64(number << 62)
            parts.append(rows)
            first += len(crowd.accounts)
        rows = stack(parts)
        rows["order"] = mix(rows["event_id"] ^ mix(np.array([self.seed])))
        rows["event_id"] = self._names.of("event", rows["event_id"])
        for column, kind in HASHED.items():
            rows[column] = self._names.of(kind, rows[column])
        rows["prompt_simhash"] = self._names.prompts(rows["prompt_simhash"])
        return rows

    def _count(self, rows: Rows, outcome: Outcome) -> None:
        account, first = rows["account"], ~rows["repeat"]
        attack = first & rows["attack"]
        lost = attack & ~outcome.sent & ~self._successors.replaced[account]
        for total, chosen in (
            (self._requests, first & outcome.sent),
            (self._attacks, attack & outcome.sent),
            (self._refused, attack & outcome.refused),
            (self._abandoned, lost),
        ):
            total += np.bincount(account[chosen], minlength=total.size)

    def _batch(
        self, from_ms: int, to_ms: int, rows: Rows
    ) -> tuple[RequestBatch, npt.NDArray[np.bool_]]:
        # Ties are broken at random: by the order of crowds they would tell an attack from the rest,
        # and by name another key would change more than names.
        since = (rows["arrival"] - from_ms).astype(np.uint64)
        rows = take(rows, np.argsort(since << np.uint64(24) | rows["order"] >> np.uint64(40)))
        if self._enforcement is not None:
            outcome = self._enforcement.apply(rows)
            self._count(rows, outcome)
            rows = keep(rows, outcome.sent)
        else:
            everything = np.ones(len(rows), np.bool_)
            self._count(rows, Outcome(everything, ~everything))
        # A delivery begins with the request, and only that may leave: no label, not even as bytes.
        octets = rows.view(np.uint8).reshape(len(rows), rows.itemsize)
        requests = np.ascontiguousarray(octets[:, : REQUEST.itemsize]).view(REQUEST).reshape(-1)
        created = self._created(from_ms, to_ms)
        begin, end = np.searchsorted(self._updates["at"], [from_ms, to_ms])
        updated = self._updates[begin:end]
        batch = RequestBatch(from_ms, to_ms, requests, rows["arrival"], created, updated)
        return batch, rows["attack"]

    def _renumbered(self) -> Rows:
        parts = []
        first = 0
        for crowd in self._crowds:
            updates = crowd.updates.copy()
            updates["account"] = self._index[first + updates["account"]]
            parts.append(updates)
            first += len(crowd.accounts)
        updates = np.concatenate(parts)
        return updates[np.argsort(updates["at"], kind="stable")]

    def _created(self, from_ms: int, to_ms: int) -> IntArray:
        born, order = self._births
        begin, end = np.searchsorted(born, [from_ms, to_ms])
        return order[begin:end]

    def _sort_births(self) -> tuple[IntArray, IntArray]:
        """When accounts come to be, in order, and which."""
        born = self.accounts["created_at"]
        order = np.argsort(born, kind="stable")
        return born[order], order


__all__ = ["START_MS", "Labels", "Population", "RequestBatch"]
