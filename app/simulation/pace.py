"""Meeting simulated time and the wall clock."""

import time
from collections.abc import Callable


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
        self._begun: float | None = None

    def wait(self, records: int, elapsed_ms: float) -> None:
        """Return when ``records`` sent and ``elapsed_ms`` simulated, in all, are due."""
        now = self._clock()
        if self._begun is None:
            self._begun = now
        due = self._begun
        if self._rate is not None:
            due = max(due, self._begun + records / self._rate)
        if self._speed is not None:
            due = max(due, self._begun + elapsed_ms / 1_000.0 / self._speed)
        if due > now:
            self._sleep(due - now)
