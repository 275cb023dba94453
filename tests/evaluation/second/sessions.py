"""When a day's requests are made: who is active, in which sessions, at what second."""

from typing import NamedTuple

import numpy as np

from tests.evaluation.second.calendar import RHYTHMS, is_weekday
from tests.evaluation.second.hashes import mix
from tests.evaluation.second.rows import Fields, Rows
from tests.evaluation.second.world import Floats, Ints


class Sessions(NamedTuple):
    """The requests of a day, stream by stream and session by session.

    ``stream``, ``session``, ``position`` (from 0, within its session) and ``seconds`` (of the day;
    a session may run past midnight) have an item for each request, ``opening`` (the index of its
    first request) one for each session.
    """

    stream: Ints
    session: Ints
    position: Ints
    seconds: Floats
    opening: Ints


def sessions(fields: Fields, day: int, rate: Floats, rng: np.random.Generator) -> Sessions:
    """``rate`` is what is `expected` of each stream."""
    stream = np.repeat(np.arange(len(fields["account"])), _counts(fields, day, rate, rng))
    count = len(stream)
    opens = rng.random(count) < 1 / fields["session_length"][stream]
    opens[:1] = True
    opens[1:] |= stream[1:] != stream[:-1]
    opening = np.flatnonzero(opens)
    session = np.cumsum(opens) - 1
    gap = rng.lognormal(fields["log_gap"][stream], 0.9)
    gap[opens] = 0
    passed = np.cumsum(gap)
    begun = _hours(fields, day, stream[opening], rng) * 3_600
    seconds = begun[session] + passed - passed[opening][session]
    return Sessions(stream, session, np.arange(count) - opening[session], seconds, opening)


def expected(fields: Fields | Rows, day: int) -> Floats:
    """Requests to expect of each stream on ``day``, if it is active at all."""
    return np.asarray(fields["requests_per_day"] * presence(fields, day))


def presence(fields: Fields | Rows, day: int) -> Floats:
    """Which part of ``day`` each stream is there."""
    begin, end = np.maximum(fields["start"], day), np.minimum(fields["end"], day + 1)
    return np.asarray(np.clip(end - begin, 0, 1))


def chances(fields: Fields | Rows, day: int) -> Floats:
    """How likely each stream is active on ``day``."""
    return np.asarray(fields["on_weekdays"] if is_weekday(day) else fields["on_weekends"])


def _counts(fields: Fields, day: int, rate: Floats, rng: np.random.Generator) -> Ints:
    """Requests of each stream: over-dispersed, for people have better and worse days."""
    steadiness = fields["steadiness"]
    rate = rate * rng.gamma(steadiness, 1 / steadiness)
    active = rng.random(len(rate)) < chances(fields, day)
    return np.asarray(np.where(active, rng.poisson(rate), 0), np.int64)


def _hours(fields: Fields, day: int, stream: Ints, rng: np.random.Generator) -> Floats:
    """The hour of the day (UTC) at which each session of ``stream`` begins."""
    count = len(stream)
    local = (rng.random(count)[:, None] > RHYTHMS[fields["rhythm"][stream]]).sum(1)
    hours = (local + rng.random(count) - fields["zone"][stream]) % 24
    # A schedule has its own hours, and starts within seconds of the full one.
    scheduled = fields["scheduled_hours"][stream]
    which = rng.integers(0, 99, count) % np.maximum(scheduled, 1)
    full = (mix(fields["account"][stream], which) % np.uint64(24)).astype(np.float64)
    hours = np.where(scheduled > 0, full + rng.exponential(12, count) / 3_600, hours)
    # Whoever comes or goes on this day is only there for a part of it.
    earliest = np.maximum(fields["start"][stream] - day, 0) * 24
    latest = np.minimum(fields["end"][stream] - day, 1) * 24
    absent = (hours < earliest) | (hours > latest)
    within = earliest + rng.random(count) * (latest - earliest)
    return np.asarray(np.where(absent, within, hours))
