"""What the transport passes on and what it sets itself."""

import ssl
from typing import Any

import faust
import pytest
from faust.types import TP

from app.transport.consumer import Consumer
from app.transport.driver import Transport
from app.transport.thread import ConsumerThread


def app(**settings: Any) -> faust.App:
    return faust.App("driver", broker="reflux://one:9092;two:9093", web_enabled=False, **settings)


async def client(application: faust.App) -> Any:
    """The Kafka client a worker would start with, never started."""
    consumer = Consumer(application.transport, _nothing, _nothing, _nothing)
    thread = ConsumerThread(consumer)
    made = thread._create_worker_consumer(application.transport)
    made._closed = True  # it has no connection to close
    thread.thread_loop.close()
    consumer._thread.thread_loop.close()
    return made


async def _nothing(*_: Any) -> None:
    raise AssertionError


def test_the_url_scheme_finds_it() -> None:
    transport = app().transport
    assert type(transport) is Transport
    assert transport.Consumer is Consumer
    assert [url.host for url in transport.url] == ["one", "two"]


def test_topics_are_read_in_chunks_when_asked_for_and_changelogs_always() -> None:
    application = app()
    application.Table("rows", partitions=1)
    transport = application.transport
    transport.read_in_chunks("fast", "faster")
    assert transport.in_chunks("fast")
    assert transport.in_chunks("faster")
    assert transport.in_chunks("driver-rows-changelog")
    assert not transport.in_chunks("slow")


def test_durable_positions_speak_for_chunks_only() -> None:
    class Positions:
        def resume(self, tp: TP) -> int | None:
            return 42

        def committable(self, tp: TP) -> int | None:
            return None

    transport = app().transport
    transport.read_in_chunks("fast")
    assert transport.durable_position(TP("fast", 0)) is None
    transport.positions = Positions()
    assert transport.durable_position(TP("fast", 0)) == 42
    assert transport.durable_position(TP("slow", 0)) is None


async def test_only_committed_records_and_no_reset_behind_our_back() -> None:
    made = await client(app(consumer_auto_offset_reset="earliest"))
    assert made._isolation_level == "read_committed"
    assert made._auto_offset_reset == "none"
    assert made._enable_auto_commit is False
    assert made._fetch_max_wait_ms < 100


async def test_faust_settings_reach_the_client() -> None:
    made = await client(
        app(
            consumer_max_fetch_size=123_456,
            broker_session_timeout=7.0,
            broker_heartbeat_interval=1.5,
            consumer_group_instance_id="worker-3",
        )
    )
    assert made._max_partition_fetch_bytes == 123_456
    assert made._session_timeout_ms == 7000
    assert made._heartbeat_interval_ms == 1500
    assert made._group_instance_id == "worker-3"
    assert made._client._bootstrap_servers == ["one:9092", "two:9093"]


@pytest.mark.parametrize("secure", [True, False])
async def test_credentials_reach_the_client(secure: bool) -> None:
    context = ssl.create_default_context() if secure else None
    made = await client(
        app(
            broker_credentials=faust.SASLCredentials(
                username="worker", password="secret", mechanism="SCRAM-SHA-512", ssl_context=context
            )
        )
    )
    assert made._client._security_protocol == ("SASL_SSL" if secure else "SASL_PLAINTEXT")
    assert made._client._sasl_mechanism == "SCRAM-SHA-512"
    assert made._client._sasl_plain_username == "worker"
    assert made._client._sasl_plain_password == "secret"
    assert made._client._ssl_context is context


def test_a_topic_that_is_held_up_from_outside_is_not_watched_for_stalls() -> None:
    application = app()
    application.transport.read_in_chunks("free", "waiting")
    consumer = Consumer(application.transport, _nothing, _nothing, _nothing)
    free, waiting = TP("free", 0), TP("waiting", 0)
    consumer._placed = {free: 5, waiting: 7}
    consumer._inputs = lambda: {free, waiting}
    consumer._thread.client_position = lambda _: None
    try:
        assert consumer.progress() == {free: 5, waiting: 7}
        consumer.held_up.add("waiting")
        assert consumer.progress() == {free: 5}
    finally:
        consumer._thread.thread_loop.close()
