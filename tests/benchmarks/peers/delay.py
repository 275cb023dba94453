"""How long an action takes: from the request that tips it, to whoever applies it.

A peer that has read its ``history`` is sent ordinary requests at half the rate that it can do, and
among them, at random times, the one request that each marked account still lacked. The clock runs
from the moment the request is handed to an ordinary producer (``linger.ms`` 0) until a consumer of
the actions (``read_committed``) has the account's action in hand.

The tip is the same for all. The marked account has sent ``LEAST`` requests of one task, each of
which elicits in full; decayed a little, they are less than 40. The next one is the fortieth's
worth: peers act on it by the rule in ``windows.py``, and Reflux by its default policy, which notes
an account (``observe``) from 40 decayed requests on if its risk is above a half. That is a real
action: evidence weighed against a population that was cut from the history, written in one
transaction with the row that led to it, with its reasons. Event time stands still while the
population is made and goes on two epochs later, so that it is sure to judge.
"""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from confluent_kafka import Consumer, TopicPartition

from app.kafka.clients import producer_config
from app.settings import load_settings
from app.simulation.to_topic import TopicWriter
from tests.benchmarks import traffic
from tests.benchmarks.peers import load
from tests.benchmarks.peers.program import Running, until
from tests.benchmarks.throughput import PARTITIONS
from tests.kafka.cluster import Cluster

ACCOUNTS = 20_000
REQUESTS = 40  # of each, so that the population is a settled one
MARKED = 1_500
HISTORY_HOURS = 1.95  # from 22:13 to just after midnight: two epochs and a sighting period end
GAP_HOURS = 4
SECONDS = 60.0
SETTLE_S = 6.0  # a commit interval of every peer, and a second
WARM_S = 3.0
PATIENCE_S = 30.0


class Delay(NamedTuple):
    """``p50`` and ``p99`` in ms of the ``answered`` marked requests, at ``rate`` requests a second.

    ``rate`` is what was really sent."""

    p50: float
    p99: float
    answered: int
    rate: float


def step_of(total: int) -> int:
    """How often a peer should say how far it is: seldom, but at ``total`` for sure."""
    return next(step for step in (1000, 100, 10, 1) if total % step == 0)


class Listener:
    """Notes when the action of each account arrives first (perf_counter, s)."""

    def __init__(self, kafka: Cluster, topic: str) -> None:
        self.arrived: dict[bytes, float] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka.bootstrap,
                "group.id": kafka.unique("listener"),
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        self._consumer.assign(
            [TopicPartition(topic, number, end) for number, end in kafka.end_offsets(topic).items()]
        )
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                self.arrived.setdefault(message.key(), time.perf_counter())

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._consumer.close()


def fill_history(kafka: Cluster, topic: str, scale: float) -> int:
    """Put the history on ``topic``; returns how many records it has."""
    writer = TopicWriter(producer_config(load_settings(bootstrap_servers=kafka.bootstrap)))
    background, marked = int(ACCOUNTS * REQUESTS * scale), int(MARKED * scale)
    for part in load.history(background, int(ACCOUNTS * scale), marked, HISTORY_HOURS):
        writer.send(topic, part.keys, part.values)
    writer.flush()
    return writer.sent


def measure(
    kafka: Cluster,
    topic: str,
    actions: str,
    start: Callable[[int], Running],
    rate: float,
    scale: float,
) -> Delay:
    """The delay of the peer that ``start(step)`` starts, at ``rate`` requests a second.

    Raises:
        RuntimeError: fewer than 99 in 100 marked requests were answered.
    """
    total = fill_history(kafka, topic, scale)
    start_ms = traffic.START_MS + GAP_HOURS * load.HOUR_MS
    ordinary = load.ordinary(rate, SECONDS, int(ACCOUNTS * scale), PARTITIONS, start_ms)
    running = start(step_of(total))
    try:
        until(running, total, 600, 0.1)
        time.sleep(SETTLE_S)
        listener = Listener(kafka, actions)
        try:
            sent, elapsed = _pace(kafka, topic, ordinary, int(MARKED * scale), start_ms)
            deadline = time.monotonic() + PATIENCE_S
            while len(listener.arrived.keys() & sent.keys()) < len(sent):
                if time.monotonic() > deadline:
                    break
                running.mark()
                time.sleep(0.1)
        finally:
            listener.close()
    finally:
        running.close()
    answered = listener.arrived.keys() & sent.keys()
    if len(answered) < 0.99 * len(sent):
        raise RuntimeError(f"{len(answered)} of {len(sent)} marked requests were answered")
    delays = [1000 * (listener.arrived[key] - sent[key]) for key in answered]
    p50, p99 = np.percentile(delays, [50, 99])
    return Delay(float(p50), float(p99), len(answered), ordinary.events / elapsed)


def _pace(
    kafka: Cluster, topic: str, ordinary: load.Load, marked: int, start_ms: int
) -> tuple[dict[bytes, float], float]:
    """Send everything when it is due; when each marked request was sent, and how long all took."""
    producer = kafka.producer(linger_ms=0)
    marks = load.due_times(marked, WARM_S, SECONDS)
    sent: dict[bytes, float] = {}
    with load.BatchSender(kafka.bootstrap, topic) as sender:
        started = time.perf_counter()
        for number, tick in enumerate(ordinary.ticks):
            while len(sent) < marked and marks[len(sent)] <= number * load.TICK_S:
                mark = len(sent)
                _sleep_until(started + marks[mark])
                key = load.marked_key(mark)
                ts = start_ms + int(1000 * marks[mark])
                request = load.marked_request(mark, load.LEAST, ts)
                sent[key] = time.perf_counter()
                producer.produce(topic, request, key)
                producer.poll(0)

            _sleep_until(started + number * load.TICK_S)
            sender.send(tick)
        elapsed = max(time.perf_counter() - started, len(ordinary.ticks) * load.TICK_S)
    if producer.flush(PATIENCE_S):
        raise RuntimeError("marked requests were not sent")
    return sent, elapsed


def _sleep_until(due: float) -> None:
    if (left := due - time.perf_counter()) > 0:
        time.sleep(left)
