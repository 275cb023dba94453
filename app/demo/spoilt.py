"""Records that a broken producer might send, to show where they go."""

from collections.abc import Callable

import numpy as np
import orjson

from app.simulation.encode import RequestEncoder
from app.simulation.population import Population
from app.simulation.rows import REQUEST

Spoilt = Callable[[Population, int], tuple[bytes, bytes]]
"""Makes (key, value) of a bad record from the population and the event time."""


def _good(people: Population, ts: int) -> tuple[bytes, dict[str, object]]:
    row = np.zeros(1, REQUEST)
    row["ts"], row["turn"], row["status"], row["temperature"] = ts, 1, 200, np.nan
    encoder = RequestEncoder(people)
    [value], [key] = encoder.encode(row), encoder.keys(row)
    return key, orjson.loads(value)


def cut_short(people: Population, ts: int) -> tuple[bytes, bytes]:
    """A record that ends in the middle: ``malformed``."""
    key, value = _good(people, ts)
    return key, orjson.dumps(value)[:100]


def without_a_field(people: Population, ts: int) -> tuple[bytes, bytes]:
    """A record without a required field: ``missing_field``."""
    key, value = _good(people, ts)
    del value["model"]
    return key, orjson.dumps(value)


def out_of_range(people: Population, ts: int) -> tuple[bytes, bytes]:
    """A record with a probability above one: ``out_of_range``."""
    key, value = _good(people, ts)
    return key, orjson.dumps({**value, "proxy": 7.5})


SPOILT: tuple[Spoilt, ...] = (cut_short, without_a_field, out_of_range)
