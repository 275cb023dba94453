"""Compiles the kernels while the demo makes everything else ready."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.broker.process import GuardedProcess
from app.demo.report import Report
from app.demo.worker import DemoFailedError

COMMAND = (sys.executable, "-m", "app.agents.warmup_halves")

APPARENT_SECONDS = 4.0
"""Kernels that an earlier run compiled are loaded in less, and that is not worth a word."""

MOST_SECONDS = 600.0


class Kernels:
    """The kernels of a worker to come, compiled on two processors from construction on."""

    def __init__(self, directory: Path, command: Sequence[str] = COMMAND) -> None:
        self._begun = time.monotonic()
        self._process = GuardedProcess(command, log=directory / "kernels.log")

    def wait_until_compiled(self, report: Report) -> None:
        """Return when a worker has nothing to compile; raises ``DemoFailedError``."""
        told = False
        while (status := self._process.poll()) is None:
            seconds = time.monotonic() - self._begun
            if seconds > MOST_SECONDS:
                raise DemoFailedError(f"kernels are still being compiled after {seconds:.0f} s")
            if not told and seconds > APPARENT_SECONDS:
                told = True
                report.say("compiling kernels for this machine, once: about a minute")
                report.stage("compiling kernels")
            time.sleep(0.05)
        if status != 0:
            words = "\n".join(self._process.last_lines(15))
            raise DemoFailedError(f"compiling kernels ended with status {status}:\n{words}")
        if told:
            report.say(f"compiled them in {time.monotonic() - self._begun:.0f} s")

    def stop(self) -> None:
        """End it; idempotent."""
        self._process.stop(grace=0.0)
