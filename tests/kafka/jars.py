"""The jars of Apache Kafka, and the Java programs in them.

Fetched once by Maven into ``.cache/kafka/<line>`` of the repository (``REFLUX_CACHE`` names
another cache directory), and used from there ever after without a network.
"""

import contextlib
import os
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LINES = ("4", "3.9")
DOWNLOAD_TIMEOUT_S = 600
MINIMUM_JAVA = 17

# Command-line clients by the name of their script: the class moved between releases.
TOOLS = {
    "kafka-acls": ("org.apache.kafka.tools.AclCommand", "kafka.admin.AclCommand"),
    "kafka-configs": ("org.apache.kafka.tools.ConfigCommand", "kafka.admin.ConfigCommand"),
    "kafka-console-consumer": ("org.apache.kafka.tools.consumer.ConsoleConsumer",),
    "kafka-console-producer": (
        "org.apache.kafka.tools.ConsoleProducer",
        "kafka.tools.ConsoleProducer",
    ),
    "kafka-consumer-groups": ("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",),
    "kafka-delete-records": ("org.apache.kafka.tools.DeleteRecordsCommand",),
    "kafka-dump-log": ("org.apache.kafka.tools.DumpLogSegments", "kafka.tools.DumpLogSegments"),
    "kafka-get-offsets": ("org.apache.kafka.tools.GetOffsetShell",),
    "kafka-storage": ("org.apache.kafka.tools.StorageTool", "kafka.tools.StorageTool"),
    "kafka-topics": ("org.apache.kafka.tools.TopicCommand",),
    "kafka-transactions": ("org.apache.kafka.tools.TransactionsCommand",),
}


class KafkaUnavailableError(RuntimeError):
    """Apache Kafka cannot be run here; the message says what is missing."""


def default_line() -> str:
    """The release line under test: ``REFLUX_KAFKA``, else the newest."""
    line = os.environ.get("REFLUX_KAFKA", LINES[0])
    if line not in LINES:
        raise KafkaUnavailableError(f"REFLUX_KAFKA={line}: choose one of {', '.join(LINES)}")
    return line


def _java_major() -> int:
    """Major version of ``java`` on the path; 0 where there is none."""
    java = shutil.which("java")
    if java is None:
        return 0
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    _, _, rest = answer.stderr.partition('version "')
    digits = rest.split(".")[0].split('"')[0].split("-")[0]
    return int(digits) if digits.isdigit() else 0


@cache
def classpath(line: str) -> Path:
    """The directory that holds the jars of a release line, fetched if need be.

    Raises :class:`KafkaUnavailableError` without Java 17, or where the jars are neither cached
    nor to be had by Maven.
    """
    major = _java_major()
    if major < MINIMUM_JAVA:
        found = f"java {major}" if major else "no java"
        raise KafkaUnavailableError(f"Apache Kafka needs Java {MINIMUM_JAVA}; found {found}")
    cached = Path(os.environ.get("REFLUX_CACHE", ROOT / ".cache")) / "kafka" / line
    # The recipe is kept with the jars, so that a changed version is fetched.
    recipe = (HERE / "pom.xml").read_text()
    marker = cached / "recipe.xml"
    if marker.exists() and marker.read_text() == recipe:
        return cached
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaUnavailableError("Apache Kafka's jars are not cached and there is no Maven")
    # Beside its place and then moved: several test runs may fetch at once.
    part = cached.with_name(f"{line}.part-{os.getpid()}")
    command = [maven, "-B", "-q", "-f", str(HERE / "pom.xml"), f"-Pkafka-{line}"]
    command += ["dependency:copy-dependencies", "-DincludeScope=runtime"]
    command += [f"-DoutputDirectory={part}"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S)
        if answer.returncode != 0:
            said = (answer.stdout + answer.stderr).strip()[-2000:]
            raise KafkaUnavailableError(f"Maven could not fetch Apache Kafka:\n{said}")
        (part / marker.name).write_text(recipe)
        shutil.rmtree(cached, ignore_errors=True)
        with contextlib.suppress(OSError):  # another run was first: its copy is as good
            part.rename(cached)
    except subprocess.TimeoutExpired as error:
        raise KafkaUnavailableError(
            f"Maven did not fetch Apache Kafka in {DOWNLOAD_TIMEOUT_S} s"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return cached


@cache
def _classes(line: str) -> frozenset[str]:
    jars = classpath(line)
    names: set[str] = set()
    for jar in [*jars.glob("kafka_2.13-*.jar"), *jars.glob("kafka-tools-*.jar")]:
        with zipfile.ZipFile(jar) as archive:
            names.update(archive.namelist())
    return frozenset(names)


def java(line: str, heap: str, *arguments: str, options: Sequence[str] = ()) -> list[str]:
    """The command that runs a class of Apache Kafka, its name first among the arguments.

    ``options`` are for the virtual machine.
    """
    jars = classpath(line)
    return [
        "java",
        f"-Xmx{heap}",
        *options,
        "-XX:+UseSerialGC",
        f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
        f"-Dlog4j.configuration=file:{HERE / 'log4j.properties'}",
        "-cp",
        f"{jars}/*",
        *arguments,
    ]


def tool(line: str, name: str, *arguments: str) -> list[str]:
    """The command that runs a command-line client by its script's name."""
    known = _classes(line)
    for candidate in TOOLS[name]:
        if candidate.replace(".", "/") + ".class" in known:
            return java(line, "256m", candidate, *arguments)
    raise KafkaUnavailableError(f"{name} is not in the Apache Kafka {line} jars")
