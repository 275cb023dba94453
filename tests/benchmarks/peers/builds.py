"""What peers need besides the project: built once into ``.cache/peers``, and again when it changes.

Each function returns a path to run, or raises :class:`PeerUnavailable` with what is missing here.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import confluent_kafka

from tests.kafka.jars import ROOT, KafkaUnavailableError, classpath, default_line

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("REFLUX_CACHE", ROOT / ".cache")) / "peers"
SECONDS = 600


class PeerUnavailable(RuntimeError):
    """A peer cannot be had on this machine; the message says why."""


def quix_python() -> Path:
    """The interpreter of an environment that holds Quix Streams alone, from its own lock file."""
    lock = HERE / "quix" / "requirements.lock"

    def make(directory: Path) -> None:
        _run([sys.executable, "-m", "venv", directory])
        install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        _run([directory / "bin" / "pip", *install, "-r", lock])

    return _built("quix", [lock], make) / "bin" / "python"


def librdkafka_floor() -> Path:
    """The C program, linked against the library that ``confluent-kafka`` brings."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise PeerUnavailable("no C compiler")
    libraries = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"
    found = sorted(libraries.glob("librdkafka*.so*"))
    if not found:
        raise PeerUnavailable("confluent-kafka was not installed from a wheel with its library")
    source = HERE / "librdkafka" / "floor.c"

    def make(directory: Path) -> None:
        directory.mkdir()
        path = f"-Wl,-rpath,{libraries}"
        _run([compiler, "-O2", "-o", directory / "floor", source, found[0], path])

    return _built("librdkafka", [source, found[0]], make) / "floor"


def streams_classes() -> Path:
    """The directory with ``classes`` of the Kafka Streams job and the ``jars`` it needs."""
    try:
        classpath(default_line())  # the same Java as the broker's
    except KafkaUnavailableError as error:
        raise PeerUnavailable(str(error)) from error
    maven = shutil.which("mvn")
    if maven is None:
        raise PeerUnavailable("no Maven")
    home = HERE / "kafka_streams"
    sources = [home / "pom.xml", *sorted(home.rglob("*.java"))]

    def make(directory: Path) -> None:
        directory.mkdir()
        command = [maven, "-B", "-q", "-f", str(home / "pom.xml")]
        command.append(f"-Dpeer.directory={directory}")
        command += ["compile", "dependency:copy-dependencies", "-DincludeScope=runtime"]
        _run([*command, f"-DoutputDirectory={directory / 'jars'}"])

    return _built("kafka-streams", sources, make)


def java(main: str, *arguments: str) -> list[str]:
    """The command that runs a class of the Kafka Streams job."""
    home = streams_classes()
    # Without -Xmx it would take a quarter of the machine before it collects anything.
    options = ["-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return ["java", *options, "-cp", f"{home / 'classes'}:{home / 'jars'}/*", main, *arguments]


def _built(name: str, sources: Sequence[Path], make: Callable[[Path], None]) -> Path:
    place = CACHE / name
    recipe = b"".join(source.read_bytes() for source in sources)
    marker = place / "recipe"
    if not marker.exists() or marker.read_bytes() != recipe:
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        make(place)
        marker.write_bytes(recipe)
    return place


def _run(command: Sequence[str | Path]) -> None:
    words = list(map(str, command))
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-2000:]
        raise PeerUnavailable(f"{' '.join(words[:3])} ... failed:\n{said}")
