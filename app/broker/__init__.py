"""The embedded development broker: a Kafka to start and stop with a test or the demo."""

from app.broker.embedded import BrokerUnavailable, EmbeddedBroker

__all__ = ["BrokerUnavailable", "EmbeddedBroker"]
