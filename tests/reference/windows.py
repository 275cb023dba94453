"""An account's windows in plain Python: sums over its whole history, nothing folded."""

import math
from typing import Any

from app.state.layout import HORIZONS_MS, TASKS
from tests.reference.requests import Ask

TICK = 10_000


def weight(ask: Ask, clock: int, horizon: int) -> float:
    ticks = clock // TICK - ask.ts // TICK
    return math.exp(-ticks * TICK / HORIZONS_MS[horizon])


def windows_of(history: list[Ask]) -> dict[str, Any]:
    """The windows of a row into which ``history`` was folded, in any order, as of its clock."""
    clock = max(ask.ts for ask in history)

    def total(horizon: int, amount: Any) -> float:
        return math.fsum(weight(ask, clock, horizon) * amount(ask) for ask in history)

    row: dict[str, Any] = {
        name: [total(h, amount) for h in range(3)]
        for name, amount in {
            "requests": lambda ask: 1,
            "input_tokens": lambda ask: ask.input_tokens,
            "output_tokens": lambda ask: ask.output_tokens,
            "reasoning_tokens": lambda ask: ask.reasoning_tokens,
            "elicitation": lambda ask: ask.elicitation,
        }.items()
    }
    row |= {
        name: total(2, amount)
        for name, amount in {
            "refused": lambda ask: ask.status in (403, 429),
            "opening": lambda ask: ask.turn == 1,
            "proxy": lambda ask: ask.proxy,
        }.items()
    }
    row["tasks"] = [total(2, lambda ask, k=k: ask.task == k) for k in range(len(TASKS))]
    row["last_ts"] = clock
    row["first_ts"] = min(ask.ts for ask in history)
    row["events"] = len(history)
    return row


def active_hours(history: list[Ask], now: int, span: int) -> int:
    """Hours with a request among the ``span`` up to that of ``now``, as far as a week reaches."""
    hour = 3_600_000
    newest = max(ask.ts for ask in history) // hour
    known: set[int] = set()
    clock = None
    for ask in history:
        at = ask.ts // hour
        clock = at if clock is None else max(clock, at)
        if at > clock - 168:
            known.add(at)
    known = {at for at in known if at > newest - 168}
    return sum(now // hour - span < at <= now // hour for at in known)


def gap_moments(history: list[Ask]) -> tuple[float, float, float]:
    """(weight, mean, sum of squares) of the log gaps, weighted by their age at the clock."""
    gaps: list[tuple[int, float]] = []
    clock = history[0].ts
    for ask in history[1:]:
        if ask.ts >= clock:
            gaps.append((ask.ts, math.log(1 + ask.ts - clock)))
            clock = ask.ts
    weights = [math.exp(-(clock // TICK - at // TICK) * TICK / HORIZONS_MS[2]) for at, _ in gaps]
    total = math.fsum(weights)
    if not gaps:
        return 0.0, 0.0, 0.0
    mean = math.fsum(w * gap for w, (_, gap) in zip(weights, gaps, strict=True)) / total
    squares = math.fsum(w * (gap - mean) ** 2 for w, (_, gap) in zip(weights, gaps, strict=True))
    return total, mean, squares
