"""Whether a worker is alive, recovering, ready or stuck, and the small web server that says so.

``Health`` is what the worker writes and the server reads. The server runs in a thread with an event
loop of its own: it answers also when the worker's loop does not turn, which is just when someone
asks. Kernels release the interpreter's lock, so it answers beside them too.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

import structlog

from app import metrics

log = structlog.get_logger(__name__)

Phase = Literal["starting", "recovering", "ready", "stopping", "dead"]

LOOP_STUCK_SECONDS = 15.0
"""A loop that has not turned for so long is taken for stuck. Half the default session timeout: the
group is about to give the partitions away."""
BEAT_SECONDS = 0.01
"""A call that blocks the loop is measured short by this much at most; it costs half a percent of a
core."""
LAG_WINDOW_BEATS = 1_000


class Health:
    """The worker's state, written from its event loop, read from any thread.

    ``clock`` gives monotonic seconds. Whether records are taken in is not judged here but by
    ``app/transport/watchdog.py``, which ends the process.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._phase: Phase = "starting"
        self._remaining: dict[str, int] = {}
        self._reason = ""
        self._beat: float | None = None  # before the first, kernels may still be compiled

    def starting(self) -> None:
        """No partitions yet: the group has not formed, or the cluster is not reachable."""
        self._enter("starting", {})

    def recovering(self, remaining: Mapping[tuple[str, int], int]) -> None:
        """Tables are being read back; ``remaining`` maps (topic, partition) to records to read."""
        texts = {f"{topic}/{partition}": count for (topic, partition), count in remaining.items()}
        self._enter("recovering", texts)

    def ready(self) -> None:
        """Every partition that is owned has recovered."""
        self._enter("ready", {})

    def stopping(self) -> None:
        """The last checkpoint is being written."""
        self._enter("stopping", {})

    def dead(self, reason: str) -> None:
        """The worker has failed and is about to end; the first reason stays."""
        with self._lock:
            self._reason = self._reason or reason
        self._enter("dead", {})

    def _enter(self, phase: Phase, remaining: dict[str, int]) -> None:
        with self._lock:
            if self._phase != "dead":
                self._phase, self._remaining = phase, remaining
        metrics.READY.set(self._phase == "ready")

    def beat(self) -> None:
        """Say that the worker's event loop turns."""
        self._beat = self._clock()

    def failure(self) -> str | None:
        """Why the worker should be ended, or None while it should not."""
        now = self._clock()
        with self._lock:
            if self._phase == "dead":
                return self._reason
            if self._beat is not None and now - self._beat > LOOP_STUCK_SECONDS:
                return f"the event loop has not turned for {now - self._beat:.0f} s"
        return None

    def report(self) -> dict[str, Any]:
        """The state as the endpoints show it."""
        failure = self.failure()
        with self._lock:
            report: dict[str, Any] = {"state": "dead" if failure else self._phase}
            if failure:
                report["reason"] = failure
            if self._remaining:
                report["remaining"] = dict(sorted(self._remaining.items()))
        return report

    async def watch(self) -> None:
        """Beat a hundred times a second, and measure how late the loop is, until cancelled."""
        late = deque([0.0], LAG_WINDOW_BEATS)
        while True:
            self.beat()
            due = time.monotonic() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            late.append(max(time.monotonic() - due, 0.0))
            metrics.LOOP_LATE_SECONDS.observe(late[-1])
            metrics.LOOP_LAG_SECONDS.set(max(late))
