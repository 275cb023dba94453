"""What a platform's enforcement does to simulated traffic, as far as the gateway's log shows it.

A request of a suspended account is refused with 403, one over a throttle's limit with 429: it
costs no token and is logged all the same, as the contract has it ("403 and 429 show enforcement
biting"). Nobody calls for ever: some tries later, most often a few hours, the account's owner,
honest or not, leaves it alone until the suspension ends.

A throttled account goes on as before. Nobody adapts the pace to the limit.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.simulation.names import mix
from app.simulation.rows import NEVER, IntArray, Rows

SUSPENDED = 403
THROTTLED = 429
REFUSAL_MS = 25.0
MINUTE_MS = 60_000
# How long the owner of a suspended account keeps trying: at least, and three hours more on average.
TRIES_MS = 20 * MINUTE_MS
PATIENCE_MS = 180 * MINUTE_MS
UNLIMITED = np.inf


class Outcome(NamedTuple):
    """What became of some requests, ``bool[n]`` each: ``sent`` at all, and ``refused`` if so."""

    sent: npt.NDArray[np.bool_]
    refused: npt.NDArray[np.bool_]


class Enforcement:
    """The standing of ``accounts`` accounts. The last suspension and throttle of each counts."""

    def __init__(self, accounts: int, seed: int) -> None:
        self._seed = np.uint64(seed)
        self._active = False
        self._from = np.full(accounts, NEVER, np.int64)
        self._until = np.full(accounts, NEVER, np.int64)
        self._quits = np.full(accounts, NEVER, np.int64)
        self._limited_from = np.full(accounts, NEVER, np.int64)
        self._limited_until = np.full(accounts, NEVER, np.int64)
        self._requests = np.full(accounts, UNLIMITED)
        self._tokens = np.full(accounts, UNLIMITED)
        # The latest even and odd minute of each throttled account, and what it has had in it:
        # records of a minute still arrive while the next is under way. One that comes hours late
        # finds its minute forgotten, and passes.
        self._minute = np.full((2, accounts), -1, np.int64)
        self._had_requests = np.zeros((2, accounts))
        self._had_tokens = np.zeros((2, accounts))

    def suspend(self, accounts: IntArray, from_ms: int, until_ms: int | None) -> None:
        """Refuse ``accounts`` from ``from_ms`` to ``until_ms``, for good if that is None."""
        self._active = True
        # A suspension that is told again is the same one: patience does not begin anew.
        new = accounts[(self._from[accounts] > from_ms) | (self._until[accounts] <= from_ms)]
        self._from[new] = from_ms
        self._until[accounts] = NEVER if until_ms is None else until_ms
        drawn = mix(mix(new) ^ mix(np.array([from_ms])) ^ self._seed)
        patience = -np.log1p(-((drawn >> np.uint64(11)) / 2.0**53)) * PATIENCE_MS
        self._quits[new] = from_ms + TRIES_MS + patience.astype(np.int64)

    def throttle(
        self,
        accounts: IntArray,
        from_ms: int,
        until_ms: int | None,
        requests_per_minute: float | None,
        tokens_per_minute: float | None,
    ) -> None:
        """Limit ``accounts`` to so many requests, and input and output tokens, a minute each."""
        self._active = True
        self._limited_from[accounts] = from_ms
        self._limited_until[accounts] = NEVER if until_ms is None else until_ms
        self._requests[accounts] = UNLIMITED if requests_per_minute is None else requests_per_minute
        self._tokens[accounts] = UNLIMITED if tokens_per_minute is None else tokens_per_minute

    def release(self, accounts: IntArray, at_ms: int) -> None:
        """End what holds for ``accounts`` at ``at_ms``; their owners notice at once."""
        for until in (self._until, self._limited_until):
            until[accounts] = np.minimum(until[accounts], at_ms)

    def apply(self, rows: Rows) -> Outcome:
        """Rewrite those of ``rows``, ``DELIVERY`` rows in order of arrival, that are refused."""
        if not self._active:
            return Outcome(np.ones(len(rows), np.bool_), np.zeros(len(rows), np.bool_))
        account, ts = rows["account"], rows["ts"]
        refused = (self._from[account] <= ts) & (ts < self._until[account])
        sent = ~refused | (ts < self._quits[account])
        limited = (self._limited_from[account] <= ts) & (ts < self._limited_until[account])
        over = self._over(rows, np.flatnonzero(limited & ~refused))
        _refuse(rows, np.flatnonzero(refused), SUSPENDED)
        _refuse(rows, over, THROTTLED)
        refused[over] = True
        return Outcome(sent, refused & sent)

    def _over(self, rows: Rows, limited: IntArray) -> IntArray:
        """Those of ``limited``, positions in ``rows``, that come when the minute is used up."""
        # What is over the limit is the tail of a minute, so that counting what was refused in it
        # too changes nothing.
        minute = rows["ts"][limited] // MINUTE_MS
        order = np.lexsort((minute, rows["account"][limited]))
        place, minute = limited[order], minute[order]
        account = rows["account"][place]
        if not place.size:
            return place
        tokens = rows["input_tokens"][place].astype(np.float64) + rows["output_tokens"][place]
        first = np.ones(place.size, np.bool_)
        first[1:] = (account[1:] != account[:-1]) | (minute[1:] != minute[:-1])
        begin = np.flatnonzero(first)
        begins = np.repeat(begin, np.diff([*begin, place.size]))
        slot = minute & 1, account
        goes_on = self._minute[slot] == minute
        before = np.cumsum(tokens) - tokens
        had_tokens = before - before[begins] + np.where(goes_on, self._had_tokens[slot], 0.0)
        had = np.arange(place.size) - begins + np.where(goes_on, self._had_requests[slot], 0.0)
        # Of an account's minutes the later are written last, and stay.
        self._minute[slot] = minute
        self._had_requests[slot] = had + 1.0
        self._had_tokens[slot] = had_tokens + tokens
        over = (had >= self._requests[account]) | (had_tokens >= self._tokens[account])
        beyond: IntArray = place[over]
        return beyond


def _refuse(rows: Rows, place: IntArray, status: int) -> None:
    rows["status"][place] = status
    rows["output_tokens"][place] = rows["reasoning_tokens"][place] = 0
    # By the request's own hash, so that a repeat of the record says the same.
    spread = (rows["order"][place] >> np.uint64(48)).astype(np.float64) / 2.0**16
    rows["latency_ms"][place] = 5.0 + REFUSAL_MS * spread
