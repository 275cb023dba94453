"""Fixtures for every test."""

import signal

from tests.kafka.plugin import (
    kafka,
    new_topic,
    private_kafka,
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
    quorum,
)

__all__ = [
    "kafka",
    "new_topic",
    "private_kafka",
    "pytest_collection_modifyitems",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "quorum",
]

# A shell starts what it puts into the background with interrupts ignored, and children inherit it:
# the commands that tests interrupt would go on.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
