"""aiokafka's own fetcher, with answers that the test gives."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.structs import TopicPartition

from app.transport.fetch_pace import FETCH_MAX_WAIT_MS, LEFT_OUT_WAIT_MS, keep_pace

BUSY, QUIET = TopicPartition("busy", 0), TopicPartition("quiet", 0)


class OneBroker:
    """The client of a cluster of one broker, which leads everything."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._metadata_max_age_ms = 300_000
        self.cluster = self

    def leader_for_partition(self, tp: TopicPartition) -> int:
        return 1


class Unread:
    """A response that nobody has read for longer than it may hold anything up."""

    def calculate_backoff(self) -> float:
        return 0.0


class Fetches:
    """A fetcher for both partitions; every request waits to be answered by hand."""

    def __init__(self) -> None:
        subscriptions = SubscriptionState()
        subscriptions.assign_from_user({BUSY, QUIET})
        for tp in (BUSY, QUIET):
            subscriptions.seek(tp, 0)
        # A minute: what is not asked for at once is not asked for in time.
        self.fetcher = Fetcher(
            OneBroker(),
            subscriptions,
            fetch_max_wait_ms=FETCH_MAX_WAIT_MS,
            fetcher_timeout=60,
        )
        self.fetcher._proc_fetch_request = self.ask
        self.asked: asyncio.Queue[tuple[Any, asyncio.Future[bool]]] = asyncio.Queue()

    async def ask(self, assignment: Any, node: int, request: Any) -> bool:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.asked.put_nowait((request, answer))
        try:
            return await answer
        except asyncio.CancelledError:
            return False  # as the fetcher's own does when it is closed

    async def next(self) -> tuple[Any, asyncio.Future[bool]]:
        async with asyncio.timeout(5):
            return await self.asked.get()


@pytest.fixture
async def fetches() -> AsyncIterator[Fetches]:
    made = Fetches()
    keep_pace(made.fetcher)
    yield made
    await made.fetcher.close()


async def test_a_fetch_of_all_partitions_is_held_for_long(fetches: Fetches) -> None:
    request, _ = await fetches.next()
    assert {topic for topic, _ in request.topics} == {"busy", "quiet"}
    assert request._max_wait_ms == FETCH_MAX_WAIT_MS


async def test_a_fetch_that_leaves_one_out_is_held_briefly(fetches: Fetches) -> None:
    _, answer = await fetches.next()
    fetches.fetcher._records[BUSY] = Unread()
    answer.set_result(True)
    request, answer = await fetches.next()
    assert [topic for topic, _ in request.topics] == ["quiet"]
    assert request._max_wait_ms == LEFT_OUT_WAIT_MS
    del fetches.fetcher._records[BUSY]
    answer.set_result(False)
    request, _ = await fetches.next()
    assert request._max_wait_ms == FETCH_MAX_WAIT_MS


async def test_an_answer_in_the_very_turn_in_which_records_are_read(fetches: Fetches) -> None:
    # The fetcher is woken by the reader, and finds the answered fetch done before its own callback
    # has told that the broker is free.
    _, answer = await fetches.next()
    await asyncio.sleep(0.01)  # it waits
    fetches.fetcher._wait_consume_future.set_result(None)
    answer.set_result(False)
    await fetches.next()
