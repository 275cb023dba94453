"""The features of an account in plain Python, from its whole history."""

import math

from app.state.layout import TASKS
from tests.reference.families import Families, HeavyHitters
from tests.reference.requests import Ask
from tests.reference.windows import TICK, active_hours, gap_moments, windows_of

DAY, WEEK = 86_400_000, 604_800_000
CAPABILITIES = TASKS[:6]


def remaining(now: int, clock: int, horizon: int) -> float:
    return math.exp(-max(now // TICK - clock // TICK, 0) * TICK / horizon)


def features_of(history: list[Ask], now: int, mix: list[float]) -> dict[str, float]:
    """Every feature by name, as of ``now``; NaN where there is no answer."""
    windows = windows_of(history)
    clock = windows["last_ts"]
    day, week = remaining(now, clock, DAY), remaining(now, clock, WEEK)
    requests = windows["requests"][2]
    tokens = windows["output_tokens"][1] + windows["reasoning_tokens"][1]
    families = Families()
    networks = HeavyHitters(3)
    at = history[0].ts
    for ask in history:
        families.fold(ask)
        ticks = ask.ts // TICK - at // TICK
        if ask.ts >= at:
            networks.decay(math.exp(-ticks * TICK / WEEK))
        networks.add(ask.network, 1.0 if ask.ts >= at else math.exp(ticks * TICK / WEEK))
        at = max(at, ask.ts)
    heaviest = max(place.weight for place in networks.places)
    return {
        "volume.requests": math.log(1 + windows["requests"][1] * day),
        "volume.output_tokens": math.log(1 + tokens * day),
        "content.capabilities": divergence(windows["tasks"], mix),
        "elicitation.score": windows["elicitation"][2] / requests,
        "templates.fresh": (
            (1 - families.recaptured) * families.novel / windows["opening"]
            if windows["opening"]
            else math.nan
        ),
        "rhythm.active_hours": active_hours(history, now, 24),
        "rhythm.steadiness": steadiness(history, requests),
        "rhythm.surge": surge(windows, now, day, week),
        "conduct.openings": windows["opening"] / requests,
        "conduct.networks": max(1 - heaviest / requests, 0),
        "conduct.proxy": windows["proxy"] / requests,
    }


def divergence(tasks: list[float], mix: list[float]) -> float:
    total = sum(tasks)
    return sum(
        task / total * math.log(task / total / max(mix[k], 0.005))
        for k, task in enumerate(tasks[: len(CAPABILITIES)])
        if task > 0
    )


def steadiness(history: list[Ask], requests: float) -> float:
    weight, mean, _ = gap_moments(history)
    age = max(ask.ts for ask in history) - min(ask.ts for ask in history)
    if weight <= 1 or age <= 0:
        return math.nan
    return mean - math.log(1 + WEEK * (1 - math.exp(-age / WEEK)) / requests)


def surge(windows: dict[str, list[float]], now: int, day: float, week: float) -> float:
    age = now - windows["first_ts"]
    if age < 3 * DAY:
        return math.nan
    per_day = windows["requests"][1] * day / (1 - math.exp(-age / DAY))
    per_week = windows["requests"][2] * week / (1 - math.exp(-age / WEEK)) / 7
    return math.log((1 + per_day) / (1 + per_week))
