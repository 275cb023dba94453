"""What is the same for every agent that reads in chunks: take one, hand it to its partition."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import faust

from app import metrics
from app.agents.ahead import Ahead
from app.agents.lanes import Lanes, Read
from app.agents.ownership import Ownership, Tenure
from app.agents.schemas import SchemaLookups, SchemasAtHand, Wanted
from app.agents.table_partition import Pause, Run, TablePartition
from app.kernels.avro_decode_program import SchemasPending

P = TypeVar("P", bound=TablePartition)

Fold = Callable[[P, Run], Iterator[Pause]]
"""What a partition does with a run of one of its inputs; it yields where it has to wait, and for
what, and may be abandoned there."""


def feed(
    app: faust.App,
    topic: str,
    ownership: Ownership[P],
    fold: Fold[P],
    schemas: SchemasAtHand | None = None,
    *,
    ahead: Read[P] | None = None,
) -> None:
    """Declare an agent of ``app`` that folds ``topic`` into the partitions that are owned.

    ``schemas`` are those that ``fold`` reads with, where it reads Avro of foreign writers. A fold
    that waits, for verdicts or for a checkpoint, is read ``ahead``, each partition in a lane of its
    own: the others go on.
    """
    channel = app.topic(topic, key_serializer="raw", value_serializer="raw")
    lookups = None if schemas is None else SchemaLookups(topic, schemas, lambda: app.consumer)

    async def take_in(
        message: Any, ahead: Ahead | None = None, held_up: Callable[[], None] = _nobody
    ) -> None:
        await take(ownership, fold, message, lookups, ahead=ahead, held_up=held_up)

    lanes = None if ahead is None else Lanes(ownership, take_in, ahead, lambda: app.consumer)

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            try:
                if lanes is None:
                    await ownership.turns.next()
                    await take_in(event.message)
                else:
                    await lanes.put(event.message)
            except Exception as exc:
                # Faust would drop the chunk and go on, but nothing may be skipped.
                ownership.failed(exc)
                raise
            # A queue that is never empty gives nobody else a turn: a backlog's chunks would be
            # folded one after the other, and heartbeats and actions wait for all of them.
            await asyncio.sleep(0)

    app.agent(channel, name=topic)(agent)


def _nobody() -> None:
    """Nobody goes on while a fold waits."""


async def take(
    ownership: Ownership[P],
    fold: Fold[P],
    message: Any,
    lookups: SchemaLookups | None = None,
    *,
    ahead: Ahead | None = None,
    held_up: Callable[[], None] = _nobody,
) -> None:
    """Fold the chunk ``message`` into its partition, if that is owned.

    ``ahead`` is what has been read of it; ``held_up`` is called before waiting for anything.
    """
    tenure = ownership.get(message.partition)
    if tenure is None:
        return  # given up while the chunk was on its way: the next owner reads it again
    learnt: set[Wanted] = set()
    try:
        await _fold(ownership, fold, message, tenure, lookups, learnt, ahead, held_up)
    finally:
        if lookups is not None:
            lookups.release(learnt)


async def _fold(
    ownership: Ownership[P],
    fold: Fold[P],
    message: Any,
    tenure: Tenure[P],
    lookups: SchemaLookups | None,
    learnt: set[Wanted],
    ahead: Ahead | None,
    held_up: Callable[[], None],
) -> None:
    run = Run(message.topic, message.value, message.first_offset, message.next_offset, ahead)

    def owned() -> bool:
        return ownership.get(message.partition) is tenure

    started = time.perf_counter()
    waited = 0.0
    steps = fold(tenure.partition, run)
    while True:
        try:
            pause = next(steps)
        except StopIteration:
            break
        except SchemasPending as exc:
            if lookups is None:
                raise
            # Nothing of the run has been applied yet: it is begun again.
            paused = time.perf_counter()
            learnt |= exc.wanted
            held_up()
            await lookups.wait(exc.wanted, owned)
            if not owned():
                return
            waited += time.perf_counter() - paused
            steps = fold(tenure.partition, run)
            continue
        paused = time.perf_counter()
        held_up()
        wait = _arrived if pause is Pause.VERDICTS else _drained
        if not await wait(ownership, message.partition, tenure):
            return
        waited += time.perf_counter() - paused
    tenure.arrived()
    if tenure.partition.urgent:
        tenure.checkpointer.wake()
    records = run.next_offset - run.first_offset
    metrics.CONSUMED_BYTES.labels(topic=run.topic).inc(len(run.data))
    metrics.CHUNK_RECORDS.labels(topic=run.topic).observe(records)
    seconds = time.perf_counter() - started - waited + (ahead.seconds if ahead is not None else 0.0)
    metrics.SCORING_SECONDS.observe(seconds / max(records, 1))
    while tenure.partition.backlogged:
        held_up()
        if not await _drained(ownership, message.partition, tenure):
            return


async def _arrived(ownership: Ownership[P], partition: int, tenure: Tenure[P]) -> bool:
    """Wait for a run of any other input; False if the partition was given up meanwhile."""
    if tenure.partition.urgent:
        tenure.checkpointer.wake()  # what is waited for may be an answer to it
    await tenure.arrivals.wait()
    return ownership.get(partition) is tenure


async def _drained(ownership: Ownership[P], partition: int, tenure: Tenure[P]) -> bool:
    """Wait for a full checkpoint; False if the partition was given up meanwhile."""
    tenure.checkpointer.wake()
    await tenure.checkpointer.drained.wait()
    return ownership.get(partition) is tenure
