"""Faust's recovery, without what 0.15.3 gets wrong about a rebalance in the middle of it.

When partitions are assigned anew while changelogs are being read, Faust takes the interrupted
recovery for a finished one: it tells the application and its tables that they are complete, and
only then notices the new assignment. A table that believed it would start a tenure on half its
rows. When a table refuses to start, Faust goes on without it; and a broker that does not answer in
time ends recovery without a word, for good. And every ``flow_control.resume()`` empties the queues:
done once more after standbys and inputs have begun to flow, it loses what they have brought.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.types import TP, AppT


class RecoveryFailed(RuntimeError):
    """A table could not be recovered: the worker stops."""


class CarefulRecovery(Recovery):  # type: ignore[misc]
    """Says that recovery is complete when it is, in the assignment it was started for.

    A table that has them is told by ``interrupt()`` of a revocation, before anything else happens,
    and by ``reads_after(partition, offset)`` where its changelog is going to be read.
    """

    _revoked = False

    def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self._revoked = True
        super().on_partitions_revoked(revoked)
        for table in self.tables.values():
            interrupt = getattr(table, "interrupt", None)
            if interrupt is not None:
                interrupt()

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],
        newly_assigned: set[TP],
        generation_id: int = 0,
    ) -> None:
        self._revoked = False
        # Stock keeps a partition's buffer size when its part changes from owner to standby.
        self.buffer_sizes.clear()
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    async def _seek_offsets(
        self, consumer: Any, tps: set[TP], offsets: Mapping[TP, int], title: str
    ) -> None:
        await super()._seek_offsets(consumer, tps, offsets, title)
        for tp in tps:
            reads_after = getattr(self.tp_to_table[tp], "reads_after", None)
            if reads_after is not None:
                reads_after(tp.partition, offsets[tp])

    async def _wait(self, coro: Any, timeout: float | None = None) -> None:  # noqa: ASYNC109
        try:
            await super()._wait(coro, timeout=timeout)
        except ServiceStopped:
            if self.should_stop:
                raise
            raise RecoveryFailed(
                f"recovery had no answer from the brokers within {timeout} s. Check that they are "
                "up and that this worker may read its changelogs and inputs; the worker stops, and "
                "may be started again."
            ) from None

    def _interrupted(self, generation: int) -> bool:
        return (
            self.should_stop
            or self._revoked
            or self.signal_recovery_start.is_set()
            or generation != self.app.consumer_generation_id
        )

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Let tables take over, then place the inputs and let them flow.

        As upstream, but for the checks, and that a table's failure is one.
        """
        if self._interrupted(generation_id):
            raise RebalanceAgain
        if self.need_recovery():
            raise RecoveryFailed(f"recovery ended with records left: {self.active_remaining()}")
        self.log.info("Restore complete!")
        await self.app.on_rebalance_complete.send()
        self._set_recovery_ended()
        await self._tell_tables()
        if self._interrupted(generation_id):
            raise RebalanceAgain
        await self._start_inputs()
        self.log.info("Worker ready")

    async def _tell_tables(self) -> None:
        told = [
            asyncio.ensure_future(
                table.on_recovery_completed(
                    self.actives_for_table[table], self.standbys_for_table[table]
                )
            )
            for table in self.tables.values()
        ]
        done, _ = await asyncio.wait(told)
        for task in done:
            if not task.cancelled():
                task.result()

    async def _start_inputs(self) -> None:
        app, consumer = self.app, self.app.consumer
        assignment = consumer.assignment()
        if assignment:
            # Before they are resumed: nothing may come from where the client happens to stand.
            self.log.info("Seek stream partitions to their durable positions.")
            await self._wait(consumer.perform_seek(), app.conf.broker_request_timeout)
        self.completed.set()
        if not app.flow_control.is_active():
            app.flow_control.resume()
        consumer.resume_flow()
        consumer.resume_partitions({tp for tp in assignment if not self._is_changelog_tp(tp)})
        await app._fetcher.maybe_start()
        self.tables.on_actives_ready()
        if not app.assignor.assigned_standbys():
            self.tables.on_standbys_ready()
        app.on_rebalance_end()


def install(app: AppT) -> None:
    """Make ``app``, which must not have started, recover its tables this way."""
    manager: Any = app.tables
    if not isinstance(manager._recovery, CarefulRecovery):
        assert manager._recovery is None, "recovery has begun already"
        # Without a loop: Faust finds the running one, and there is none at import time.
        manager._recovery = CarefulRecovery(app, manager, beacon=manager.beacon)
