"""Runs one contestant: over what waits for it, and later at half of the rate that it came to."""

from collections.abc import Callable
from functools import cache, cached_property, partial
from pathlib import Path

from tests.benchmarks import traffic
from tests.benchmarks.peers import delay, twins
from tests.benchmarks.peers.contestants import EVENTS, PEERS, Job
from tests.benchmarks.peers.copies import copy
from tests.benchmarks.peers.program import Rate, Running, measure_program
from tests.benchmarks.peers.reflux_peer import Deployment, RunningWorker
from tests.benchmarks.peers.report import Figures
from tests.benchmarks.throughput import ACCOUNTS, HOURS, PARTITIONS, fill
from tests.kafka.broker import KafkaBroker
from tests.kafka.cluster import Cluster

ZIPF = 1.1
REFLUX = {
    "reflux": "Reflux, whole",
    "reflux_accounts": "Reflux without links and campaigns",
    "reflux_zipf": f"Reflux, whole, on Zipf({ZIPF}) keys",
}
EVENTS_PER_HOUR = 2_000_000 / HOURS  # of event time, so that populations are cut as often
STEPS = 50
WARM = 10  # of the steps
LAST_WATCHED = 48  # a worker's count is exact while it runs; its end would be seen late
WATCHED_S = 0.25  # asking a worker how far it is takes it some milliseconds
SECONDS = 900.0
SETTLE_S = 6.0  # a commit interval of every peer, and a second


class Contest:
    """One broker, and the requests that all contestants read; ``scale`` is how many of them."""

    def __init__(self, broker: KafkaBroker, directory: Path, scale: float) -> None:
        self.kafka = Cluster(broker.bootstrap, "apache", broker.line)
        self._broker = broker
        self._directory = directory
        self._scale = scale
        self._requests = cache(self._fill)

    def rate(self, name: str) -> Figures:
        """How fast a contestant is; raises ``PeerUnavailable`` where it cannot be had."""
        return self._peer_rate(name) if name in PEERS else self._reflux_rate(name)

    def delay(self, name: str, events_per_s: float) -> Figures:
        """How long its actions take at half of ``events_per_s``; nothing for who takes none."""
        if (name in PEERS and not PEERS[name].acts) or name == "reflux_zipf":
            return {}
        if name in PEERS:
            job = self._job(name, self.kafka.create_topic(self.kafka.unique("paced"), PARTITIONS))
            topic, actions = job.topic, job.actions

            def start(step: int) -> Running:
                return PEERS[name].start(job._replace(step=step))
        else:
            deployment = self._deployment(name)
            topic, actions = deployment.requests, deployment.actions
            place = self._place()

            def start(step: int) -> Running:
                return RunningWorker(deployment, place)

        took = delay.measure(self.kafka, topic, actions, start, events_per_s / 2, self._scale)
        return {
            "p50_ms": round(took.p50, 1),
            "p99_ms": round(took.p99, 1),
            "paced_events_per_s": round(took.rate),
        }

    def two_workers(self) -> dict[str, float]:
        """CPU seconds of two workers that share the partitions, over those of one."""
        events = self._events(EVENTS // 2)
        spent = []
        for workers in (1, 2):
            deployment = Deployment(self.kafka)
            self._copy(deployment)
            spent.append(twins.cpu_per_event(deployment, self._place(), events, workers))
            self._drop(deployment.app_id)
        return {
            "one_worker_cpu_s_per_million": round(1e6 * spent[0], 3),
            "two_workers_cpu_s_per_million": round(1e6 * spent[1], 3),
            "two_workers_over_one_cpu": round(spent[1] / spent[0], 3),
        }

    def _peer_rate(self, name: str) -> Figures:
        peer = PEERS[name]
        events = self._events(peer.events)
        job = self._job(name, self._requests(None))
        rate = self._rate(lambda: peer.start(job._replace(step=events // STEPS)), events)
        figures = self._figures(rate, job.app_id, events)
        self._drop(job.app_id)
        return figures if peer.acts else figures | {"changelog_bytes_per_event": None}

    def _reflux_rate(self, name: str) -> Figures:
        events = self._events(EVENTS)
        deployment = self._deployment(name)
        self._copy(deployment, ZIPF if name == "reflux_zipf" else None)
        start_worker = partial(RunningWorker, deployment, self._place())
        rate = self._rate(start_worker, events, LAST_WATCHED, WATCHED_S)
        figures = self._figures(rate, deployment.app_id, events)
        self._drop(deployment.app_id)
        return figures

    def _deployment(self, name: str) -> Deployment:
        return Deployment(self.kafka, links=name != "reflux_accounts")

    def _fill(self, zipf: float | None) -> str:
        topic = self.kafka.create_topic(self.kafka.unique("requests"), PARTITIONS)
        events = self._events(EVENTS)
        fill(self.kafka, topic, events, ACCOUNTS, events / EVENTS_PER_HOUR, zipf)
        return topic

    def _copy(self, deployment: Deployment, zipf: float | None = None) -> None:
        source = self._requests(zipf)
        self.kafka.await_leaders(deployment.requests, PARTITIONS)
        copy(self._broker, source, deployment.requests, PARTITIONS)

    def _drop(self, app_id: str) -> None:
        """What one contestant left behind is not to stand in the page cache of the next."""
        topics = self.kafka.admin.list_topics(timeout=30).topics
        self.kafka.delete_topics([topic for topic in topics if topic.startswith(app_id)])

    @cached_property
    def _record_bytes(self) -> float:
        """Of a request, its key and its value, on average."""
        part = next(traffic.requests(10_000, ACCOUNTS))
        return (sum(map(len, part.keys)) + sum(map(len, part.values))) / len(part.keys)

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
            "seconds": round(rate.seconds, 1),
            "core_share": round(rate.events * rate.cpu, 3),
            "bytes_per_s": round(rate.events * self._record_bytes),
            "peak_bytes": rate.peak,
            "cpu_s_per_million": round(1e6 * rate.cpu, 3),
            "changelog_bytes_per_event": round(
                self._broker.log_bytes(app_id, "changelog") / events, 1
            ),
        }

    def _events(self, events: int) -> int:
        return int(events * self._scale)

    def _place(self) -> Path:
        return self._directory / self.kafka.unique("run")
