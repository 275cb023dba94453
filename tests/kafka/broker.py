"""One node of Apache Kafka (KRaft) as a child process.

``python -m tests.kafka.broker --print-bootstrap`` holds one until interrupted.
"""

import argparse
import contextlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from confluent_kafka.admin import AdminClient

from tests.kafka.jars import KafkaUnavailableError, classpath, default_line, java, tool

START_TIMEOUT_S = 90
STOP_TIMEOUT_S = 30
SASL_USER = "reflux"
SASL_PASSWORD = "reflux-test"
STORE_PASSWORD = "reflux-test"

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    # Every test names its topics and their partitions: a typing error must not create one.
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # Short sessions, so that a killed worker's partitions move within a test's patience.
    "group.min.session.timeout.ms": "1000",
    # The smallest the cleaner accepts; its default takes 128 MiB of the heap.
    "log.cleaner.dedupe.buffer.size": "16777216",
    "log.cleaner.backoff.ms": "200",
    "log.initial.task.delay.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
}


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def new_cluster_id() -> str:
    """What KRaft calls a cluster."""
    cluster = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    # A leading dash would be read as an option.
    return cluster.replace("-", "x")


class KafkaBroker:
    """A broker with a data directory and ports of its own, kept across :meth:`restart`.

    ``line`` chooses the release line ("4" or "3.9"), ``secure`` adds a SASL_SSL listener
    (``secure_bootstrap``, user ``SASL_USER``, certificate authority in ``ca_file``), ``settings``
    override server properties.
    """

    JVM: tuple[str, ...] = ()
    """Options of the virtual machine beside the heap's size."""

    def __init__(
        self,
        *,
        line: str | None = None,
        heap: str = "768m",
        secure: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.line = line or default_line()
        self._heap = heap
        self._secure = secure
        self._extra = dict(settings or {})
        self._home = Path(tempfile.mkdtemp(prefix="reflux-kafka-"))
        self._log = self._home / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._formatted = False
        self._port, self._controller_port, self._secure_port = (free_port() for _ in range(3))

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def secure_bootstrap(self) -> str:
        return f"127.0.0.1:{self._secure_port}"

    @property
    def ca_file(self) -> Path:
        return self._home / "ca.pem"

    @property
    def pid(self) -> int:
        return self._running().pid

    def __enter__(self) -> "KafkaBroker":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start and wait until the broker answers a metadata request."""
        self.launch()
        self.await_metadata()

    def launch(self) -> None:
        """Start the process; ``await_metadata`` says when it is a broker."""
        if not self._formatted:
            self._format()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_die_with_parent(), *self._command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
            )

    def _command(self) -> list[str]:
        return java(self.line, self._heap, "kafka.Kafka", self._file(), options=self.JVM)

    def stop(self) -> None:
        """A clean shutdown; the data stays for :meth:`start`."""
        process = self._running()
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None

    def kill(self) -> None:
        """SIGKILL: what a crashed broker looks like; the data stays for :meth:`start`."""
        process = self._running()
        process.kill()
        process.wait()
        self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the process: connections stay open and nothing answers."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End the broker and delete its data. May be called more than once."""
        if self._process is not None:
            self.kill()  # nothing is kept, so nothing need be flushed
        shutil.rmtree(self._home, ignore_errors=True)

    def cli(self, name: str, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        """Run a client of Kafka's own, say ``cli("kafka-topics", "--list")``: its output.

        ``--bootstrap-server`` is added. Raises ``RuntimeError`` with what it said on failure.
        """
        return run_tool(self.line, self.bootstrap, name, *arguments, stdin=stdin, timeout=timeout)

    def log_bytes(self, *parts: str) -> int:
        """Bytes on disk of all partitions of the topics whose names contain every one of ``parts``.

        What a producer sent, compressed as it was: nothing is taken off but by the cleaner.
        """
        logs = (self._home / "data").glob("*/*.log")
        return sum(log.stat().st_size for log in logs if all(p in log.parent.name for p in parts))

    def log_files(self, topic: str, partition: int) -> list[Path]:
        """The files that hold a partition's record batches, one batch after the other, in order."""
        return sorted((self._home / "data" / f"{topic}-{partition}").glob("*.log"))

    def log_tail(self, size: int = 4000) -> str:
        return self._log.read_text(errors="replace")[-size:] if self._log.exists() else ""

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the broker is not running")
        return self._process

    def _file(self) -> str:
        return str(self._home / "server.properties")

    def _properties(self) -> dict[str, str]:
        quorum = f"127.0.0.1:{self._controller_port}"
        listeners = [f"PLAINTEXT://{self.bootstrap}"]
        protocols = ["PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT"]
        settings = dict(SETTINGS)
        if self._secure:
            listeners.append(f"SECURE://{self.secure_bootstrap}")
            protocols.append("SECURE:SASL_SSL")
            settings |= {
                "sasl.enabled.mechanisms": "PLAIN",
                "listener.name.secure.plain.sasl.jaas.config": (
                    "org.apache.kafka.common.security.plain.PlainLoginModule required"
                    f' user_{SASL_USER}="{SASL_PASSWORD}";'
                ),
                "listener.name.secure.ssl.keystore.location": str(self._home / "keystore.p12"),
                "listener.name.secure.ssl.keystore.type": "PKCS12",
                "listener.name.secure.ssl.keystore.password": STORE_PASSWORD,
                "listener.name.secure.ssl.key.password": STORE_PASSWORD,
            }
        settings |= {
            "advertised.listeners": ",".join(listeners),
            "listeners": ",".join([*listeners, f"CONTROLLER://{quorum}"]),
            "listener.security.protocol.map": ",".join(protocols),
            "controller.quorum.bootstrap.servers": quorum,
            "log.dirs": str(self._home / "data"),
        }
        return settings | self._extra

    def _format_options(self) -> tuple[str, ...]:
        """What the storage tool is told beside the file: the cluster and its kind."""
        return ("--standalone", "-t", new_cluster_id())

    def _format(self) -> None:
        classpath(self.line)  # fail with the reason before anything is written
        text = "".join(f"{name}={value}\n" for name, value in self._properties().items())
        Path(self._file()).write_text(text)
        if self._secure:
            self._make_certificate()
        arguments = ("format", *self._format_options(), "-c", self._file())
        _run(tool(self.line, "kafka-storage", *arguments), None, 60)
        self._formatted = True

    def _make_certificate(self) -> None:
        store = ["-keystore", str(self._home / "keystore.p12"), "-storetype", "PKCS12"]
        store += ["-storepass", STORE_PASSWORD, "-alias", "broker"]
        names = ["-dname", "CN=127.0.0.1", "-ext", "SAN=ip:127.0.0.1,dns:localhost"]
        key = ["-keyalg", "RSA", "-keysize", "2048", "-validity", "30"]
        _run(["keytool", "-genkeypair", *store, *names, *key], None, 60)
        _run(["keytool", "-exportcert", "-rfc", *store, "-file", str(self.ca_file)], None, 60)

    def await_metadata(self) -> None:
        """An open port is not yet a broker: wait until it names itself in its metadata.

        Raises ``KafkaUnavailableError``, and ends the process, if it does not in time.
        """
        try:
            self._await_metadata()
        except BaseException:
            if self._process is not None:
                self.kill()
            raise

    def _await_metadata(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        settings = {"bootstrap.servers": self.bootstrap, "log_level": 0}
        admin = AdminClient(settings)
        while time.monotonic() < deadline:
            if self._running().poll() is not None:
                raise KafkaUnavailableError(f"Apache Kafka ended at start:\n{self.log_tail()}")
            with contextlib.suppress(Exception):
                if admin.list_topics(timeout=1).brokers:
                    return
            time.sleep(0.1)
        raise KafkaUnavailableError(
            f"Apache Kafka did not answer in {START_TIMEOUT_S} s:\n{self.log_tail()}"
        )


def run_tool(
    line: str,
    bootstrap: str,
    name: str,
    *arguments: str,
    stdin: str | None = None,
    timeout: float = 60,
) -> str:
    """Run one of Kafka's command-line clients against ``bootstrap`` and return its output."""
    return _run(tool(line, name, "--bootstrap-server", bootstrap, *arguments), stdin, timeout)


def _run(command: list[str], stdin: str | None, timeout: float) -> str:
    answer = subprocess.run(
        command, input=stdin or "", capture_output=True, text=True, timeout=timeout
    )
    if answer.returncode != 0:
        what = " ".join(command[command.index("-cp") + 2 :] if "-cp" in command else command)
        raise RuntimeError(f"{what}\nended {answer.returncode}:\n{answer.stdout}{answer.stderr}")
    return answer.stdout


def _die_with_parent() -> list[str]:
    """A prefix that makes the broker end with a test run that is killed, where the system can."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold one Apache Kafka broker until interrupted.")
    parser.add_argument("--print-bootstrap", action="store_true", help="print host:port on a line")
    parser.add_argument("--line", default=None, help="release line: 4 (default) or 3.9")
    parser.add_argument("--secure", action="store_true", help="add a SASL_SSL listener")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with KafkaBroker(line=options.line, secure=options.secure) as broker:
            print(broker.bootstrap if options.print_bootstrap else f"ready on {broker.bootstrap}")
            sys.stdout.flush()
            while broker._running().poll() is None:
                time.sleep(0.5)
    except KeyboardInterrupt:
        return 0
    except KafkaUnavailableError as error:
        print(error, file=sys.stderr)
        return 2
    return 1


if __name__ == "__main__":
    sys.exit(main())
