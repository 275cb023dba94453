from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from app.broker import EmbeddedBroker
from app.demo.cluster import create_topics
from app.demo.observer import Observer
from app.demo.outcome import Ledger
from app.events.dead_letters import DeadLetter
from app.events.enforcement import Enforcement, action_id
from app.events.source import Source
from app.kafka.manifest import changelog_name
from app.kernels import reasons
from app.settings import Settings, load_settings
from app.state.header import HEADER_KEY, Header


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as running:
        yield running


@pytest.fixture
def settings(broker: EmbeddedBroker, request: pytest.FixtureRequest) -> Settings:
    name = request.node.name
    made = load_settings(
        bootstrap_servers=broker.bootstrap,
        embedded_broker=True,
        partitions=2,
        app_id=name,
        topic_prefix=f"{name}.",
    )
    assert create_topics(made) > 10
    return made


def write(settings: Settings, topic: str, partition: int, key: bytes, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": settings.bootstrap_servers})
    producer.produce(topic, value, key, partition=partition)
    assert producer.flush(10) == 0


def enforcement(account: str, sequence: int, action: str) -> Enforcement:
    return Enforcement(
        action_id=str(action_id(account, sequence, action)),
        sequence=sequence,
        account_id=account,
        action=action,
        issued_at=1_000,
        effective_at=1_000,
        published_at=2_000,
        reasons=[],
        risk=0.9,
        policy_version="1",
        detector_version="1",
        actor="detector",
    )


def observe(settings: Settings) -> tuple[Observer, list[Enforcement], list[DeadLetter]]:
    actions: list[Enforcement] = []
    letters: list[DeadLetter] = []
    return Observer(settings, actions.append, letters.append), actions, letters


def test_headers_of_all_partitions_make_the_ledger(settings: Settings) -> None:
    changelog = changelog_name(settings, "accounts")
    first = Header(2, counters={"requests.in": 5, "requests.folded": 5}, watermark=70)
    second = Header(
        2,
        counters={
            "requests.in": 9,
            "requests.folded": 6,
            "requests.duplicates": 1,
            "requests.dead": 2,
            "profiles.v1.in": 50,
        },
        watermark=40,
    )
    observer, _, _ = observe(settings)
    with observer:
        observer.read_to_end()
        assert observer.ledger == Ledger()
        write(settings, changelog, 0, HEADER_KEY, Header(2).encode())
        write(settings, changelog, 0, b"some account", b"its row")
        observer.read_to_end()
        assert observer.watermark_ms is None
        write(settings, changelog, 0, HEADER_KEY, first.encode())
        write(settings, changelog, 1, HEADER_KEY, second.encode())
        observer.read_to_end()
        assert observer.ledger == Ledger(taken=14, folded=11, duplicates=1, dead=2)
        assert observer.watermark_ms == 40


def test_actions_are_shown_as_a_consumer_applies_them(settings: Settings) -> None:
    topic = f"{settings.topic_prefix}enforcements.v1"
    sent = [
        enforcement("a", 1, "observe"),
        enforcement("a", 1, "observe"),
        enforcement("a", 2, "suspend"),
    ]
    observer, actions, _ = observe(settings)
    with observer:
        for action in sent:
            write(settings, topic, 0, b"a", action.to_json())
        observer.read_to_end()
    assert [(action.sequence, action.action) for action in actions] == [
        (1, "observe"),
        (2, "suspend"),
    ]
    assert observer.actions.counts == {"observe": 1, "suspend": 1}


def test_dead_letters_count_the_records_they_stand_for(settings: Settings) -> None:
    topic = f"{settings.topic_prefix}dead-letters.v1"
    source = Source(topic="requests", partition=0, offset=3)
    one = DeadLetter.of(reasons.MALFORMED, source, key=b"k", value=b"{")
    many = DeadLetter.summary(reasons.STATE_FULL, source, last_offset=90, count=7)
    observer, _, letters = observe(settings)
    with observer:
        for letter in (one, many):
            write(settings, topic, 0, b"key", letter.to_json())
        observer.read_to_end()
    assert observer.letters == {"malformed": 1, "state_full": 7}
    assert [letter.reason for letter in letters] == ["malformed", "state_full"]
