"""When things happen: the days, the hours of a life, and what befalls everybody.

Days are numbered from ``START_MS``, a Monday; ``LAUNCH`` and ``OUTAGE`` are in such days, so a
recording that is too short does not contain them.
"""

import numpy as np
import numpy.typing as npt

START_MS = 1_756_684_800_000
"""2025-09-01 00:00 UTC."""

DAY_MS = 86_400_000
HOUR_MS = 3_600_000

LAUNCH = 8.6
"""A new model: most of those who move do so within a day."""

OUTAGE_DAY = 12
OUTAGE_HOURS = (13.2, 14.1)

WHOLE = 22
"""Days of a whole recording: launch, outage, deadlines and the sleeper's waking are in it."""

NEVER = 99.0
"""A day that does not come."""

OFFICE, EVENING, STUDENT, FLAT, NIGHT, DEVELOPER, DAYTIME = range(7)
"""Rhythms: rows of ``RHYTHMS``."""


def _rhythms() -> npt.NDArray[np.float64]:
    hours = np.arange(24)

    def around(centre: float, spread: float) -> npt.NDArray[np.float64]:
        away = (hours - centre + 12) % 24 - 12
        return np.asarray(np.exp(-0.5 * (away / spread) ** 2))

    shapes = np.array(
        [
            around(10.5, 2) + around(15, 2.2) + 0.02,
            0.5 * around(13, 3) + around(20.5, 2.5) + 0.04,
            0.6 * around(15, 3) + around(22, 3) + 0.05,
            np.ones(24),
            around(2, 3.5) + 0.25,
            0.8 * around(11, 2.5) + around(16, 3) + 0.5 * around(22, 2) + 0.05,
            around(14, 5) + 0.03,
        ]
    )
    return np.cumsum(shapes / shapes.sum(1, keepdims=True), axis=1)


RHYTHMS = _rhythms()
"""For each rhythm the share of sessions begun by the end of each local hour."""


def is_weekday(day: int) -> bool:
    return day % 7 < 5
