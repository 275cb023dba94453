"""When requests come: sessions first, then the requests inside them.

Time advances in ticks of ten minutes, the window of the traces. In each, every kind of arrival
says which habits open a session, when, how long it is and at what pace. A session that outlasts
its tick simply runs on.
"""

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from app.simulation.rows import FloatArray, IntArray, Rows

TICK_MS = 600_000
DAY_MS = 86_400_000
TICKS_PER_DAY = DAY_MS // TICK_MS

# A session's length is capped so that one draw from a heavy tail cannot fill memory.
MAX_SESSION = 20_000


class Moment(NamedTuple):
    """One tick, as the habits of one kind see it.

    ``intensity`` is the relative activity of each habit, ``float64[m]``: its rhythm in local time
    times its luck of the day, 0 outside its active time.
    """

    start_ms: int
    intensity: FloatArray


class Sessions(NamedTuple):
    """Sessions that open in a tick, one entry of each array per session."""

    habit: IntArray  # position in the habits handed in
    start: FloatArray  # ms
    size: IntArray
    gap_ms: FloatArray
    gap_cv: FloatArray


class Arrivals(Protocol):
    """One kind of arrival process over a set of habits."""

    def sessions(self, habits: Rows, now: Moment, rng: np.random.Generator) -> Sessions:
        """The sessions that open in the tick ``now``; called once for each tick, in order."""
        ...


class Conversations:
    """People and loops: sessions at random (Poisson), of geometric size.

    A Poisson cluster process: Neyman and Scott, "Statistical approach to problems of cosmology"
    (J. R. Stat. Soc. B 20, 1958).
    """

    _habits: Rows | None = None
    _per_tick: FloatArray

    def sessions(self, habits: Rows, now: Moment, rng: np.random.Generator) -> Sessions:
        if habits is not self._habits:
            # Two columns of long rows: gathered once for those that come again every tick.
            self._habits = habits
            per_day = habits["requests_per_day"] / habits["session_size"]
            self._per_tick = per_day.astype(np.float64) / TICKS_PER_DAY
        edges = np.cumsum(self._per_tick * self.weigh(habits, now))
        # All habits share one draw: a sum of Poisson counts is Poisson, whichever they fall to.
        total = float(edges[-1]) if edges.size else 0.0
        count = int(rng.poisson(total))
        chosen = np.searchsorted(edges, rng.random(count) * total, side="right")
        chosen = np.minimum(chosen, edges.size - 1)
        return Sessions(
            chosen,
            now.start_ms + rng.random(count) * TICK_MS,
            _geometric(habits["session_size"][chosen], rng),
            habits["gap_ms"][chosen].astype(np.float64),
            habits["gap_cv"][chosen].astype(np.float64),
        )

    def weigh(self, habits: Rows, now: Moment) -> FloatArray:
        """The relative intensity of each habit at ``now``."""
        del habits
        return now.intensity


class Deadline(Conversations):
    """Conversations that crowd before the end of the active time: homework, a hackathon."""

    def __init__(self, urgency_ms: float = 6 * 3_600_000.0) -> None:
        self._urgency_ms = urgency_ms

    def weigh(self, habits: Rows, now: Moment) -> FloatArray:
        left = np.maximum(habits["active_to"] - now.start_ms, 0) / self._urgency_ms
        active = (habits["active_to"] - habits["active_from"]) / self._urgency_ms
        # An exponential rise whose mean over the active time is 1.
        rise = np.exp(-left) * active / -np.expm1(-active)
        return np.asarray(now.intensity * rise, np.float64)


class Steady:
    """Products: active in spells of windows, each window a renewal process with its own pace.

    Share of active windows, volume, its change between windows and the dispersion of gaps are the
    traces' (``ClientLaw``). Gaps are gamma distributed, so any coefficient of variation can be met.
    """

    def __init__(self, spell_windows: float, window_sigma: float, cv_sigma: float) -> None:
        self._leave = 1.0 / spell_windows
        # The change between two windows is the difference of two independent deviations.
        self._sigma = window_sigma / np.sqrt(2.0)
        self._cv_sigma = cv_sigma
        self._on: npt.NDArray[np.bool_] | None = None

    def sessions(self, habits: Rows, now: Moment, rng: np.random.Generator) -> Sessions:
        share = np.minimum(habits["active_share"].astype(np.float64), 1.0)
        always = share > 0.999
        draw = rng.random(share.size)
        if self._on is None:
            self._on = draw < share
        else:
            # The stationary share of a two-state chain is enter / (enter + leave); where spells
            # of the mean length would leave too little time off, they are longer.
            room = np.maximum(1.0 - share, 1e-9)
            leave = np.minimum(self._leave, room / np.maximum(share, 1e-9))
            enter = leave * share / room
            self._on = np.where(self._on, draw >= leave, draw < enter) | always
        per_window = habits["requests_per_day"] / TICKS_PER_DAY / np.maximum(share, 1e-4)
        luck = np.exp(self._sigma * rng.standard_normal(share.size) - self._sigma**2 / 2)
        expected = np.where(self._on, per_window * luck * now.intensity, 0.0)
        size = np.minimum(rng.poisson(expected), MAX_SESSION)
        chosen = np.flatnonzero(size)
        gap = TICK_MS / size[chosen]
        cv = habits["gap_cv"][chosen] * np.exp(self._cv_sigma * rng.standard_normal(chosen.size))
        return Sessions(
            chosen,
            now.start_ms + rng.random(chosen.size) * gap,
            size[chosen].astype(np.int64),
            gap,
            cv.astype(np.float64),
        )


class Scheduled:
    """Cron, CI and nightly batch: ``phase_ms`` after every multiple of the period, within seconds.

    ``requests_per_day`` and ``session_size`` are tied by the period; the latter is used.
    """

    def __init__(self, jitter_ms: float = 4_000.0) -> None:
        self._jitter_ms = jitter_ms

    def sessions(self, habits: Rows, now: Moment, rng: np.random.Generator) -> Sessions:
        phase = habits["phase_ms"]
        due = -(-(now.start_ms - phase) // habits["period_ms"]) * habits["period_ms"] + phase
        chosen = np.flatnonzero((due < now.start_ms + TICK_MS) & (now.intensity > 0))
        size = np.maximum(rng.poisson(habits["session_size"][chosen]), 1)
        return Sessions(
            chosen,
            due[chosen] + rng.random(chosen.size) * self._jitter_ms,
            np.minimum(size, MAX_SESSION).astype(np.int64),
            habits["gap_ms"][chosen].astype(np.float64),
            habits["gap_cv"][chosen].astype(np.float64),
        )


def join(parts: list[tuple[int, Sessions]]) -> Sessions:
    """Sessions of several kinds, their habits shifted by the number that stands before each."""
    return Sessions(
        np.concatenate([sessions.habit + shift for shift, sessions in parts]).astype(np.int64),
        *(
            np.concatenate([sessions[column] for _, sessions in parts])
            for column in range(1, len(Sessions._fields))
        ),
    )


def expand(sessions: Sessions, rng: np.random.Generator) -> tuple[IntArray, IntArray, IntArray]:
    """The requests of ``sessions``: session, position in it from 0, and time in ms, of each."""
    owner = np.repeat(np.arange(sessions.size.size), sessions.size)
    first = np.cumsum(sessions.size) - sessions.size
    position = np.arange(owner.size) - first[owner]
    # Gamma gaps of shape 1 / cv**2 have coefficient of variation cv; below 0.01 it is a clock.
    shape = 1.0 / np.square(np.clip(sessions.gap_cv, 0.01, 40.0))
    gap = rng.standard_gamma(shape[owner]) * (sessions.gap_ms / shape)[owner]
    gap[first] = 0.0
    run = np.cumsum(gap)
    ts = sessions.start[owner] + run - run[first][owner]
    return owner, position, ts.astype(np.int64)


def _geometric(mean: npt.NDArray[np.float32], rng: np.random.Generator) -> IntArray:
    stop = 1.0 / np.maximum(mean.astype(np.float64), 1.0)
    with np.errstate(divide="ignore"):
        more = np.log1p(-rng.random(mean.size)) / np.log1p(-stop)
    return np.minimum(1 + more, MAX_SESSION).astype(np.int64)
