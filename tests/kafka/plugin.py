"""Which broker the tests get, and what they do without one (imported by ``tests/conftest.py``).

In this order: the broker named by ``KAFKA_BOOTSTRAP``; Apache Kafka started from its jars; the
embedded development broker. On the last, tests marked ``kafka`` cannot run: they are deselected
and named at the end, and with ``CI=true`` the run fails, since CI answers for Apache Kafka.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.kafka.broker import KafkaBroker
from tests.kafka.cluster import Cluster, Kind
from tests.kafka.jars import KafkaUnavailableError, classpath, default_line
from tests.kafka.quorum import Quorum


@dataclass(frozen=True)
class Choice:
    """The broker for this session, and why it is not Apache Kafka where it is not."""

    kind: Kind
    jars: bool  # private brokers can be started
    reason: str


def choose() -> Choice:
    try:
        classpath(default_line())
        jars, reason = True, ""
    except KafkaUnavailableError as error:
        jars, reason = False, str(error)
    if os.environ.get("KAFKA_BOOTSTRAP"):
        return Choice("external", jars, reason)
    return Choice("apache" if jars else "embedded", jars, reason)


CHOICE = pytest.StashKey[Choice]()
LEFT_OUT = pytest.StashKey[list[str]]()


OWN_BROKERS = {"private_kafka", "quorum"}
"""Fixtures that start brokers of their own."""


def _wants(item: pytest.Item, *fixtures: str) -> bool:
    return not set(fixtures).isdisjoint(getattr(item, "fixturenames", ()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    broker = [item for item in items if _wants(item, "kafka", *OWN_BROKERS)]
    marked = [item for item in items if item.get_closest_marker("kafka") is not None]
    if not broker and not marked:
        return
    choice = config.stash[CHOICE] = choose()
    impossible = [item for item in items if not choice.jars and _wants(item, *OWN_BROKERS)]
    if choice.kind == "embedded":
        impossible += [item for item in marked if item not in impossible]
    config.stash[LEFT_OUT] = [item.nodeid for item in impossible]
    if impossible:
        config.hook.pytest_deselected(items=impossible)
        items[:] = [item for item in items if item not in impossible]


def _falls_short(config: pytest.Config) -> bool:
    """CI answers for Apache Kafka: anything less is a failure there."""
    choice = config.stash.get(CHOICE, None)
    if choice is None or os.environ.get("CI", "").lower() != "true":
        return False
    return choice.kind == "embedded" or bool(config.stash[LEFT_OUT])


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _falls_short(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    left_out = config.stash.get(LEFT_OUT, [])
    if left_out:
        terminalreporter.section("did not run: need Apache Kafka")
        terminalreporter.line(config.stash[CHOICE].reason)
        for name in left_out:
            terminalreporter.line(f"  {name}")
    if _falls_short(config):
        terminalreporter.line("CI=true: the tests must run against Apache Kafka", red=True)


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> Iterator[Cluster]:
    """The session's broker. Names of topics and groups come from ``kafka.unique(...)``."""
    choice = pytestconfig.stash[CHOICE]
    if choice.kind == "external":
        yield Cluster(os.environ["KAFKA_BOOTSTRAP"], choice.kind)
    elif choice.kind == "apache":
        with KafkaBroker() as broker:
            yield Cluster(broker.bootstrap, choice.kind, broker.line)
    else:
        from app.broker.embedded import EmbeddedBroker

        with EmbeddedBroker() as embedded:
            yield Cluster(embedded.bootstrap, choice.kind, line="")


@pytest.fixture
def new_topic(kafka: Cluster) -> Iterator[Callable[..., str]]:
    """Makes topics of this test's own: ``new_topic("requests", partitions=4, cleanup_policy=...)``.

    They are deleted after the test.
    """
    made: list[str] = []

    def make(name: str = "t", partitions: int = 1, **config: object) -> str:
        made.append(kafka.create_topic(kafka.unique(name), partitions, **config))
        return made[-1]

    yield make
    kafka.delete_topics(made)


@pytest.fixture
def private_kafka() -> Iterator[Callable[..., KafkaBroker]]:
    """Starts brokers for tests that stop, kill or configure one: ``private_kafka(line="3.9")``."""
    started: list[KafkaBroker] = []

    def start(**options: object) -> KafkaBroker:
        started.append(KafkaBroker(**options))  # type: ignore[arg-type]
        started[-1].start()
        return started[-1]

    yield start
    for broker in started:
        broker.close()


@pytest.fixture(scope="session")
def quorum() -> Iterator[Quorum]:
    """Three brokers that replicate each other, for tests that break them and mend them again."""
    with Quorum() as quorum:
        yield quorum
