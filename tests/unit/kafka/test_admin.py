"""What the cluster's refusals and silence become."""

from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from app.kafka import admin
from app.kafka.admin import AdministrationFailed, BrokerUnreachable, Cluster
from app.kafka.manifest import WantedTopic
from app.kafka.plan import Step
from app.settings import load_settings

CREATE = Step(WantedTopic("t", 1, "shared", 3, {"cleanup.policy": "delete"}), "create")


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Future[None]:
    """What the cluster answers to the creation of a topic."""
    future: Future[None] = Future()

    class Admin:
        def __init__(self, _config: dict[str, Any]) -> None: ...

        def create_topics(self, new: Any, **_: Any) -> dict[str, Future[None]]:
            return {topic.topic: future for topic in new}

        def poll(self, _timeout: float) -> None: ...

    monkeypatch.setattr(admin, "AdminClient", Admin)
    return future


def carry_out() -> None:
    Cluster(load_settings(), timeout=0.01).carry_out([CREATE])


@pytest.mark.usefixtures("answer")
def test_a_cluster_that_never_answers_cannot_be_reached() -> None:
    with pytest.raises(BrokerUnreachable, match="creating t takes longer"):
        carry_out()


def test_too_few_brokers_for_the_copies_are_told_with_what_to_do(answer: Future[None]) -> None:
    error = KafkaError(KafkaError.INVALID_REPLICATION_FACTOR, "3 cannot be reached.")
    answer.set_exception(KafkaException(error))
    with pytest.raises(AdministrationFailed, match=r"3 cannot be reached\. \(.*--replication 1"):
        carry_out()
