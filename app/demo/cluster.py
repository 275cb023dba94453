"""Where the demo runs: the embedded broker, or topics of its own on a Kafka that is there."""

import contextlib
import uuid
from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from app.broker.embedded import NOTICE, USUAL_PORT, EmbeddedBroker
from app.demo.report import Report
from app.kafka.admin import TIMEOUT_SECONDS, BrokerUnreachable, Cluster
from app.kafka.clients import QUIET, confluent_config
from app.kafka.manifest import wanted_topics
from app.kafka.plan import plan
from app.settings import Settings, load_settings

PARTITIONS = 4
"""Enough to show that accounts are spread, few enough for a laptop."""

MOST_REPLICAS = 3


@contextlib.contextmanager
def embedded(directory: Path, report: Report) -> Iterator[Settings]:
    """Settings for an embedded broker that runs until the block is left.

    Raises:
        BrokerUnavailableError: it cannot be started.
    """
    with EmbeddedBroker(USUAL_PORT) as broker:
        report.say(NOTICE)
        report.say(f"it listens on {broker.bootstrap}")
        yield _settings(
            directory,
            bootstrap_servers=broker.bootstrap,
            embedded_broker=True,
            security_protocol="PLAINTEXT",
        )


@contextlib.contextmanager
def existing(bootstrap: str, directory: Path, report: Report, *, keep: bool) -> Iterator[Settings]:
    """Settings for topics on the cluster at ``bootstrap``, deleted when the block is left.

    Topics and consumer group have names of their own, so that nothing else on the cluster is
    touched; ``keep`` leaves them. Raises ``BrokerUnreachable``.
    """
    name = f"reflux-demo-{uuid.uuid4().hex[:8]}"
    settings = _settings(
        directory, bootstrap_servers=bootstrap, app_id=name, topic_prefix=f"{name}."
    )
    report.say(f"using the Kafka at {bootstrap}; topics are named {name}.*")
    try:
        yield settings
    finally:
        if keep:
            report.say(f"topics {name}.* are left on {bootstrap}")
        else:
            _clean_up(settings)


def create_topics(settings: Settings) -> int:
    """Create every topic of the deployment; returns how many there are.

    Raises:
        BrokerUnreachable, AdministrationFailed: see ``app/kafka/admin.py``.
    """
    admin = AdminClient(confluent_config(settings, **QUIET))
    try:
        brokers = len(admin.list_topics(timeout=TIMEOUT_SECONDS).brokers)
    except KafkaException as exc:
        raise BrokerUnreachable(
            f"no broker at {settings.bootstrap_servers} answered: {exc.args[0].str()}"
        ) from None
    wanted = wanted_topics(settings, replication=min(brokers, MOST_REPLICAS))
    cluster = Cluster(settings)
    cluster.carry_out(plan(wanted, cluster.topics([topic.name for topic in wanted])))
    return len(wanted)


def _clean_up(settings: Settings) -> None:
    admin = AdminClient(confluent_config(settings, **QUIET))
    names = [topic.name for topic in wanted_topics(settings)]
    pending = [
        *admin.delete_topics(names, operation_timeout=TIMEOUT_SECONDS).values(),
        *admin.delete_consumer_groups([settings.app_id]).values(),
    ]
    # Not asked for results: one that was never created, or a broker that is gone or silent, must
    # not hide why the demo is over.
    wait(pending, TIMEOUT_SECONDS)


def _settings(directory: Path, **values: object) -> Settings:
    return load_settings(
        partitions=PARTITIONS,
        data_dir=directory / "worker",
        web_host="127.0.0.1",
        web_port=0,
        log_format="json",
        # Event time runs thousands of times as fast as the clock: what is published at checkpoints,
        # population snapshots above all, must not lag by hours of it.
        checkpoint_interval=1.0,
        # A group forms after half its rebalance timeout on the embedded broker.
        session_timeout=6.0,
        heartbeat_interval=1.5,
        rebalance_timeout=6.0,
        **values,
    )
