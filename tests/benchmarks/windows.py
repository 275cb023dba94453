"""The job that every peer does, in plain Python: decayed windows per account, and one rule.

Each request is added to sums that decay over an hour, a day and a week. An account is acted on
once, when it has sent ``LEAST_REQUESTS`` and is narrow and elicits: the least sample is the same as
the one from which Reflux notes an account, so that one and the same request tips it everywhere.
Nothing but the standard library is imported: peers run in environments of their own.
"""

import math
from typing import Any

HORIZONS = (3_600_000.0, 86_400_000.0, 604_800_000.0)
WINDOWS = ("requests", "input_tokens", "output_tokens", "reasoning_tokens", "elicitation")
WEEK_SUMS = ("refused", "opening", "proxy")
LEAST_REQUESTS = 40.0
LEAST_SCORE = 0.9

Row = dict[str, Any]


def empty() -> Row:
    """The row of an account that has sent nothing; plain JSON, as peers' stores keep it."""
    return {
        "last_ts": 0,
        **{name: [0.0, 0.0, 0.0] for name in WINDOWS},
        **dict.fromkeys(WEEK_SUMS, 0.0),
        "tasks": {},
        "acted": False,
    }


def fold(row: Row, request: dict[str, Any]) -> None:
    """Add one request to the account's decayed windows."""
    elapsed = max(request["ts"] - row["last_ts"], 0) if row["last_ts"] else 0
    row["last_ts"] = max(request["ts"], row["last_ts"])
    decay = [math.exp(-elapsed / horizon) for horizon in HORIZONS]
    added = (
        1.0,
        request["input_tokens"],
        request["output_tokens"],
        request["reasoning_tokens"],
        request["elicitation"],
    )
    for name, value in zip(WINDOWS, added, strict=True):
        window = row[name]
        for i in range(3):
            window[i] = window[i] * decay[i] + value
    week = decay[2]
    sums = (
        1.0 if request["status"] in (403, 429) else 0.0,
        1.0 if request["turn"] == 1 else 0.0,
        request["proxy"],
    )
    for name, value in zip(WEEK_SUMS, sums, strict=True):
        row[name] = row[name] * week + value
    tasks = row["tasks"]
    for task in tasks:
        tasks[task] *= week
    tasks[request["task"]] = tasks.get(request["task"], 0.0) + 1.0


def score(row: Row) -> float:
    """How narrow the account is, times how much it elicits: 0 to 1."""
    requests = row["requests"][2]
    share: float = max(row["tasks"].values()) / requests
    mean: float = row["elicitation"][2] / requests
    return share * mean


def tips(row: Row) -> bool:
    """Whether the request just folded is the one to act on the account for; it is noted as such."""
    if row["acted"] or row["requests"][2] < LEAST_REQUESTS or score(row) <= LEAST_SCORE:
        return False
    row["acted"] = True
    return True
