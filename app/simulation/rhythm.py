"""How activity is spread over a week of local time."""

from collections.abc import Sequence

import numpy as np

from app.simulation.calibration import ClientLaw
from app.simulation.rows import FloatArray, IntArray

HOUR_MS = 3_600_000
WEEK_HOURS = 168
# 1 January 1970 was a Thursday; weeks here start on Monday.
_EPOCH_HOUR = 3 * 24

FLAT, OFFICE, EVENING, NIGHT, API = range(5)


def _weekly(hours: Sequence[float], weekdays: Sequence[float]) -> FloatArray:
    week: FloatArray = np.outer(weekdays, hours).reshape(-1)
    mean: float = week.mean()
    return week / mean


def rhythms(clients: ClientLaw) -> FloatArray:
    """Relative intensity per hour of the week, ``float64[5, 168]``, of mean 1 each.

    ``API`` is the measured profile of API clients; the others say in plain shapes when people of
    that kind are awake. The traces' days are not dated, so theirs counts as Monday to Sunday.
    """
    office = [0.05] * 7 + [0.3, 1.2, 2.2, 2.4, 2.2, 1.5, 2.2, 2.4, 2.2, 1.8, 1.0, 0.5]
    office += [0.35, 0.3, 0.25, 0.15, 0.1]
    evening = [0.6, 0.35, 0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 0.7, 0.8, 0.9, 1.0]
    evening += [1.1, 1.0, 0.9, 1.0, 1.1, 1.3, 1.5, 1.9, 2.2, 2.3, 1.8, 1.1]
    night = [2.4] * 6 + [1.2, 0.3] + [0.05] * 12 + [0.3, 1.0, 1.8, 2.2]
    return np.stack(
        [
            np.ones(WEEK_HOURS),
            _weekly(office, [1.2, 1.2, 1.2, 1.2, 1.0, 0.15, 0.1]),
            _weekly(evening, [0.95, 0.95, 0.95, 0.95, 0.95, 1.1, 1.15]),
            _weekly(night, [1.0] * 7),
            _weekly(clients.hours.tolist(), clients.weekdays.tolist()),
        ]
    )


def hour_of_week(ts: int, zone: IntArray) -> IntArray:
    """The local hour of the week, 0 to 167, at ``ts`` for each offset from UTC in hours."""
    return (ts // HOUR_MS + _EPOCH_HOUR + zone) % WEEK_HOURS
