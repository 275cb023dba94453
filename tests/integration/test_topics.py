"""The topics of a deployment, made and mended on a broker."""

import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from app.events.record import Encoded
from app.kafka.admin import AdministrationFailed, BrokerUnreachable, Cluster
from app.kafka.manifest import WantedTopic, wanted_topics
from app.kafka.plan import Step, plan
from app.kafka.records import TopicReader, send
from app.settings import Settings, load_settings
from tests.kafka.broker import SASL_PASSWORD, SASL_USER, KafkaBroker
from tests.kafka.cluster import Cluster as Broker


@pytest.fixture
def settings(kafka: Broker) -> Iterator[Settings]:
    """A deployment of this test's own."""
    name = kafka.unique("deployment")
    settings = load_settings(
        bootstrap_servers=kafka.bootstrap,
        app_id=name,
        topic_prefix=f"{name}.",
        partitions=3,
        embedded_broker=kafka.kind == "embedded",
    )
    yield settings
    kafka.delete_topics([topic.name for topic in wanted(settings)])


def wanted(settings: Settings) -> list[WantedTopic]:
    return wanted_topics(settings, replication=1)


def steps(settings: Settings) -> list[Step]:
    topics = wanted(settings)
    return plan(topics, Cluster(settings).topics([topic.name for topic in topics]))


def apply(settings: Settings) -> list[Step]:
    made = steps(settings)
    Cluster(settings).carry_out(made)
    return made


def test_applying_twice_creates_once(kafka: Broker, settings: Settings) -> None:
    assert {step.kind for step in apply(settings)} == {"create"}
    assert {step.kind for step in apply(settings)} == {"keep"}
    known = kafka.admin.list_topics(timeout=30).topics
    for topic in wanted(settings):
        assert len(known[topic.name].partitions) == topic.partitions, topic.name


def test_creating_what_was_created_meanwhile_is_no_fault(settings: Settings) -> None:
    early = steps(settings)
    Cluster(settings).carry_out(early)
    Cluster(settings).carry_out(early)
    assert {step.kind for step in steps(settings)} == {"keep"}


def test_another_partition_count_is_refused(settings: Settings) -> None:
    apply(settings)
    other = settings.model_copy(update={"partitions": 5})
    refused = [step.topic for step in steps(other) if step.kind == "refuse"]
    assert {topic.partitioning for topic in refused} == {"account", "link"}


@pytest.mark.kafka
def test_topics_are_made_as_the_file_says(kafka: Broker, settings: Settings) -> None:
    apply(settings)
    for topic in wanted(settings):
        found = config_of(kafka, topic.name)
        for name, value in topic.config.items():
            assert set(found[name].split(",")) == set(value.split(",")), (topic.name, name)


@pytest.mark.kafka
def test_a_setting_that_was_changed_is_mended(kafka: Broker, settings: Settings) -> None:
    apply(settings)
    name = f"{settings.app_id}-accounts-changelog"
    entry = ConfigEntry("cleanup.policy", "delete", incremental_operation=AlterConfigOpType.SET)
    change = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry])
    kafka.admin.incremental_alter_configs([change])[change].result(30)
    await_config(kafka, name, "cleanup.policy", "delete")
    [mended] = [step for step in apply(settings) if step.kind == "configure"]
    assert (mended.topic.name, mended.changes) == (name, {"cleanup.policy": "compact"})
    await_config(kafka, name, "cleanup.policy", "compact")
    assert {step.kind for step in steps(settings)} == {"keep"}


@pytest.mark.kafka
def test_a_setting_the_broker_refuses_is_said(settings: Settings) -> None:
    [topic, *_] = wanted(settings)
    bad = WantedTopic(topic.name, 1, "shared", 1, {"cleanup.policy": "burn"})
    with pytest.raises(AdministrationFailed, match=r"creating .*requests\.v1"):
        Cluster(settings).carry_out(plan([bad], {}))


def test_nobody_at_home_is_said_with_advice() -> None:
    settings = load_settings(bootstrap_servers="127.0.0.1:1")
    with pytest.raises(BrokerUnreachable, match="REFLUX_BOOTSTRAP_SERVERS"):
        Cluster(settings, timeout=1.0).topics([])


def await_config(kafka: Broker, topic: str, name: str, value: str) -> None:
    """Brokers hear of a change a moment after the controller has accepted it."""
    deadline = time.monotonic() + 30
    while config_of(kafka, topic)[name] != value:
        assert time.monotonic() < deadline, f"{topic}: {name} is not {value}"
        time.sleep(0.05)


def config_of(kafka: Broker, topic: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    answer = kafka.admin.describe_configs([resource])[resource].result(30)
    return {name: entry.value for name, entry in answer.items()}


@pytest.mark.kafka
@pytest.mark.slow
def test_a_secured_cluster_is_reached_with_the_right_password_only(
    private_kafka: Callable[..., KafkaBroker],
) -> None:
    broker = private_kafka(secure=True)
    secured = {
        "bootstrap_servers": broker.secure_bootstrap,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
        "sasl_username": SASL_USER,
        "tls_ca": str(broker.ca_file),
    }
    settings = load_settings(**secured, sasl_password=SASL_PASSWORD)
    topics = wanted_topics(settings, replication=1)[:1]
    Cluster(settings).carry_out(plan(topics, {}))
    name = topics[0].name
    assert list(Cluster(settings).topics([name])) == [name]
    send(settings, name, Encoded(b"k", b"v", (("content-type", b"text/plain"),)))
    with TopicReader(settings, name, from_beginning=True) as reader:
        assert [message.value() for message in reader.to_end()] == [b"v"]

    wrong = load_settings(**secured, sasl_password="not the password")
    with pytest.raises(BrokerUnreachable) as caught:
        Cluster(wrong, timeout=3.0).topics([name])
    assert "credentials" in str(caught.value)
    assert "not the password" not in str(caught.value)
