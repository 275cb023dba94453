"""The peers: what each is started with."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.peers import builds
from tests.benchmarks.peers.cores import cores
from tests.benchmarks.peers.program import Program
from tests.benchmarks.throughput import PARTITIONS

EVENTS = 16_000_000
"""Requests on the topic. Who reads them and does nothing is through in a quarter of a minute."""


class Job(NamedTuple):
    """What a peer is to do: read ``topic``, write ``actions``, say how far it is every ``step``."""

    bootstrap: str
    app_id: str
    topic: str
    actions: str
    step: int
    directory: Path


class Peer(NamedTuple):
    """``title`` for people; ``events`` that keep it busy for 40 seconds or so, six times as long as
    the interval at which it commits; ``start``, which may raise ``PeerUnavailable``; ``acts``: it
    does the job, and does not merely read."""

    title: str
    events: int
    start: Callable[[Job], Program]
    acts: bool = True


def _program(job: Job, command: list[str], **environ: str) -> Program:
    return Program(command, job.directory, environ, core=cores()[1])


def _faust(job: Job) -> Program:
    command = [sys.executable, "-m", "tests.benchmarks.plain_faust"]
    return _program(
        job,
        [*command, job.bootstrap, job.app_id, job.topic, job.actions, str(job.step)],
        BENCH_PARTITIONS=str(PARTITIONS),
        BENCH_DATA=str(job.directory / "data"),
    )


def _quix(job: Job) -> Program:
    command = [str(builds.quix_python()), "-m", "tests.benchmarks.peers.quix.job"]
    command += [job.bootstrap, job.app_id, job.topic, job.actions, str(job.step)]
    return _program(job, [*command, str(job.directory / "data")])


def _streams(store: str) -> Callable[[Job], Program]:
    def start(job: Job) -> Program:
        arguments = [job.bootstrap, job.app_id, job.topic, job.actions, str(job.step)]
        command = builds.java("peer.Job", *arguments, str(job.directory / "data"), store)
        return _program(job, command)

    return start


def _confluent(job: Job) -> Program:
    command = [sys.executable, "-m", "tests.benchmarks.peers.floor"]
    return _program(job, [*command, job.bootstrap, job.app_id, job.topic, str(job.step)])


def _librdkafka(job: Job) -> Program:
    command = [os.fspath(builds.librdkafka_floor())]
    return _program(job, [*command, job.bootstrap, job.app_id, job.topic, str(job.step)])


PEERS = {
    "faust": Peer("plain Faust, a table in memory", 240_000, _faust),
    "quix": Peer("Quix Streams, RocksDB", 1_600_000, _quix),
    "streams_rocksdb": Peer("Kafka Streams, RocksDB", 8_000_000, _streams("rocksdb")),
    "streams_memory": Peer("Kafka Streams, store in memory", 8_000_000, _streams("memory")),
    "confluent": Peer("confluent-kafka, does nothing", EVENTS, _confluent, acts=False),
    "librdkafka": Peer("librdkafka in C, does nothing", EVENTS, _librdkafka, acts=False),
}
