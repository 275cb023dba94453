"""Once a second: what the metrics and the health endpoints say of the partitions."""

import asyncio
import time
from collections.abc import Mapping
from typing import get_args

import faust
from faust.types import TP

from app import metrics
from app.agents.account_partition import AccountPartition
from app.agents.link_partition import LinkPartition
from app.agents.ownership import Ownership
from app.agents.table_partition import TablePartition
from app.events.campaigns import CampaignStatus
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

    Counters grow by what this process did, so a recovered partition counts from its header on.
    """

    def __init__(
        self,
        app: faust.App,
        health: Health,
        accounts: Ownership[AccountPartition],
        links: Ownership[LinkPartition] | None,
    ) -> None:
        self._app = app
        self._health = health
        self._accounts = accounts
        self._links = links
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
        if self._links is not None:
            self._observe_links(self._links)
        metrics.PARTITIONS_OWNED.set(len(self._accounts.tenures))

    def _observe_links(self, ownership: Ownership[LinkPartition]) -> None:
        for number, links in ownership.tenures.items():
            self._count_inputs(number, links.partition)
            self._show_campaigns(str(number), links.partition)
            metrics.LINKS.labels(partition=str(number)).set(len(links.partition.store))
            metrics.STATE_BYTES.labels(table="links", partition=str(number)).set(
                links.partition.store.nbytes
            )

    def _show_campaigns(self, label: str, links: LinkPartition) -> None:
        metrics.LINKS_FLAGGED.labels(partition=label).set(links.flagged)
        metrics.CLOSED_PERIOD.labels(partition=label).set(links.closed)
        for status in get_args(CampaignStatus):
            count = links.campaigns.get(status, 0)
            metrics.CAMPAIGNS.labels(partition=label, status=status).set(count)

    def _count_ledger(self, number: int, partition: AccountPartition) -> None:
        now = partition.state.ledger.copy()
        for place, counter in _COUNTED.items():
            counter.labels(partition=str(number)).inc(int(now[place] - partition.reported[place]))
        partition.reported = now

    def _count_inputs(self, number: int, partition: TablePartition) -> None:
        label = str(number)
        for topic, position in partition.positions.items():
            metrics.CONSUMED.labels(topic=topic, partition=label).inc(partition.taken[topic])
            tp = TP(topic, number)
            assigned = tp in self._app.consumer.assignment()
            end = self._app.consumer.highwater(tp) if assigned else None
            if end is not None:
                waiting = max(end - position.next_offset, 0)
                metrics.LAG.labels(topic=topic, partition=label).set(waiting)
        partition.taken.clear()

    async def _report_health(self) -> None:
        recovery = self._app.tables.recovery
        if self._app.rebalancing or self._app.in_recovery:
            if self._recovering_since is None:
                self._recovering_since = time.monotonic()
            self._health.recovering(self._remaining(recovery.active_remaining()))
            return
        if self._recovering_since is not None:
            metrics.RECOVERY_SECONDS.set(time.monotonic() - self._recovering_since)
            self._recovering_since = None
        if self._accounts.tenures or self._app.consumer.assignment():
            self._health.ready()
        else:
            self._health.starting()

    def _remaining(self, remaining: Mapping[TP, int]) -> dict[tuple[str, int], int]:
        counted = {(tp.topic, tp.partition): max(count, 0) for tp, count in remaining.items()}
        for (topic, partition), count in counted.items():
            metrics.RECOVERY_REMAINING.labels(topic=topic, partition=str(partition)).set(count)
        return counted
