"""What is the same for every agent that reads in chunks: take one, hand it to its partition."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import faust
import structlog

from app import metrics
from app.agents.ownership import Ownership, Tenure
from app.agents.table_partition import Run, TablePartition

log = structlog.get_logger(__name__)

REGISTRY_SECONDS = 2.0
"""Pause before a schema registry that could not be reached is asked again."""

P = TypeVar("P", bound=TablePartition)

Fold = Callable[[P, Run], Iterator[None]]
"""What a partition does with a run of one of its inputs; it yields where it has to wait until a
full checkpoint is durable, and may be abandoned there."""


def feed(app: faust.App, topic: str, ownership: Ownership[P], fold: Fold[P]) -> None:
    """Declare an agent of ``app`` that folds ``topic`` into the partitions that are owned."""
    channel = app.topic(topic, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            try:
                await _take(ownership, fold, event.message)
            except Exception as exc:
                # Faust would drop the chunk and go on, but nothing may be skipped.
                ownership.failed(exc)
                raise

    app.agent(channel, name=topic)(agent)


async def _take(ownership: Ownership[P], fold: Fold[P], message: Any) -> None:
    tenure = ownership.get(message.partition)
    if tenure is None:
        return  # given up while the chunk was on its way: the next owner reads it again
    run = Run(message.topic, message.value, message.first_offset, message.next_offset)
    started = time.perf_counter()
    waited = 0.0
    steps = fold(tenure.partition, run)
    while True:
        try:
            next(steps)
        except StopIteration:
            break
        except ConnectionError as exc:
            # A writer's schema cannot be had now. Nothing of the run has been folded yet, so it is
            # begun again: its records are not bad, they wait.
            log.warning("records wait for the schema registry", topic=run.topic, error=str(exc))
            await asyncio.sleep(REGISTRY_SECONDS)
            if ownership.get(message.partition) is not tenure:
                return
            steps = fold(tenure.partition, run)
            continue
        paused = time.perf_counter()
        if not await _drained(ownership, message.partition, tenure):
            return
        waited += time.perf_counter() - paused
    if tenure.partition.urgent:
        tenure.checkpointer.wake()
    records = run.next_offset - run.first_offset
    metrics.CONSUMED_BYTES.labels(topic=run.topic).inc(len(run.data))
    metrics.CHUNK_RECORDS.labels(topic=run.topic).observe(records)
    metrics.SCORING_SECONDS.observe((time.perf_counter() - started - waited) / max(records, 1))
    while tenure.partition.backlogged:
        if not await _drained(ownership, message.partition, tenure):
            return


async def _drained(ownership: Ownership[P], partition: int, tenure: Tenure[P]) -> bool:
    """Wait for a full checkpoint; False if the partition was given up meanwhile."""
    tenure.checkpointer.wake()
    await tenure.checkpointer.drained.wait()
    return ownership.get(partition) is tenure
