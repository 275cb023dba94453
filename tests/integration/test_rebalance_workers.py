"""Worker processes join, leave and die while traffic flows: nothing is skipped or repeated."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.transport.watchdog import EXIT_STALLED
from tests.integration.transport_app import until
from tests.integration.transport_worker import Line, read_lines
from tests.kafka.broker import KafkaBroker
from tests.kafka.cluster import Cluster

NewTopic = Callable[..., str]
PARTITIONS = 6  # Faust fills workers up to ceil(partitions / workers): 4 would leave a third idle


class Workers:
    """Worker processes of one group, and what they have written."""

    def __init__(self, kafka: Cluster, topic: str, directory: Path, *options: str) -> None:
        self.topic, self.directory = topic, directory
        self.group = kafka.unique("group")
        self._command = [sys.executable, "-m", "tests.integration.transport_worker"]
        self._command += ["--bootstrap", kafka.bootstrap, "--group", self.group]
        self._command += ["--topic", topic, "--directory", str(directory), *options]
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        log = (self.directory / f"worker-{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(self._command, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def log(self, number: int) -> str:
        return (self.directory / f"worker-{number}.log").read_text()

    def lines(self, partition: int) -> list[Line]:
        """What has been processed and counts, in the order of the file."""
        return read_lines(self.directory / f"{self.topic}.{partition}")[0]

    def fenced_off(self) -> list[Line]:
        """What was processed by workers that no longer owned the partition."""
        files = [self.directory / f"{self.topic}.{partition}" for partition in range(PARTITIONS)]
        return [line for file in files for line in read_lines(file)[1]]

    def written(self, process: subprocess.Popen[bytes]) -> int:
        """How many lines that count it has written."""
        every = [line for partition in range(PARTITIONS) for line in self.lines(partition)]
        return sum(line.pid == process.pid for line in every)

    def busy(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it has been the last to write to some partition."""
        tails = [self.lines(partition)[-1:] for partition in range(PARTITIONS)]
        return any(pid == process.pid for tail in tails for _, _, _, pid in tail)

    def at(self, partition: int) -> int:
        lines = self.lines(partition)
        return lines[-1][1] if lines else 0

    def check(self, ends: dict[int, int]) -> None:
        for partition, end in ends.items():
            position = 0
            for first, following, records, _ in self.lines(partition):
                assert first == position, f"partition {partition}: {first} follows {position}"
                assert records == following - first
                position = following
            assert position == end

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()


@contextlib.contextmanager
def traffic(kafka: Cluster, topic: str) -> Iterator[None]:
    """Some 4,000 records a second, over all partitions, from another thread."""
    done = threading.Event()

    def produce() -> None:
        producer = kafka.producer()
        number = 0
        while not done.is_set():
            for _ in range(40):
                producer.produce(topic, key=f"account-{number % 997}", value=b"x" * 300)
                number += 1
            producer.poll(0)
            time.sleep(0.01)
        producer.flush(30)

    thread = threading.Thread(target=produce)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture
def workers(kafka: Cluster, new_topic: NewTopic, tmp_path: Path) -> Iterator[Workers]:
    topic = new_topic("traffic", partitions=PARTITIONS)
    group = Workers(kafka, topic, tmp_path, "--pause", "0.003")
    yield group
    group.close()


@pytest.mark.kafka
@pytest.mark.slow
async def test_workers_join_leave_and_die(kafka: Cluster, workers: Workers) -> None:
    with traffic(kafka, workers.topic):
        first = workers.start()
        await until(lambda: workers.busy(first), "the first worker")
        second = workers.start()
        await until(lambda: workers.busy(second), "the second worker to join")
        third = workers.start()
        await until(lambda: workers.busy(third), "the third worker to join")
        assert workers.busy(first)
        assert workers.busy(second)
        second.terminate()
        await until(lambda: second.poll() is not None, "a clean leave")
        await until(lambda: not workers.busy(second), "its partitions to move")
        first.send_signal(signal.SIGKILL)
        await until(lambda: not workers.busy(first), "the dead worker's partitions to move")
        fourth = workers.start()
        await until(lambda: workers.busy(fourth), "the fourth worker to join")
    ends = kafka.end_offsets(workers.topic)
    assert sum(ends.values()) > 10_000
    await until(lambda: all(workers.at(part) == end for part, end in ends.items()), "the end")
    workers.check(ends)
    await until(
        lambda: (
            kafka.committed(workers.group)
            == {(workers.topic, partition): end for partition, end in ends.items()}
        ),
        "the group's offsets",
    )


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_frozen_worker_that_wakes_up_is_told_to_start_over(
    kafka: Cluster, workers: Workers
) -> None:
    """SIGSTOP for longer than the session: its partitions move, and come back when it wakes.

    How much a frozen worker processes once more when it wakes has no bound in chunks. Brokers serve
    a fetch to whoever asks, member of the group or not, so besides the chunk in the agent's hand
    and those in the stream's queue (``queued_chunks``) and the backlog it may fetch and process
    new ones, until the answer to its next heartbeat has told it that it is out and the flow is
    suspended: a time, not a number. From then on there is none: what was queued carries the old
    generation or tenure and is dropped. What does have a bound is what becomes durable: nothing,
    since the next owner has fenced the partition before it asked where to go on, here in the files
    as there in the checkpoint's transactions. So every offset counts exactly once. A chunk of the
    old tenure that came after the worker had started over would count, and be found as a repeat.
    """
    with traffic(kafka, workers.topic):
        first, second = workers.start(), workers.start()
        await until(lambda: workers.busy(first) and workers.busy(second), "both workers")
        # Past the rebalance: a worker frozen while it takes a partition over would fence when it
        # wakes, and the next rebalance would sort it out.
        settled = workers.written(first) + 20
        await until(lambda: workers.written(first) > settled, "the first worker to go on")
        first.send_signal(signal.SIGSTOP)
        await until(lambda: not workers.busy(first), "its partitions to move")
        first.send_signal(signal.SIGCONT)
        before = time.monotonic()
        await until(lambda: workers.busy(first), "the frozen worker to be back")
        assert time.monotonic() - before < 35
    ends = kafka.end_offsets(workers.topic)
    await until(lambda: all(workers.at(part) == end for part, end in ends.items()), "the end")
    workers.check(ends)
    assert all(line.pid == first.pid for line in workers.fenced_off())


@pytest.mark.kafka
@pytest.mark.slow
async def test_the_broker_goes_away_and_comes_back(
    private_kafka: Callable[..., KafkaBroker], tmp_path: Path
) -> None:
    broker = private_kafka()
    kafka = Cluster(broker.bootstrap, "apache", broker.line)
    topic = kafka.create_topic("outage", PARTITIONS)
    workers = Workers(kafka, topic, tmp_path)
    try:
        worker = workers.start()
        kafka.produce(topic, [(str(n), b"before") for n in range(1000)])
        await until(lambda: sum(map(workers.at, range(PARTITIONS))) == 1000, "the first records")
        broker.kill()
        await asyncio.sleep(3)
        broker.start()
        kafka.produce(topic, [(str(n), b"after") for n in range(1000)])
        await until(lambda: sum(map(workers.at, range(PARTITIONS))) == 2000, "the rest", 60)
        assert worker.poll() is None
        workers.check(kafka.end_offsets(topic))
    finally:
        workers.close()


@pytest.mark.kafka
async def test_a_lost_position_ends_the_process_with_instructions(
    kafka: Cluster, new_topic: NewTopic, tmp_path: Path
) -> None:
    topic = new_topic("lost")
    kafka.produce(topic, [(None, b"x")] * 10)
    workers = Workers(kafka, topic, tmp_path)
    (tmp_path / f"{topic}.0").write_text("fence 1.0\n0 500 500 1.0\n")
    try:
        worker = workers.start()
        await until(lambda: worker.poll() is not None, "the process to end")
        assert worker.returncode not in (0, EXIT_STALLED)
        assert "PositionLost" in workers.log(0)
        assert "delete the changelogs" in workers.log(0)
        assert workers.at(0) == 500
    finally:
        workers.close()


@pytest.mark.kafka
@pytest.mark.slow
async def test_the_watchdog_ends_a_worker_that_hangs(
    kafka: Cluster, new_topic: NewTopic, tmp_path: Path
) -> None:
    topic = new_topic("hang")
    kafka.produce(topic, [(None, b"x")] * 100)
    workers = Workers(kafka, topic, tmp_path, "--hang-at", "50", "--stall-limit", "5")
    try:
        worker = workers.start()
        await until(lambda: worker.poll() is not None, "the watchdog")
        assert worker.returncode == EXIT_STALLED
        assert "the event loop hangs" in workers.log(0)
        assert "transport_worker.py" in workers.log(0)  # where it hung
        assert workers.lines(0) == []
    finally:
        workers.close()
