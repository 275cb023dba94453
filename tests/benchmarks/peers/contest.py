"""Runs one contestant: over what waits for it, and then at half of the rate that it came to."""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path

from tests.benchmarks import traffic
from tests.benchmarks.peers import delay, twins
from tests.benchmarks.peers.contestants import Job, Peer
from tests.benchmarks.peers.program import Rate, Running, measure_program
from tests.benchmarks.peers.reflux_peer import Deployment, RunningWorker
from tests.benchmarks.peers.report import Figures
from tests.benchmarks.throughput import ACCOUNTS, PARTITIONS, fill
from tests.kafka.broker import KafkaBroker
from tests.kafka.cluster import Cluster

EVENTS = 2_000_000
STEPS = 50
WARM = 10  # of the steps
LAST_WATCHED = 48  # a worker's count is exact while it runs; its end would be seen late
WATCHED_S = 0.25  # asking a worker how far it is takes it some milliseconds
SECONDS = 600.0
SETTLE_S = 6.0  # a commit interval of every peer, and a second
ZIPF = 1.1


class Contest:
    """One broker, and the requests that all peers read; ``delays`` are measured or left out."""

    def __init__(
        self, broker: KafkaBroker, directory: Path, scale: float, *, delays: bool = True
    ) -> None:
        self._delays = delays
        self.kafka = Cluster(broker.bootstrap, "apache", broker.line)
        self._broker = broker
        self._directory = directory
        self._scale = scale

    @cached_property
    def _requests(self) -> str:
        topic = self.kafka.create_topic(self.kafka.unique("requests"), PARTITIONS)
        fill(self.kafka, topic, self._events(EVENTS), ACCOUNTS)
        return topic

    @cached_property
    def _record_bytes(self) -> float:
        """Of a request, its key and its value, on average."""
        part = next(traffic.requests(10_000, ACCOUNTS))
        return (sum(map(len, part.keys)) + sum(map(len, part.values))) / len(part.keys)

    def peer(self, name: str, peer: Peer) -> Figures:
        """Measure a peer; raises ``PeerUnavailable`` where it cannot be had."""
        events = self._events(peer.events)
        job = self._job(name, self._requests)
        rate = self._rate(lambda: peer.start(job._replace(step=events // STEPS)), events)
        figures = self._figures(rate, job.app_id, events)
        if not peer.acts:
            return figures | {"changelog_bytes_per_event": None}
        if not self._delays:
            return figures
        paced = self._job(name, self.kafka.create_topic(self.kafka.unique("paced"), PARTITIONS))
        return figures | self._delay(
            lambda step: peer.start(paced._replace(step=step)), paced.topic, paced.actions, rate
        )

    def reflux(self, *, links: bool = True, zipf: float | None = None) -> Figures:
        """Measure a worker; on Zipf-distributed keys only what it does and what it writes."""
        events = self._events(EVENTS)
        deployment = Deployment(self.kafka, links=links)
        fill(self.kafka, deployment.requests, events, ACCOUNTS, zipf=zipf)
        start_worker = partial(RunningWorker, deployment, self._place())
        rate = self._rate(start_worker, events, LAST_WATCHED, WATCHED_S)
        figures = self._figures(rate, deployment.app_id, events)
        if zipf is not None or not self._delays:
            return figures
        paced = Deployment(self.kafka, links=links)
        place = self._place()

        def start(_step: int) -> Running:
            return RunningWorker(paced, place)

        return figures | self._delay(start, paced.requests, paced.actions, rate)

    def two_workers(self) -> dict[str, float]:
        """CPU seconds of two workers that share the partitions, over those of one."""
        events = self._events(EVENTS // 2)
        spent = [twins.cpu_per_event(self.kafka, self._place(), events, n) for n in (1, 2)]
        return {
            "one_worker_cpu_s_per_million": round(1e6 * spent[0], 3),
            "two_workers_cpu_s_per_million": round(1e6 * spent[1], 3),
            "two_workers_over_one_cpu": round(spent[1] / spent[0], 3),
        }

    def _job(self, name: str, topic: str) -> Job:
        app_id = self.kafka.unique(name)
        actions = self.kafka.create_topic(f"{app_id}-actions", PARTITIONS)
        return Job(self.kafka.bootstrap, app_id, topic, actions, 1, self._place())

    def _rate(
        self, start: Callable[[], Running], events: int, last: int = STEPS, interval: float = 0.1
    ) -> Rate:
        return measure_program(
            start,
            events // STEPS * WARM,
            events // STEPS * last,
            seconds=SECONDS,
            interval=interval,
            settle=SETTLE_S,
        )

    def _figures(self, rate: Rate, app_id: str, events: int) -> Figures:
        return {
            "events_per_s": round(rate.events),
            "core_share": round(rate.events * rate.cpu, 3),
            "bytes_per_s": round(rate.events * self._record_bytes),
            "peak_bytes": rate.peak,
            "cpu_s_per_million": round(1e6 * rate.cpu, 3),
            "changelog_bytes_per_event": round(
                self._broker.log_bytes(app_id, "changelog") / events, 1
            ),
        }

    def _delay(
        self, start: Callable[[int], Running], topic: str, actions: str, rate: Rate
    ) -> Figures:
        took = delay.measure(self.kafka, topic, actions, start, rate.events / 2, self._scale)
        return {
            "p50_ms": round(took.p50, 1),
            "p99_ms": round(took.p99, 1),
            "paced_events_per_s": round(took.rate),
        }

    def _events(self, events: int) -> int:
        return int(events * self._scale)

    def _place(self) -> Path:
        return self._directory / self.kafka.unique("run")
