"""Streams: pieces of behaviour of an account, as rows of one table.

An account has one stream or several: a person who codes by day and chats at night, a student before
and at the deadline, a fraudulent account's cover and its work.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tests.evaluation.second.calendar import NEVER

Rows = npt.NDArray[Any]
"""A structured array."""

Fields = dict[str, npt.NDArray[Any]]
"""The same, field by field."""

TASK_COUNT = 14
TEMPLATES = 6
CHOICES = 3
"""Clients, models and places that a stream chooses from."""

HOME, AWAY, WORK = range(CHOICES)
"""What the three places are for most streams."""

STREAM = np.dtype(
    [
        ("account", np.int64),
        # When, in days from the start of the calendar.
        ("start", np.float64),
        ("end", np.float64),
        ("requests_per_day", np.float64),
        ("steadiness", np.float64),  # shape of the Gamma a day's rate is drawn from
        ("on_weekdays", np.float64),  # chance that anything happens on such a day
        ("on_weekends", np.float64),
        ("session_length", np.float64),
        ("log_gap", np.float64),  # of the seconds between requests of a session
        ("rhythm", np.int64),
        ("zone", np.float64),
        ("scheduled_hours", np.int64),  # 0: whenever the rhythm has it
        # What is asked. Piped prompts are `prompts` texts of a template, or of `prompt_key`.
        ("piped", np.float64),
        ("prompt_key", np.uint64),
        ("prompts", np.int64),
        ("likeness", np.int64),  # prompts of a kind differ in 64 / 2**likeness bits; 7: in none
        ("conversation", np.bool_),
        ("tools", np.int64),
        ("temperature", np.float64),
        ("language", np.int64),
        ("elicitation", np.float64, 2),  # parameters of a Beta
        ("task_share", np.float64, TASK_COUNT),
        ("log_input", np.float64),
        ("log_output", np.float64),
        ("reasoning", np.float64),
        # With what. A program is released every `cadence` days, and updated `lag` later.
        ("template", np.uint64, TEMPLATES),
        ("template_share", np.float64, TEMPLATES),
        ("cadence", np.float64),
        ("phase", np.float64),
        ("lag", np.float64),
        ("client", np.uint64, CHOICES),
        ("client_share", np.float64, CHOICES),
        ("model_share", np.float64, CHOICES),
        ("adopts", np.float64),
        ("surface", np.int64),
        # From where: the address `address` of a pool, or any (-1), changing every `lease` days.
        ("pool", np.int64, CHOICES),
        ("address", np.int64, CHOICES),
        ("lease", np.float64, CHOICES),
        ("at_leisure", np.float64, CHOICES),
        ("at_work", np.float64, CHOICES),
        ("flushed", np.bool_),  # events arrive in batches, every ten minutes
        ("attack", np.bool_),
    ]
)

SHARES = (
    "task_share",
    "template_share",
    "client_share",
    "model_share",
    "at_leisure",
    "at_work",
)
"""Fields that hold weights, of which one is chosen by each request or session."""

_USUAL: dict[str, Any] = {
    "end": NEVER,
    "requests_per_day": 5.0,
    "steadiness": 1.0,
    "on_weekdays": 0.7,
    "on_weekends": 0.4,
    "session_length": 6.0,
    "log_gap": 4.0,
    "prompts": 1,
    "likeness": 4,
    "conversation": True,
    "temperature": np.nan,
    "elicitation": (1.2, 9.0),
    "log_input": 6.9,
    "log_output": 4.9,
    "reasoning": 0.3,
    "adopts": NEVER,
    **{name: [1.0] for name in SHARES},
}


def streams(count: int) -> Rows:
    """``count`` streams of nobody in particular."""
    return put(np.zeros(count, STREAM), **_USUAL)


def put(rows: Rows, **values: npt.ArrayLike) -> Rows:
    """Set fields of all ``rows``, and return them.

    One number, or one for each stream. Of a field that holds several, a list is what all streams
    have, a matrix has a line for each stream, and what is not given is zero.
    """
    for name, value in values.items():
        given, field = np.asarray(value), rows[name]
        if field.ndim == 1 or given.ndim == 0:
            field[...] = given
        else:
            field[...] = 0
            field[:, : given.shape[-1]] = given
    return rows


def chosen(share: npt.NDArray[np.float64], drawn: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """For each line of cumulated weights the choice that ``drawn`` (0 to 1) falls on."""
    past = (drawn[:, None] > share).sum(1)
    return np.asarray(np.minimum(past, share.shape[1] - 1), np.int64)
