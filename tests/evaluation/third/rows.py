"""Streams of the second population with more to say about templates and about when."""

from typing import Any

import numpy as np

from tests.evaluation.second.rows import STREAM, Rows, put, streams

WIDE = np.dtype(
    [
        *STREAM.descr,
        # A template stands for `variants` prompts (sub-agents, modes); an account knows all of
        # them or `own_variants` of its own choice; the larger the skew, the more the first.
        ("variants", np.int64),
        ("own_variants", np.int64),
        ("variant_skew", np.float64),
        ("salt", np.int64),  # what a template contains besides: see SHARED and the others
        ("prompt_cadence", np.float64),  # days until the prompts of `prompt_key` are others
        ("plain", np.float64),  # share of requests that elicit nothing
        # When: growth over `ramp` days; `peak` times as much on one weekday; `on_days` of `cycle`.
        ("ramp", np.float64),
        ("peak_weekday", np.int64),
        ("peak", np.float64),
        ("cycle", np.int64),
        ("on_days", np.int64),
        ("cycle_phase", np.int64),
        # Good and bad days that all of a `crowd` have together.
        ("crowd", np.uint64),
        ("crowd_sigma", np.float64),
    ]
)

SHARED, PER_ACCOUNT, PER_DAY, PER_SESSION = range(4)
"""What a template's text depends on."""

_USUAL: dict[str, Any] = {"variants": 1, "variant_skew": 1.6, "peak_weekday": -1, "peak": 1.0}


def wide(rows: Rows) -> Rows:
    """``rows`` with the fields that are new here; as they are if they have them."""
    if rows.dtype == WIDE:
        return rows
    made = np.zeros(len(rows), WIDE)
    for name in STREAM.names or ():
        made[name] = rows[name]
    return put(made, **_USUAL)


def wide_streams(count: int) -> Rows:
    return wide(streams(count))
