"""Meeting simulated time and the wall clock."""

import time
from collections.abc import Callable

CATCH_UP_SECONDS = 0.5
"""How much lost time is made up for: sleeps are never exact, but a stream that was held up for
long must go on at its pace, not burst."""


class Pace:
    """Holds a stream back to a rate, to a speed, or to both.

    ``rate``: records a second at most; ``speed``: simulated milliseconds per real millisecond at
    most; None: as fast as it goes. ``clock`` and ``sleep`` are the wall clock's, in seconds.
    """

    def __init__(
        self,
        rate: float | None = None,
        speed: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if (rate is not None and rate <= 0) or (speed is not None and speed <= 0):
            raise ValueError("rate and speed must be above 0")
        self._rate = rate
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._due: float | None = None
        self._records = 0
        self._elapsed_ms = 0.0

    def wait(self, records: int, elapsed_ms: float) -> None:
        """Return when ``records`` sent and ``elapsed_ms`` simulated, in all, are due."""
        more = 0.0
        if self._rate is not None:
            more = (records - self._records) / self._rate
        if self._speed is not None:
            more = max(more, (elapsed_ms - self._elapsed_ms) / 1_000.0 / self._speed)
        self._records, self._elapsed_ms = records, elapsed_ms
        now = self._clock()
        if self._due is None:
            self._due = now
        self._due = max(self._due + more, now - CATCH_UP_SECONDS)
        if self._due > now:
            self._sleep(self._due - now)
