"""Reads what comes out of a worker, as infrastructure does: with a plain Kafka consumer."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Self

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from app.demo.outcome import Actions, Ledger
from app.demo.worker import DemoFailedError
from app.events.dead_letters import DeadLetter
from app.events.enforcement import Enforcement
from app.events.framing import decode
from app.events.topics import DEAD_LETTERS, ENFORCEMENTS
from app.kafka.clients import QUIET, confluent_config
from app.kafka.manifest import changelog_name
from app.settings import Settings
from app.state.header import HEADER_KEY, Header

POLL_RECORDS = 500
END_SECONDS = 20.0


class Observer:
    """Follows enforcement actions, dead letters, and the accounts table's headers.

    A header is durable with everything that led to it: its counters say what became of every
    request up to its offsets. A context manager.
    """

    def __init__(
        self,
        settings: Settings,
        on_action: Callable[[Enforcement], None],
        on_letter: Callable[[DeadLetter], None],
    ) -> None:
        self.actions = Actions()
        self.letters: Counter[str] = Counter()
        self._on_action = on_action
        self._on_letter = on_letter
        self._headers: dict[int, Header] = {}
        self._partitions = settings.partitions
        self._enforcements = ENFORCEMENTS.full_name(settings.topic_prefix)
        self._dead_letters = DEAD_LETTERS.full_name(settings.topic_prefix)
        self._changelog = changelog_name(settings, "accounts")
        self._at_end: set[tuple[str, int]] = set()
        self._consumer = Consumer(
            confluent_config(
                settings,
                **QUIET,
                **{
                    # Demanded by the client; nothing is committed or joined with it.
                    "group.id": f"{settings.app_id}-demo",
                    "enable.auto.commit": False,
                    "isolation.level": "read_committed",
                    "enable.partition.eof": True,
                    "fetch.wait.max.ms": 100,
                },
            )
        )

    def __enter__(self) -> Self:
        """Find the partitions and read them from their beginning."""
        known = self._consumer.list_topics(timeout=10.0).topics
        self._places = {
            (topic, partition)
            for topic in (self._enforcements, self._dead_letters, self._changelog)
            for partition in known[topic].partitions
        }
        self._consumer.assign(
            [TopicPartition(topic, partition, 0) for topic, partition in sorted(self._places)]
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    @property
    def ledger(self) -> Ledger:
        """The counters of all partitions, as their last headers have them."""
        counters: Counter[str] = Counter()
        for header in self._headers.values():
            counters.update(header.counters)
        return Ledger(
            taken=counters["requests.in"],
            folded=counters["requests.folded"],
            duplicates=counters["requests.duplicates"],
            dead=counters["requests.dead"],
        )

    @property
    def watermark_ms(self) -> int | None:
        """Event time that every partition has durably reached; None before all have begun."""
        marks = [header.watermark for header in self._headers.values()]
        reached = [mark for mark in marks if mark is not None]
        return min(reached) if len(reached) == self._partitions else None

    def watch(self, seconds: float) -> None:
        """Take in what comes during the next ``seconds``."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for message in self._consumer.consume(POLL_RECORDS, min(left, 0.1)):
                self._take(message)

    def read_to_end(self) -> None:
        """Take in everything that is there by now; raises ``DemoFailedError`` if that fails.

        A partition reports its end again only after more has come: reading starts anew.
        """
        self._at_end.clear()
        for topic, partition in sorted(self._places):
            position = self._consumer.position([TopicPartition(topic, partition)])[0].offset
            self._consumer.seek(TopicPartition(topic, partition, max(position, 0)))
        deadline = time.monotonic() + END_SECONDS
        while self._at_end < self._places:
            if time.monotonic() > deadline:
                raise DemoFailedError(f"the end of {self._places - self._at_end} was not found")
            self.watch(0.1)

    def _take(self, message: Message) -> None:
        place = (message.topic() or "", message.partition() or 0)
        error = message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                self._at_end.add(place)
            elif not error.retriable() and error.code() != KafkaError._TRANSPORT:
                raise DemoFailedError(f"reading {place[0]}: {error.str()}")
            return
        key, value = message.key(), message.value()
        if place[0] == self._changelog:
            if key == HEADER_KEY and value is not None:
                self._headers[place[1]] = Header.decode(bytes(value))
        elif place[0] == self._dead_letters:
            letter = decode(DeadLetter, bytes(value))
            self.letters[letter.reason] += letter.count
            self._on_letter(letter)
        else:
            action = decode(Enforcement, bytes(value))
            if self.actions.apply(action.account_id, action.sequence, action.action):
                self._on_action(action)
