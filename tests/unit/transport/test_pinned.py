"""An upgrade of Faust or aiokafka fails here before it fails in production.

A digest that differs: read what changed upstream, adapt what stands on it, then write the new one.
"""

import hashlib
import inspect
import textwrap
from importlib.metadata import files

import pytest

from app.transport import pinned

DIGESTS = {
    "faust.transport.consumer:Consumer._add_gap": "f1cc1db634f5",
    "faust.transport.consumer:Consumer._commit_offsets": "86b3e9b0aec7",
    "faust.transport.consumer:Consumer._drain_messages": "8f35dd7a1114",
    "faust.transport.consumer:Consumer._filter_tps_with_pending_acks": "cccdca32d241",
    "faust.transport.consumer:Consumer._new_offset": "2b29afe4dd9a",
    "faust.transport.consumer:Consumer.ack": "5548cf0f7584",
    "faust.transport.consumer:Consumer.getmany": "e486c434b792",
    "faust.transport.consumer:Consumer.on_buffer_drop": "c5f80b096c71",
    "faust.transport.consumer:Consumer.on_partitions_revoked": "652177e770ee",
    "faust.transport.consumer:Consumer.perform_seek": "2b4ceebd23de",
    "faust.transport.consumer:Consumer.seek": "7c61d5bd222a",
    "faust.transport.consumer:ThreadDelegateConsumer.seek_wait": "87115444b6fc",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.__post_init__": "21d9b9cc0d16",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._commit": "78c931ecfa8d",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._create_worker_consumer": (
        "c179c0bdb975"
    ),
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._fetch_records": "9e7369fc572d",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._seek_wait": "98f8aa716db2",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.highwater": "745f6cb71845",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.on_start": "675d03707bbe",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.seek_to_beginning": "f36ff3bd14fc",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.seek_to_committed": "43907fc11636",
    "aiokafka.consumer.fetcher:Fetcher._proc_fetch_request": "ace04969424f",
    "aiokafka.consumer.fetcher:PartitionRecords": "94aa0da0dbec",
    "faust.app.base:App._on_partitions_assigned": "c9c5485eb273",
    "faust.app.base:App._on_partitions_revoked": "c1abd58dcb37",
    "faust.app.base:App._stop_consumer": "96573acf5f04",
    "faust.tables.recovery:Recovery._build_highwaters": "32d70220d2a8",
    "faust.tables.recovery:Recovery._build_offsets": "0f5a7d62fb7d",
    "faust.tables.recovery:Recovery._restart_recovery": "f93138b040ef",
    "faust.tables.recovery:Recovery._resume_streams": "fbe0f747b84c",
    "faust.tables.recovery:Recovery._seek_offsets": "d76d5a8f46fa",
    "faust.tables.recovery:Recovery._slurp_changelogs": "7e3120dad754",
    "faust.tables.recovery:Recovery.on_recovery_completed": "895e7c415a4d",
    "faust.transport.conductor:Conductor._update_tp_index": "41331c63e985",
    "faust.transport.consumer:Consumer._commit_tps": "b83d551c3278",
    "faust.transport.consumer:Consumer._filter_committable_offsets": "4fb75ba687d0",
    "faust.transport.consumer:Consumer._get_active_partitions": "da41bc1e8d86",
    "faust.transport.consumer:Consumer._should_commit": "91d8eb1ef6bf",
    "faust.transport.consumer:Consumer.on_buffer_full": "edcee17978c4",
    "faust.transport.consumer:Consumer.pause_partitions": "a1814af09823",
    "faust.transport.consumer:Consumer.resume_partitions": "fc6392136c27",
    "faust.transport.consumer:ConsumerThread.on_partitions_assigned": "972fe557e7f7",
    "faust.transport.consumer:Fetcher": "c922e4ab78d9",
    "faust.transport.drivers.aiokafka:ConsumerRebalanceListener": "f3d04f29dfb3",
    "faust.types.tuples:Message": "e8c4626e9919",
    "aiokafka.consumer.consumer:AIOKafkaConsumer.__init__": "bda88cd61988",
    "aiokafka.consumer.consumer:AIOKafkaConsumer.seek": "fec4e1829687",
    "aiokafka.consumer.consumer:AIOKafkaConsumer.start": "5ba1baa38f62",
    "aiokafka.consumer.fetcher:FetchError": "10966ad4c795",
    "aiokafka.consumer.fetcher:FetchResult": "d7db13f06de8",
    "aiokafka.consumer.fetcher:Fetcher.__init__": "15b78b16e0ee",
    "aiokafka.consumer.fetcher:Fetcher._fetch_requests_routine": "12dc901a1e4a",
    "aiokafka.consumer.fetcher:Fetcher._get_actions_per_node": "fd175a69d8d4",
    "aiokafka.consumer.fetcher:Fetcher.fetched_records": "e20ce0c8117f",
    "aiokafka.consumer.fetcher:Fetcher.seek_to": "10c45c3c873d",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.check_errors": "c67ee34a37d9",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.fetch_committed_offsets": "c83e0cafbf1e",
    "aiokafka.consumer.subscription_state:TopicPartitionState": "2b83334afadf",
    "faust.transport.consumer:Consumer.on_stop": "7accc1bf4f97",
    "mode.threads:QueueServiceThread.call_thread": "d1304f73ca65",
    "mode.threads:ServiceThread._stopped_set": "59ef3956d5b9",
    "mode.threads:ServiceThread._serve": "584d278fb368",
    "mode.threads:ServiceThread._shutdown_thread": "405be9a09547",
    "faust/_cython/streams.pyx": "0041622f4a25",
    "faust/transport/_cython/conductor.pyx": "dde1f9742678",
}


def source(name: str) -> str:
    found = pinned.resolve(name)
    return inspect.getsource(getattr(found, "fun", found))  # a service's task wraps its function


def digest(text: str) -> str:
    return hashlib.sha256(textwrap.dedent(text).encode()).hexdigest()[:12]


@pytest.mark.parametrize("name", [*pinned.OVERRIDDEN, *pinned.CALLED])
def test_the_source_is_what_the_transport_was_written_against(name: str) -> None:
    assert digest(source(name)) == DIGESTS[name]


@pytest.mark.parametrize("name", pinned.COMPILED)
def test_so_is_the_source_of_the_compiled_modules(name: str) -> None:
    [path] = [file for file in files("faust-streaming") or [] if str(file) == name]
    assert digest(path.read_text()) == DIGESTS[name]


def test_no_digest_is_left_over() -> None:
    assert DIGESTS.keys() == {*pinned.OVERRIDDEN, *pinned.CALLED, *pinned.COMPILED}


def test_other_versions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned.verify()
    pinned.verify.cache_clear()
    monkeypatch.setattr(pinned, "version", lambda package: "9.9")
    with pytest.raises(pinned.UnsupportedVersion, match="install from the lock file"):
        pinned.verify()


def test_a_name_that_is_gone_is_named() -> None:
    with pytest.raises(pinned.UnsupportedVersion, match=r"Consumer\.no_such_thing is gone"):
        pinned.resolve("faust.transport.consumer:Consumer.no_such_thing")


def test_every_override_overrides_something() -> None:
    """A method of ours that upstream no longer has would silently never be called."""
    from app.transport.consumer import Consumer
    from app.transport.thread import ConsumerThread

    for name in pinned.OVERRIDDEN:
        module, _, path = name.partition(":")
        owner, _, attribute = path.partition(".")
        if module.startswith(("faust", "mode")) and attribute not in ("getmany", "_fetch_records"):
            ours = ConsumerThread if owner.endswith("Thread") else Consumer
            assert attribute in vars(ours), name
