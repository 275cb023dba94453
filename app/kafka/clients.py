"""Configurations of Kafka clients, made from the settings.

What these return may hold passwords: hand it to a client, never to a log.
"""

import ssl
from typing import Any

from app.settings import Settings

PARTITIONER = "murmur2_random"
"""As Java's clients and Faust partition. librdkafka's own default agrees on few keys, and an
account's records would meet different workers."""

QUIET = {"log_level": 2}
"""For commands: what goes wrong is in the error they show, not in the client's own log."""


def confluent_config(settings: Settings, **extra: Any) -> dict[str, Any]:
    """Base configuration of any ``confluent-kafka`` client.

    ``extra`` wins: ``confluent_config(settings, **{"group.id": "tail"})``.
    """
    config: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap_servers,
        "client.id": f"{settings.app_id}-{settings.instance_id}",
        "security.protocol": settings.security_protocol,
    }
    if settings.uses_sasl:
        config |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": settings.sasl_username,
            "sasl.password": settings.sasl_password.get_secret_value(),
        }
    if settings.uses_tls:
        config |= _confluent_tls(settings)
    return config | extra


def producer_config(settings: Settings, **extra: Any) -> dict[str, Any]:
    """Configuration of a plain producer for topics of the contract."""
    durable: dict[str, Any] = {"partitioner": PARTITIONER, "acks": "all"}
    if not settings.embedded_broker:
        durable["enable.idempotence"] = True
    return confluent_config(settings, **durable) | extra


def aiokafka_config(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of any ``aiokafka`` client."""
    config: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers.split(","),
        "security_protocol": settings.security_protocol,
    }
    if settings.uses_sasl:
        config |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    if settings.uses_tls:
        config["ssl_context"] = ssl_context(settings)
    return config


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """A context that verifies the brokers' names and, if set, presents the client's certificate.

    Raises:
        OSError: a file cannot be read or is not what it should be.
    """
    context = ssl.create_default_context(cafile=settings.tls_ca)
    if settings.tls_cert is not None and settings.tls_key is not None:
        context.load_cert_chain(
            settings.tls_cert,
            settings.tls_key,
            # Empty rather than None: OpenSSL would otherwise ask on the terminal.
            settings.tls_key_password.get_secret_value(),
        )
    return context


def _confluent_tls(settings: Settings) -> dict[str, Any]:
    files = {
        "ssl.ca.location": settings.tls_ca,
        "ssl.certificate.location": settings.tls_cert,
        "ssl.key.location": settings.tls_key,
    }
    config: dict[str, Any] = {name: str(path) for name, path in files.items() if path is not None}
    config["ssl.endpoint.identification.algorithm"] = "https"
    if password := settings.tls_key_password.get_secret_value():
        config["ssl.key.password"] = password
    return config
