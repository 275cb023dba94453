"""The private interfaces of Faust and aiokafka that the transport overrides or reads.

None of them is promised to stay. The versions are therefore exact, a worker refuses to start on
others, and a test compares the source of everything named here with what it was when the overrides
were written: a digest that differs asks for a look at the upstream change, then for a new digest.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Any

VERSIONS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}

OVERRIDDEN = (
    "faust.transport.consumer:Consumer._add_gap",
    "faust.transport.consumer:Consumer._commit_offsets",
    "faust.transport.consumer:Consumer._drain_messages",
    "faust.transport.consumer:Consumer._filter_tps_with_pending_acks",
    "faust.transport.consumer:Consumer._new_offset",
    "faust.transport.consumer:Consumer.ack",
    "faust.transport.consumer:Consumer.getmany",
    "faust.transport.consumer:Consumer.on_buffer_drop",
    "faust.transport.consumer:Consumer.on_partitions_revoked",
    "faust.transport.consumer:Consumer.on_stop",
    "faust.transport.consumer:Consumer.perform_seek",
    "faust.transport.consumer:Consumer.seek",
    "faust.transport.consumer:ThreadDelegateConsumer.seek_wait",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.__post_init__",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._commit",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._create_worker_consumer",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._fetch_records",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._seek_wait",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.highwater",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.on_start",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.seek_to_beginning",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.seek_to_committed",
    "mode.threads:QueueServiceThread.call_thread",
    "mode.threads:ServiceThread._stopped_set",
    "aiokafka.consumer.fetcher:Fetcher._proc_fetch_request",
    "aiokafka.consumer.fetcher:PartitionRecords",
)
"""Replaced by ours: what they do upstream is what ours must go on doing."""

CALLED = (
    "faust.app.base:App._on_partitions_assigned",
    "faust.app.base:App._on_partitions_revoked",
    "faust.app.base:App._stop_consumer",
    "faust.tables.recovery:Recovery._build_highwaters",
    "faust.tables.recovery:Recovery._build_offsets",
    "faust.tables.recovery:Recovery._restart_recovery",
    "faust.tables.recovery:Recovery._resume_streams",
    "faust.tables.recovery:Recovery._seek_offsets",
    "faust.tables.recovery:Recovery._slurp_changelogs",
    "faust.tables.recovery:Recovery.on_recovery_completed",
    "faust.transport.conductor:Conductor._update_tp_index",
    "faust.transport.consumer:Consumer._commit_tps",
    "faust.transport.consumer:Consumer._filter_committable_offsets",
    "faust.transport.consumer:Consumer._get_active_partitions",
    "faust.transport.consumer:Consumer._should_commit",
    "faust.transport.consumer:Consumer.on_buffer_full",
    "faust.transport.consumer:Consumer.pause_partitions",
    "faust.transport.consumer:Consumer.resume_partitions",
    "faust.transport.consumer:ConsumerThread.on_partitions_assigned",
    "faust.transport.consumer:Fetcher",
    "faust.transport.drivers.aiokafka:ConsumerRebalanceListener",
    "faust.types.tuples:Message",
    "mode.threads:ServiceThread._serve",
    "mode.threads:ServiceThread._shutdown_thread",
    "aiokafka.consumer.consumer:AIOKafkaConsumer.__init__",
    "aiokafka.consumer.consumer:AIOKafkaConsumer.seek",
    "aiokafka.consumer.consumer:AIOKafkaConsumer.start",
    "aiokafka.consumer.fetcher:FetchError",
    "aiokafka.consumer.fetcher:FetchResult",
    "aiokafka.consumer.fetcher:Fetcher.__init__",
    "aiokafka.consumer.fetcher:Fetcher._fetch_requests_routine",
    "aiokafka.consumer.fetcher:Fetcher._get_actions_per_node",
    "aiokafka.consumer.fetcher:Fetcher.fetched_records",
    "aiokafka.consumer.fetcher:Fetcher.seek_to",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.check_errors",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.fetch_committed_offsets",
    "aiokafka.consumer.subscription_state:TopicPartitionState",
)
"""Called or read by ours, or relied on to call ours in a certain order."""

COMPILED = ("faust/_cython/streams.pyx", "faust/transport/_cython/conductor.pyx")
"""Sources of the compiled modules that deliver and acknowledge messages."""

REPLACED_GLOBALS = frozenset({"MemoryRecords", "PartitionRecords"})
"""Global names of ``Fetcher._proc_fetch_request`` that ``records.deliver_chunks`` replaces."""


class UnsupportedVersion(RuntimeError):
    """Faust or aiokafka is not the version whose private interfaces the transport overrides."""


def resolve(name: str) -> Any:
    """The object that ``module:qualified.name`` names. Raises ``UnsupportedVersion``."""
    module, _, path = name.partition(":")
    try:
        found: Any = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise UnsupportedVersion(f"{name} is gone: {error}") from error
    return found


@cache
def verify() -> None:
    """Check that what we stand on is there. Raises ``UnsupportedVersion``: it says what to do."""
    for package, wanted in VERSIONS.items():
        found = version(package)
        if found != wanted:
            raise UnsupportedVersion(
                f"{package} {found} is installed, but Reflux overrides private interfaces of "
                f"{wanted}: install from the lock file"
            )
    for name in (*OVERRIDDEN, *CALLED):
        resolve(name)
    handler = resolve("aiokafka.consumer.fetcher:Fetcher._proc_fetch_request")
    missing = REPLACED_GLOBALS - set(handler.__code__.co_names)
    if missing:
        raise UnsupportedVersion(f"aiokafka's fetcher no longer uses {', '.join(sorted(missing))}")
