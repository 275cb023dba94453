"""Worker processes for tests: started, watched through their own endpoints, killed."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.kafka.broker import free_port
from tests.kafka.cluster import Cluster

START_SECONDS = 240.0  # on a bare machine the kernels are compiled first


def environment(kafka: Cluster, prefix: str, app_id: str, **settings: object) -> dict[str, str]:
    """The settings of a deployment for tests, as environment variables."""
    chosen: dict[str, object] = {
        "bootstrap_servers": kafka.bootstrap,
        "topic_prefix": prefix,
        "app_id": app_id,
        "partitions": 4,
        "session_timeout": 6,
        "heartbeat_interval": 1,
        "rebalance_timeout": 20,
        "checkpoint_interval": 1,
        "log_format": "json",
        **settings,
    }
    return {f"REFLUX_{name.upper()}": str(value) for name, value in chosen.items()}


def reflux(environ: dict[str, str], *arguments: str) -> str:
    """Run a command of ours to its end; returns what it printed, raises if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"reflux {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout


class Worker:
    """One worker process."""

    def __init__(self, environ: dict[str, str], directory: Path, name: str) -> None:
        self.port = free_port()
        self.log = directory / f"{name}.log"
        self._out = self.log.open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "worker"],
            env={
                **os.environ,
                **environ,
                "REFLUX_WEB_PORT": str(self.port),
                "REFLUX_DATA_DIR": str(directory / name),
            },
            stdout=self._out,
            stderr=subprocess.STDOUT,
        )

    def get(self, path: str) -> str:
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())

    def status(self, path: str) -> int | None:
        """The HTTP status of an endpoint; None if nothing answers."""
        try:
            self.get(path)
        except urllib.error.HTTPError as exc:
            exc.close()
            return exc.code
        except OSError:
            return None
        return 200

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric over all its series that have ``labels``."""
        total = 0.0
        for line in self.get("/metrics").splitlines():
            match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
            if match and all(f'{k}="{v}"' in (match[1] or "") for k, v in labels.items()):
                total += float(match[2])
        return total

    def ready(self) -> bool:
        with contextlib.suppress(OSError):
            return '"ready"' in self.get("/readyz")
        return False

    def until(
        self,
        condition: Callable[[], bool],
        what: str,
        seconds: float = START_SECONDS,
        interval: float = 0.05,
    ) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, f"the worker ended: {self.last_words()}"
            assert time.monotonic() < deadline, f"waited for {what}: {self.last_words()}"
            time.sleep(interval)

    def until_ready(self) -> None:
        self.until(self.ready, "the worker to be ready")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        self._out.close()

    def stop(self) -> int:
        """Ask the worker to stop, as a supervisor does; returns its exit code."""
        self.process.terminate()
        code = self.process.wait(60)
        self._out.close()
        return code

    def end(self) -> None:
        """Whatever state it is in, it is gone afterwards."""
        if self.process.poll() is None:
            self.kill()
        self._out.close()

    def last_words(self) -> str:
        return self.log.read_text()[-4000:]
