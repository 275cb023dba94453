"""What deployments have and a test must stand in for: somebody who starts a worker again."""

import threading
import time
from types import TracebackType

from tests.faults.stage import Stage
from tests.integration.workers import Worker

PAUSE_SECONDS = 1.0
LAG = "reflux_lag_records{"


class Supervisor:
    """Keeps one worker of ``stage`` running. ``ends`` are the exit codes of those that ended."""

    def __init__(self, stage: Stage, first: Worker) -> None:
        self.worker = first
        self.ends: list[int] = []
        self._stage = stage
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor")

    def __enter__(self) -> "Supervisor":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            code = self.worker.process.poll()
            if code is not None:
                self.ends.append(code)
                self.worker = self._stage.start()

    def until_read(self, name: str, seconds: float) -> None:
        """As ``Stage.until_read``, by whichever worker."""
        deadline = time.monotonic() + seconds
        while not self._stage.has_read(name):
            if time.monotonic() > deadline:
                behind = [line for line in self.worker.get("/metrics").splitlines() if LAG in line]
                raise AssertionError(f"waited for {name}: {behind} {self.worker.last_words()}")
            time.sleep(PAUSE_SECONDS)
