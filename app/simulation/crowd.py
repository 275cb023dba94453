"""A crowd: groups of accounts that live in one world, and the requests they send per tick."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from app.simulation.arrivals import DAY_MS, TICK_MS, Arrivals, Conversations, Moment, join
from app.simulation.content import Content
from app.simulation.delivery import Delivery, strike
from app.simulation.rhythm import HOUR_MS, hour_of_week, rhythms
from app.simulation.rows import NEVER, UPDATE, FloatArray, IntArray, Rows
from app.simulation.world import World


@dataclass(frozen=True)
class Habit:
    """One way in which accounts of a group use the platform.

    ``rows`` are ``HABIT`` rows whose ``account`` counts within the group. ``attack`` is what an
    evaluator may know and a detector may not.
    """

    arrivals: Arrivals
    rows: Rows
    attack: bool = False


@dataclass(frozen=True)
class Group:
    """Accounts of one archetype: ``ACCOUNT`` rows and what they do.

    ``fraudulent`` says whether the accounts belong to a campaign, whatever they send. ``cohort``
    (``int64[n]``, from 0) says which accounts belong together and apart from the rest: one school,
    one tool, one household; None: every account stands for itself, or for the one campaign. It is
    a label like the name.
    The last ``reserves`` accounts do not exist until ``Crowd.call_up``: their ``created_at`` and
    the ``active_from`` of their habits are ``NEVER``.
    ``updates`` (``UPDATE`` rows, ``account`` counts within the group) are profiles that change.
    """

    name: str
    accounts: Rows
    habits: list[Habit]
    fraudulent: bool = False
    cohort: IntArray | None = None
    reserves: int = 0
    updates: Rows = field(default_factory=lambda: np.empty(0, UPDATE))


class Crowd:
    """Groups that draw from one stream of random numbers.

    Every tick seeds its own generator from (seed, crowd, tick): what one crowd does is the same
    whatever others join the simulation.
    """

    def __init__(self, name: str, groups: list[Group], world: World, seed: int) -> None:
        self.groups = groups
        self.accounts = np.concatenate([group.accounts for group in groups])
        self.updates = np.concatenate([group.updates for group in groups])
        self._seed = (seed, zlib.crc32(name.encode()))
        self._start_ms = world.start_ms
        # Conversations keep nothing: those of all groups are drawn as one, which is faster.
        together = Conversations()
        kinds: dict[Arrivals, list[Habit]] = {}
        first = known = 0
        for group in groups:
            for habit in group.habits:
                shared = type(habit.arrivals) is Conversations
                arrivals = together if shared else habit.arrivals
                mine = habit.rows.copy()
                mine["account"] += first
                kinds.setdefault(arrivals, []).append(Habit(arrivals, mine, habit.attack))
            self.updates["account"][known : known + len(group.updates)] += first
            first, known = first + len(group.accounts), known + len(group.updates)
        habits = [habit for alike in kinds.values() for habit in alike]
        self._habits = np.concatenate([habit.rows for habit in habits])
        self._attack = np.concatenate([np.full(len(h.rows), h.attack) for h in habits])
        ends = np.cumsum([sum(len(habit.rows) for habit in alike) for alike in kinds.values()])
        begins = [0, *ends[:-1].tolist()]
        self._kinds = [
            (arrivals, self._habits[begin:end], begin)
            for arrivals, begin, end in zip(kinds, begins, ends.tolist(), strict=True)
        ]
        self._zone = self.accounts["zone"][self._habits["account"]].astype(np.int64)
        self._rhythms = rhythms(world.law.clients)
        self._luck = np.ones(len(self._habits))
        # Columns that every tick reads for all habits: in the long rows they would lie far apart.
        self._rhythm = self._habits["rhythm"].copy()
        self._active = self._habits["active_from"].copy(), self._habits["active_to"].copy()
        self._hourly = np.zeros(len(self._habits))
        self._content = Content(world, centre_key=seed)
        self._outages = world.outages
        self._delivery = Delivery(world.law.assumed, len(self.accounts), self._rng(-1))

    def tick(self, index: int) -> Rows:
        """The requests that begin in tick ``index``, as ``DELIVERY`` rows in no order.

        Ticks are asked for once each, in order. ``account`` counts within the crowd, identifiers
        are numbers, and ``event_id`` numbers this crowd's requests.
        """
        rng = self._rng(index)
        start_ms = self._start_ms + index * TICK_MS
        if (start_ms - self._start_ms) % DAY_MS == 0:
            self._luck = self._draw_luck(rng)
        if start_ms % HOUR_MS == 0 or index == 0:
            hour = hour_of_week(start_ms, self._zone)
            self._hourly = self._rhythms[self._rhythm, hour] * self._luck
        intensity = self._intensity(start_ms)
        parts = []
        for arrivals, habits, begin in self._kinds:
            moment = Moment(start_ms, intensity[begin : begin + len(habits)])
            parts.append((begin, arrivals.sessions(habits, moment, rng)))
        sessions = join(parts)
        # Sessions of one habit stand together: the rows a gather touches are then cached.
        rows = self._content.requests(self._habits, sessions, rng)
        rows["attack"] = np.repeat(self._attack[sessions.habit], sessions.size)
        rows = strike(rows, self._outages, rng)
        rows["event_id"] = (index << 32) + np.arange(len(rows))
        return self._delivery.deliver(rows, rng)

    def call_up(self, accounts: IntArray, at_ms: IntArray) -> None:
        """Let ``accounts`` (counted within the crowd), reserves so far, come to be at ``at_ms``.

        They send from the first tick after that.
        """
        self.accounts["created_at"][accounts] = at_ms
        born = np.full(len(self.accounts), NEVER)
        born[accounts] = at_ms
        theirs = born[self._habits["account"]]
        self._habits["active_from"] = np.minimum(self._habits["active_from"], theirs)
        self._active[0][:] = self._habits["active_from"]

    def _intensity(self, start_ms: int) -> FloatArray:
        begin, end = self._active
        intensity: FloatArray = self._hourly * ((begin <= start_ms) & (start_ms < end))
        return intensity

    def _draw_luck(self, rng: np.random.Generator) -> FloatArray:
        # Gamma with mean 1 and the habit's coefficient of variation: idle days and busy ones.
        shape = 1.0 / np.square(np.maximum(self._habits["volatility"], 0.01).astype(np.float64))
        luck: FloatArray = rng.standard_gamma(shape) / shape
        return luck

    def _rng(self, index: int) -> np.random.Generator:
        # SFC64: the fastest of NumPy's generators, and streams this short do not need to jump.
        return np.random.Generator(np.random.SFC64([*self._seed, index + 1]))
