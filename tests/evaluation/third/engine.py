"""From wide streams to records: the second population's days, and what wide streams add."""

import numpy as np

from tests.evaluation.second import engine
from tests.evaluation.second.rows import Fields
from tests.evaluation.second.sessions import Sessions
from tests.evaluation.second.world import Floats
from tests.evaluation.third.amounts import expected
from tests.evaluation.third.texts import prompt_keys, salted, variant


class Days(engine.Days):
    """The days of a third world, one after the other."""

    def _made(self, day: int, rng: np.random.Generator) -> Fields:
        events = super()._made(day, rng)
        count = len(events["stream"])
        plain = rng.random(count) < self._fields["plain"][events["stream"]]
        nothing = rng.beta(1.2, 9, count)
        return {**events, "elicitation": np.where(plain, nothing, events["elicitation"])}

    def _streams(self, day: int) -> Fields:
        return {**self._fields, "prompt_key": prompt_keys(self._fields, day)}

    def _expected(self, fields: Fields, day: int) -> Floats:
        return expected(fields, day)

    def _programs(
        self, fields: Fields, day: int, visits: Sessions, rng: np.random.Generator
    ) -> Fields:
        made = super()._programs(fields, day, visits, rng)
        text = variant(fields, made["template_hash"], visits, rng)
        return {**made, "template_hash": salted(fields, text, day, visits)}
