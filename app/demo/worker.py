"""The demo's worker: ``reflux worker`` as a child process that cannot be left behind."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from pydantic import SecretStr

from app.broker.process import GuardedProcess
from app.settings import PREFIX, Settings

READY_SECONDS = 300.0
"""A first start compiles every kernel: a minute of one processor's time, more on a busy one."""

STOP_SECONDS = 10.0

COMMAND = (sys.executable, "-c", "from app.cli import main; main()", "worker")


class DemoFailedError(RuntimeError):
    """The demo cannot go on; the message says why, with the worker's last words."""


class DemoWorker:
    """One worker on the demo's cluster, from construction to ``stop``."""

    def __init__(
        self, settings: Settings, directory: Path, command: Sequence[str] = COMMAND
    ) -> None:
        self._process = GuardedProcess(
            command,
            log=directory / "worker.log",
            environment=_environment(settings),
        )
        self._host = settings.web_host
        self._port: int | None = None

    @property
    def address(self) -> str:
        """Base URL of its web server; empty until it listens."""
        if self._port is None:
            self._port = self._find_port()
        return f"http://{self._host}:{self._port}" if self._port else ""

    def wait_until_ready(self) -> None:
        """Return when the worker owns its partitions; raises ``DemoFailedError``."""
        deadline = time.monotonic() + READY_SECONDS
        state = "starting"
        while state != "ready":
            self.check()
            if time.monotonic() > deadline:
                raise DemoFailedError(
                    f"the worker is still {state} after {READY_SECONDS:g} s{self.last_words()}"
                )
            time.sleep(0.1)
            state = self._state() or state

    def check(self) -> None:
        """Raise ``DemoFailedError`` if the worker has ended."""
        status = self._process.poll()
        if status is not None:
            raise DemoFailedError(f"the worker ended with status {status}{self.last_words()}")

    def last_words(self) -> str:
        """The last lines of its log, as the end of a message."""
        everything = self._process.last_lines(200)
        amiss = [line for line in everything if not _is_chatter(line)]
        lines = (amiss or everything)[-15:]
        return "; its last log lines:\n" + "\n".join(lines) if lines else ", without a word"

    def stop(self) -> int:
        """End it, with time for its last checkpoint; returns its exit status."""
        return self._process.stop(grace=STOP_SECONDS)

    def _state(self) -> str | None:
        if not self.address:
            return None
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=2.0) as answer:  # noqa: S310
                report: dict[str, Any] = orjson.loads(answer.read())
        except urllib.error.HTTPError as exc:
            report = orjson.loads(exc.read())
        except OSError:
            return None
        return str(report["state"])

    def _find_port(self) -> int | None:
        # The worker takes any free port and logs which: no other process can have taken it since.
        for line in self._process.last_lines(200):
            if b'"port"' in (raw := line.encode()) and raw[:1] == b"{":
                event = orjson.loads(raw)
                if event.get("host") == self._host:
                    return int(event["port"])
        return None


def _is_chatter(line: str) -> bool:
    """Whether a line of the log is about nothing amiss: a worker that ends says a lot of that."""
    return line.startswith("{") and '"level": "info"' in line


def _environment(settings: Settings) -> dict[str, str]:
    """The settings as variables; nothing else of Reflux's is taken over from this process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if value is not None and value != "":
            environment[f"{PREFIX}{name.upper()}"] = str(value)
    return environment
