"""Accounts painted in one go: rows that look as if a history had been folded into them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.state.layout import ACCOUNT, DAY, WEEK

HOUR = 3_600_000
DISTILLER: dict[str, float] = {
    "requests": 400.0,  # of the week
    "tokens": 2_000.0,  # per request
    "capabilities": 1.0,  # share of the tasks
    "elicitation": 0.8,
    "fresh": 0.95,
    "openings": 1.0,
    "proxy": 0.7,
    "active": 24.0,  # hours of the last 24
    "steady": 1.0,  # typical gap over mean gap
}
ORDINARY: dict[str, float] = {
    "requests": 400.0,
    "tokens": 300.0,
    "capabilities": 0.3,
    "elicitation": 0.15,
    "fresh": 0.05,
    "openings": 0.3,
    "proxy": 0.05,
    "active": 9.0,
    "steady": 0.03,
}


def new_row() -> npt.NDArray[Any]:
    row: npt.NDArray[Any] = np.zeros(1, ACCOUNT)[0]
    row["id_length"] = 1
    return row


def paint(row: npt.NDArray[Any], ts: int, **traits: float) -> None:
    """Make ``row`` look like ``DISTILLER`` at ``ts``, but for ``traits``; standings stay."""
    look = DISTILLER | traits
    requests = look["requests"]
    row["last_ts"] = ts
    row["first_ts"] = ts - 14 * 24 * HOUR
    row["events"] = max(int(requests), 1)
    row["requests"] = (requests / 100, requests / 5, requests)
    row["output_tokens"] = row["requests"] * look["tokens"]
    row["elicitation"] = row["requests"] * look["elicitation"]
    row["opening"] = requests * look["openings"]
    row["novel"] = row["opening"] * look["fresh"]
    row["proxy"] = requests * look["proxy"]
    row["tasks"] = 0.0
    row["tasks"][:3] = requests * look["capabilities"] / 3
    row["tasks"][9] = requests * (1 - look["capabilities"])
    row["network_weight"][0] = requests
    row["gap_weight"] = requests
    row["gap_mean"] = np.log(max(604_800_000 / max(requests, 1e-9) * look["steady"], 1.0))
    row["hours_at"] = ts // HOUR
    row["hours"] = 0
    row["hours"][0] = np.uint64((1 << int(look["active"])) - 1)
    assert row["requests"][DAY] < row["requests"][WEEK] or requests == 0
