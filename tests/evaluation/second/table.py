"""Events as an Arrow table with the columns of the request record."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tests.evaluation.second.engine import Days
from tests.evaluation.second.hashes import hexadecimal
from tests.evaluation.second.profiles import names_or_none
from tests.evaluation.second.rows import Fields
from tests.evaluation.second.vocabulary import LANGUAGES, MODELS, SURFACES, TASKS
from tests.evaluation.second.world import World

ARRIVED, ATTACK = "_arrived", "_attack"
"""Columns beside the record's: they order and judge a recording, and are not in it."""


class Tables:
    """The days of ``world`` as tables, made by its population's ``engine``."""

    def __init__(self, world: World, engine: type[Days] = Days) -> None:
        self._days = engine(world)
        self._ids = hexadecimal(world.account_hashes(), b"acct_")
        self._organisations = names_or_none(world.profiles()["organisation"], b"org_")

    def day(self, day: int) -> Any:
        events = self._days.events(day)
        account = pa.array(events["account"])
        temperature = events["temperature"]
        columns = {
            "event_id": hexadecimal(events["event_id"], b"ev_"),
            "ts": pa.array(events["ts"]),
            "account_id": self._ids.take(account),
            "org_id": self._organisations.take(account),
            "model": _words(MODELS, events["model"]),
            "surface": _words(SURFACES, events["surface"]),
            **_integers(events, "status", "input_tokens", "output_tokens", "reasoning_tokens"),
            **_integers(events, "latency_ms"),
            "task": _words(TASKS, events["task"]),
            **_fractions(events, "task_confidence", "elicitation"),
            "prompt_simhash": hexadecimal(events["prompt_simhash"]),
            "template_hash": hexadecimal(events["template_hash"]),
            **_integers(events, "turn", "tools"),
            "temperature": pa.array(temperature, mask=np.isnan(temperature)),
            "language": _words(LANGUAGES, events["language"]),
            "ip_hash": hexadecimal(events["ip_hash"]),
            "net_hash": hexadecimal(events["net_hash"]),
            **_integers(events, "asn"),
            **_fractions(events, "proxy"),
            "client_hash": hexadecimal(events["client_hash"]),
            ARRIVED: pa.array(events["arrived"]),
            ATTACK: pa.array(events["attack"]),
        }
        return pa.table(columns)


def _words(words: tuple[str, ...], index: npt.NDArray[np.int64]) -> Any:
    return pa.array(words, pa.string()).take(pa.array(index))


def _integers(events: Fields, *names: str) -> dict[str, Any]:
    return {name: pa.array(events[name].astype(np.int64)) for name in names}


def _fractions(events: Fields, *names: str) -> dict[str, Any]:
    return {name: pa.array(np.round(events[name], 4)) for name in names}
