"""Once a second: what the metrics and the health endpoints say of the partitions."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import faust
from faust.types import TP

from app import metrics
from app.agents.account_partition import AccountPartition
from app.agents.link_partition import LinkPartition
from app.agents.ownership import Ownership
from app.agents.table_partition import TablePartition
from app.health import Health
from app.kernels import guards as g
from app.kernels import ledger as l

INTERVAL_SECONDS = 1.0

_COUNTED = {
    l.FOLDED: metrics.FOLDED,
    l.DUPLICATES: metrics.DUPLICATES,
    l.LATE_REPEATS: metrics.LATE_REPEATS,
}


class Monitor:
    """Reads the partitions' own counts and turns them into metrics.

    Counters only ever grow by what this process did, so a partition that comes back after a
    recovery is counted on from its recovered ledger.
    """

    def __init__(
        self,
        app: faust.App,
        health: Health,
        accounts: Ownership[AccountPartition],
        links: Ownership[LinkPartition],
    ) -> None:
        self._app = app
        self._health = health
        self._accounts = accounts
        self._links = links
        self._seen: dict[tuple[int, AccountPartition], Any] = {}
        self._taken: dict[TP, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._recovering_since: float | None = None

    def start(self) -> None:
        """Begin; must be called in the event loop."""
        self._task = asyncio.create_task(self._run(), name="monitor")

    def stop(self) -> None:
        """Stop, with the figures of this moment."""
        if self._task is not None:
            self._task.cancel()
        self._observe()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            self._observe()
            await self._report_health()

    def _observe(self) -> None:
        for number, tenure in self._accounts.tenures.items():
            partition = tenure.partition
            self._count_ledger(number, partition)
            self._count_inputs(number, partition)
            label = str(number)
            metrics.WATERMARK.labels(partition=label).set(
                partition.state.ledger[l.WATERMARK] / 1000
            )
            metrics.ACCOUNTS.labels(partition=label).set(len(partition.store))
            metrics.STATE_BYTES.labels(table="accounts", partition=label).set(
                partition.store.nbytes
            )
            tripped = partition.state.guards[g.TRIPPED_UNTIL] > partition.state.ledger[l.WATERMARK]
            metrics.GUARD_TRIPPED.labels(guard="actions", partition=label).set(bool(tripped))
        for number, tenure in self._links.tenures.items():
            self._count_inputs(number, tenure.partition)
            metrics.LINKS.labels(partition=str(number)).set(len(tenure.partition.store))
            metrics.STATE_BYTES.labels(table="links", partition=str(number)).set(
                tenure.partition.store.nbytes
            )
        metrics.PARTITIONS_OWNED.set(len(self._accounts.tenures))

    def _count_ledger(self, number: int, partition: AccountPartition) -> None:
        key = (number, partition)
        before = self._seen.get(key)
        now = partition.state.ledger.copy()
        if before is None:
            # What the recovered header says was counted by whoever did it.
            before = partition.restored
            self._seen = {k: v for k, v in self._seen.items() if k[0] != number}
        self._seen[key] = now
        for place, counter in _COUNTED.items():
            counter.labels(partition=str(number)).inc(max(int(now[place] - before[place]), 0))

    def _count_inputs(self, number: int, partition: TablePartition) -> None:
        for topic, position in partition.positions.items():
            tp = TP(topic, number)
            taken = partition.taken.get(topic, 0)
            before = self._taken.get(tp, 0)
            # A new tenure counts from zero again.
            grown = taken - before if taken >= before else taken
            metrics.CONSUMED.labels(topic=topic, partition=str(number)).inc(grown)
            self._taken[tp] = taken
            end = (
                self._app.consumer.highwater(tp) if tp in self._app.consumer.assignment() else None
            )
            if end is not None:
                metrics.LAG.labels(topic=topic, partition=str(number)).set(
                    max(end - position.next_offset, 0)
                )

    async def _report_health(self) -> None:
        recovery = self._app.tables.recovery
        if self._app.rebalancing or self._app.in_recovery:
            self._health.recovering(_by_topic(recovery.active_remaining()))
        elif self._accounts.tenures or self._app.consumer.assignment():
            self._health.ready()
        else:
            self._health.starting()


def _by_topic(remaining: Mapping[TP, int]) -> dict[tuple[str, int], int]:
    counted: dict[tuple[str, int], int] = defaultdict(int)
    for tp, count in remaining.items():
        counted[tp.topic, tp.partition] += max(count, 0)
    return dict(counted)
