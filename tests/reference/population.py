"""A population sketch in plain Python: the features of the rows that count, one list each."""

import math
from typing import Any

import numpy as np

from app.detection.features import FEATURES
from app.kernels.features import extract_features
from app.state.layout import (
    ACTION_SUSPEND,
    ACTION_THROTTLE,
    FLAG_PROFILE,
    FLAG_STUB,
    HORIZONS_MS,
    TASKS,
)

DAY = 86_400_000
TICK = 10_000


def sketch_of(rows: Any, now: int) -> tuple[tuple[int, int], dict[str, list[float]], list[int]]:
    """((active accounts, those that speak), values of each feature, summed task shares in
    thousandths)."""
    known = [row for row in rows if _counts(row, now)]
    weeks = sorted(map(_known_since, known))
    middle = weeks[(len(weeks) - 1) // 2] if weeks else 0
    older = [row for row in known if _known_since(row) < middle]
    active = older
    if len(older) < 0.25 * len(known):
        active = [row for row in known if _known_since(row) <= middle]
    settled = [row for row in active if _requests(row, now) >= 8]
    parts = [
        [task / sum(row["tasks"].tolist()) for task in row["tasks"].tolist()] for row in settled
    ]
    shares = [sum(math.floor(part[k] * 1000 + 0.5) for part in parts) for k in range(len(TASKS))]
    total = sum(shares)
    mix = [share / total if total else 1 / len(TASKS) for share in shares]
    values: dict[str, list[float]] = {feature.name: [] for feature in FEATURES}
    for row in active:
        out = np.empty(len(FEATURES))
        extract_features(row, now, np.array(mix), out)
        for feature, value in zip(FEATURES, out.tolist(), strict=True):
            if not math.isnan(value) and (row in settled or feature.evidence == "volume"):
                values[feature.name].append(value)
    return (sum(_is_active(row, now) for row in rows), len(active)), values, shares


def _counts(row: Any, now: int) -> bool:
    live = row["live"]
    lapsed = 0 < live["expires_at"] <= now
    limited = live["action"] in (ACTION_THROTTLE, ACTION_SUSPEND) and not lapsed
    return _is_active(row, now) and not limited and row["campaign_probability"] < 0.5


def _is_active(row: Any, now: int) -> bool:
    return bool(
        row["id_length"] > 0
        and not row["flags"] & FLAG_STUB
        and row["events"] > 0
        and now - row["last_ts"] < DAY
    )


def _known_since(row: Any) -> int:
    told = [int(row["created_at"])] if row["flags"] & FLAG_PROFILE and row["created_at"] > 0 else []
    return min([int(row["first_ts"]), *told]) // (7 * DAY)


def _requests(row: Any, now: int) -> float:
    ticks = max(now // TICK - int(row["last_ts"]) // TICK, 0)
    return float(row["requests"][2]) * math.exp(-ticks * TICK / HORIZONS_MS[2])
