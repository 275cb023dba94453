"""From streams to records: a day's events at a time, in the order in which they arrive."""

import numpy as np

from tests.evaluation.second.calendar import DAY_MS, START_MS
from tests.evaluation.second.content import answers, programs, prompts, work
from tests.evaluation.second.delivery import OK, arrivals, outcomes, with_repeats
from tests.evaluation.second.hashes import mix
from tests.evaluation.second.places import places
from tests.evaluation.second.rows import Fields
from tests.evaluation.second.sessions import Sessions, expected, sessions
from tests.evaluation.second.world import Floats, World


class Days:
    """The days of a world, one after the other. Seeded: a world gives the same days again.

    Only what has not arrived by midnight is kept between two days. A population whose streams say
    more than these do overrides what is made of them.
    """

    def __init__(self, world: World) -> None:
        self._seed = world.seed
        self._fields = world.fields()
        self._pools = world.pools.table()
        self._waiting: Fields | None = None

    def events(self, day: int) -> Fields:
        """What arrives on ``day``: an array for each field of the record, with words as indexes;
        besides them ``stream``, ``account``, ``arrived`` (ms) and ``attack``."""
        rng = np.random.default_rng([self._seed, day])
        events = with_repeats(self._made(day, rng), rng)
        if self._waiting is not None:
            waiting = self._waiting
            events = {name: np.concatenate([waiting[name], events[name]]) for name in events}
        late = events["arrived"] >= START_MS + (day + 1) * DAY_MS
        self._waiting = {name: values[late] for name, values in events.items()}
        here = np.flatnonzero(~late)
        order = here[np.argsort(events["arrived"][here], kind="stable")]
        return {name: values[order] for name, values in events.items()}

    def _made(self, day: int, rng: np.random.Generator) -> Fields:
        fields = self._streams(day)
        visits = sessions(fields, day, self._expected(fields, day), rng)
        stream, count = visits.stream, len(visits.stream)
        status, seconds = outcomes(day, visits.seconds, rng)
        visits = visits._replace(seconds=seconds)
        accepted = START_MS + day * DAY_MS + (seconds * 1_000).astype(np.int64)
        program = self._programs(fields, day, visits, rng)
        return {
            "event_id": mix(np.arange(count), self._seed, day, 77),
            "ts": accepted,
            "stream": stream,
            "account": fields["account"][stream],
            "status": status,
            "arrived": arrivals(accepted, fields["flushed"][stream], rng),
            "attack": fields["attack"][stream],
            **program,
            **prompts(fields, program["template_hash"], visits, rng),
            **work(fields, visits, rng),
            **answers(fields, day, visits, status == OK, rng),
            **places(fields, self._pools, day, visits, rng),
        }

    def _streams(self, day: int) -> Fields:
        """The streams as they are on ``day``."""
        return self._fields

    def _expected(self, fields: Fields, day: int) -> Floats:
        return expected(fields, day)

    def _programs(
        self, fields: Fields, day: int, visits: Sessions, rng: np.random.Generator
    ) -> Fields:
        return programs(fields, day, visits, rng)
