"""The last brake: how many actions a worker may publish per minute of wall clock.

The policy's guards count in event time and decide what becomes of an action; this brake decides
nothing. It holds a checkpoint back, whole, so that order and exactly-once stay as they are, and
raises an alarm: somebody should look before the rest goes out.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from app import metrics

log = structlog.get_logger(__name__)


class Breaker:
    """A token bucket (Turner 1986) of ``per_minute`` actions; 0 lets everything pass.

    ``clock`` gives monotonic seconds and ``sleep`` waits for some.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(per_minute)
        self._at = clock()
        self._held = 0
        self._turn = asyncio.Lock()

    async def admit(self, actions: int) -> None:
        """Return when ``actions`` more may be published; in the order of calls.

        More at once than a minute allows pass when the bucket is full, and empty it for as long.
        """
        if not self._per_minute or not actions:
            return
        self._held += actions
        try:
            async with self._turn:
                self._refill()
                missing = min(actions, self._per_minute) - self._tokens
                if missing > 0:
                    seconds = missing * 60 / self._per_minute
                    metrics.BREAKER_HELD.set(self._held)
                    log.error(
                        "actions held back: more than the limit per minute",
                        actions=self._held,
                        per_minute=self._per_minute,
                        seconds=round(seconds, 1),
                    )
                    await self._sleep(seconds)
                    self._refill()
                self._tokens -= actions
        finally:
            self._held -= actions
            metrics.BREAKER_HELD.set(0)

    def _refill(self) -> None:
        now = self._clock()
        gained = (now - self._at) * self._per_minute / 60
        self._tokens = min(self._tokens + gained, float(self._per_minute))
        self._at = now
