"""Fixtures for every test."""

from tests.kafka.plugin import (
    kafka,
    new_topic,
    private_kafka,
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
)

__all__ = [
    "kafka",
    "new_topic",
    "private_kafka",
    "pytest_collection_modifyitems",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
]
