"""The embedded development broker: a Kafka to start and stop with a test or the demo."""

from app.broker.embedded import BrokerUnavailableError, EmbeddedBroker

__all__ = ["BrokerUnavailableError", "EmbeddedBroker"]
