"""Requests at a given rate, from a thread of their own, while something goes wrong."""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

from tests.integration.deployment import Deployment
from tests.integration.offline import Pairs

TICK_SECONDS = 0.02
PATIENCE_SECONDS = 300
"""How long a record may wait for brokers that are away."""


class Traffic:
    """Sends ``requests`` in their order, ``rate`` a second, until it is stopped.

    ``sent`` tells how many it has sent. ``rate`` may be changed at any time.
    """

    def __init__(self, deployment: Deployment, requests: Pairs, rate: float) -> None:
        self.sent = 0
        self.rate = rate
        self._requests = requests
        self._topic = deployment.topic("requests.v1")
        # Idempotent: a replay has each record once, and in this order.
        self._producer = deployment.kafka.producer(
            enable_idempotence=True,
            message_timeout_ms=PATIENCE_SECONDS * 1_000,
            queue_buffering_max_messages=1_000_000,
            compression_type="lz4",
        )
        self._refused: list[Any] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic")

    @property
    def over(self) -> bool:
        """Whether there is nothing left to send."""
        return self.sent == len(self._requests)

    @contextlib.contextmanager
    def flowing(self) -> Iterator["Traffic"]:
        """Requests flow within; every one that was sent has been delivered afterwards."""
        self._thread.start()
        try:
            yield self
            assert not self.over, "the traffic ended before the fault: simulate more of it"
        finally:
            self._stop.set()
            self._thread.join()
        self.delivered()

    def delivered(self) -> None:
        """Wait until the brokers have every request."""
        assert self._producer.flush(PATIENCE_SECONDS) == 0
        assert not self._refused, self._refused[0]

    def send(self, count: int) -> None:
        """Send the next ``count`` requests, or what is left of them, at once."""
        for key, value in self._requests[self.sent : self.sent + count]:
            while True:
                try:
                    self._producer.produce(self._topic, value, key, on_delivery=self._report)
                    break
                except BufferError:
                    self._producer.poll(0.1)
            self.sent += 1
        self._producer.poll(0)

    def _run(self) -> None:
        owed, then = 0.0, time.monotonic()
        while not self._stop.wait(TICK_SECONDS) and not self.over:
            now = time.monotonic()
            owed += (now - then) * self.rate
            then = now
            self.send(int(owed))
            owed -= int(owed)

    def _report(self, error: Any, _: Any) -> None:
        if error is not None:
            self._refused.append(error)
