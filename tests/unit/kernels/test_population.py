"""Who speaks for the population: not whom a campaign holds, and not the newcomers."""

from typing import Any

import numpy as np
import pytest

from app.detection.features import FEATURES
from app.detection.population import quantiles_of
from app.kernels.population import BELIEVED, BINS, sketch_population
from app.kernels.regimes import LEVELS
from app.state.layout import ACCOUNT, FLAG_PROFILE, TASKS
from tests.reference.portraits import DISTILLER, HOUR, ORDINARY, paint
from tests.reference.requests import START

DAY = 24 * HOUR
NOW = START + 400 * DAY
ELICITATION = [feature.name for feature in FEATURES].index("elicitation.score")
MEDIAN = LEVELS.tolist().index(0.5)


def people(count: int, look: dict[str, float], *, age_days: float | None, seen_days: int) -> Any:
    """``count`` accounts created ``age_days`` ago (None: no profile says when), first seen
    ``seen_days`` ago."""
    rows = np.zeros(count, ACCOUNT)
    for row in rows:
        paint(row, NOW - HOUR, **look)
        row["id_length"] = 1
        row["first_ts"] = NOW - seen_days * DAY
        if age_days is not None:
            row["flags"] = FLAG_PROFILE
            row["created_at"] = NOW - int(age_days * DAY)
    return rows


def median_of(*groups: Any) -> tuple[int, float]:
    """How many accounts speak, and the median of what they elicit; all of them are active."""
    rows = np.concatenate(groups)
    histogram = np.zeros((len(FEATURES), BINS), np.int64)
    shares = np.zeros(len(TASKS), np.int64)
    active, spoke = sketch_population(rows, len(rows), NOW, histogram, shares)
    assert active == len(rows)  # what guards allow is a share of these, whoever speaks
    return int(spoke), float(quantiles_of(histogram)[ELICITATION, MEDIAN])


HONEST = people(40, ORDINARY, age_days=200, seen_days=90)
USUAL = ORDINARY["elicitation"]


def test_a_campaign_of_new_accounts_is_no_yardstick() -> None:
    newcomers = people(60, DISTILLER, age_days=10, seen_days=10)
    spoke, median = median_of(HONEST, newcomers)
    assert median == pytest.approx(USUAL, abs=0.01)
    assert spoke == 40


def test_newcomers_speak_where_hardly_anybody_is_older() -> None:
    young = people(60, ORDINARY, age_days=20, seen_days=20)
    assert median_of(HONEST, young, people(5, DISTILLER, age_days=900, seen_days=10)) == (
        45,
        pytest.approx(USUAL, abs=0.02),
    )
    few = people(20, ORDINARY, age_days=900, seen_days=90)
    assert median_of(few, young, people(5, ORDINARY, age_days=20, seen_days=10))[0] == 85


@pytest.mark.parametrize(("probability", "held"), [(BELIEVED, True), (BELIEVED - 0.01, False)])
def test_whom_a_campaign_holds_does_not_speak(probability: float, held: bool) -> None:
    members = people(60, DISTILLER, age_days=400, seen_days=90)
    members["campaign_probability"] = probability
    spoke, median = median_of(HONEST, members)
    assert spoke == (40 if held else 60)
    assert (median < 0.3) is held


def test_without_profiles_accounts_are_known_from_their_first_request() -> None:
    old = people(40, ORDINARY, age_days=None, seen_days=90)
    assert median_of(old, people(30, DISTILLER, age_days=None, seen_days=3)) == (
        40,
        pytest.approx(USUAL, abs=0.01),
    )


def test_who_was_first_seen_in_one_week_is_equally_old() -> None:
    """The busiest of those who begin to be watched are seen first."""
    monday = NOW // DAY // 7 * 7 - 21
    days = [people(10, ORDINARY, age_days=None, seen_days=NOW // DAY - monday) for _ in range(7)]
    for day, rows in enumerate(days):
        rows["first_ts"] = (monday + day) * DAY
    assert median_of(*days)[0] == 70
