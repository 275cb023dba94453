import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer

from app.kafka.clients import aiokafka_config, confluent_config, producer_config, ssl_context
from app.settings import Settings, load_settings
from app.transport.credentials import faust_credentials

SASL = {
    "security_protocol": "SASL_PLAINTEXT",
    "sasl_mechanism": "SCRAM-SHA-256",
    "sasl_username": "reflux",
    "sasl_password": "a long secret",
}


def test_an_open_cluster_needs_no_credentials() -> None:
    settings = load_settings(bootstrap_servers="a:1,b:2", app_id="r", worker_id="w")
    assert confluent_config(settings) == {
        "bootstrap.servers": "a:1,b:2",
        "client.id": "r-w",
        "security.protocol": "PLAINTEXT",
    }
    assert aiokafka_config(settings) == {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "PLAINTEXT",
    }
    assert faust_credentials(settings) is None


def test_sasl_reaches_every_client() -> None:
    settings = load_settings(**SASL)
    config = confluent_config(settings)
    assert config["security.protocol"] == "SASL_PLAINTEXT"
    assert config["sasl.mechanism"] == "SCRAM-SHA-256"
    assert (config["sasl.username"], config["sasl.password"]) == ("reflux", "a long secret")
    assert aiokafka_config(settings) == {
        "bootstrap_servers": ["localhost:9092"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "reflux",
        "sasl_plain_password": "a long secret",
    }
    credentials: Any = faust_credentials(settings)
    assert credentials.protocol.value == "SASL_PLAINTEXT"
    assert credentials.mechanism.value == "SCRAM-SHA-256"
    assert (credentials.username, credentials.password) == ("reflux", "a long secret")
    assert "a long secret" not in repr(credentials)


def test_tls_verifies_the_brokers_name() -> None:
    settings = load_settings(security_protocol="SSL")
    context = ssl_context(settings)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert confluent_config(settings)["ssl.endpoint.identification.algorithm"] == "https"
    assert aiokafka_config(settings)["ssl_context"].check_hostname
    credentials: Any = faust_credentials(settings)
    assert credentials.protocol.value == "SSL"


def test_sasl_over_tls_is_both() -> None:
    settings = load_settings(**SASL | {"security_protocol": "SASL_SSL"})
    credentials: Any = faust_credentials(settings)
    assert credentials.protocol.value == "SASL_SSL"
    assert credentials.ssl_context.check_hostname
    assert "ssl_context" in aiokafka_config(settings)


def test_files_of_tls_are_named_to_librdkafka() -> None:
    settings = load_settings(
        security_protocol="SSL",
        tls_ca="/ca.pem",
        tls_cert="/cert.pem",
        tls_key="/key.pem",
        tls_key_password="a long secret",
    )
    config = confluent_config(settings)
    assert config["ssl.ca.location"] == "/ca.pem"
    assert config["ssl.certificate.location"] == "/cert.pem"
    assert config["ssl.key.location"] == "/key.pem"
    assert config["ssl.key.password"] == "a long secret"


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    settings = load_settings(security_protocol="SSL", tls_ca=str(tmp_path / "absent.pem"))
    with pytest.raises(OSError, match="No such file"):
        ssl_context(settings)


def test_producers_partition_as_java_does() -> None:
    config = producer_config(load_settings(), **{"linger.ms": 7})
    assert config["partitioner"] == "murmur2_random"
    assert config["enable.idempotence"] is True
    assert config["linger.ms"] == 7
    embedded = producer_config(load_settings(embedded_broker=True))
    assert "enable.idempotence" not in embedded


@pytest.mark.parametrize(
    "make",
    [
        lambda settings: Producer(producer_config(settings)),
        lambda settings: Consumer(confluent_config(settings, **{"group.id": "g"})),
    ],
)
def test_librdkafka_knows_every_name(make: Callable[[Settings], object]) -> None:
    make(load_settings(**SASL))
