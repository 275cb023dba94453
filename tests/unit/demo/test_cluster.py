from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from rich.console import Console

from app.demo import cluster
from app.demo.report import Report
from app.kafka.admin import BrokerUnreachable


def test_topics_that_cannot_be_deleted_do_not_hide_why_it_is_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refused: Future[None] = Future()
    refused.set_exception(KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))

    class Admin:
        def __init__(self, _config: dict[str, Any]) -> None: ...

        def delete_topics(self, names: list[str], **_: Any) -> dict[str, Future[None]]:
            return dict.fromkeys(names, refused)

        def delete_consumer_groups(self, names: list[str]) -> dict[str, Future[None]]:
            return {name: Future() for name in names}  # never answered

    monkeypatch.setattr(cluster, "AdminClient", Admin)
    monkeypatch.setattr(cluster, "TIMEOUT_SECONDS", 0.01)
    report = Report(Console(quiet=True))
    with (
        pytest.raises(BrokerUnreachable, match="nobody there"),
        cluster.existing("127.0.0.1:1", tmp_path, report, keep=False),
    ):
        raise BrokerUnreachable("nobody there")
