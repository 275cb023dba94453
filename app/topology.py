"""The Faust application on one page: topics, tables, agents, and what moves between them.

    requests, profiles, operators, verdicts ──► accounts ──► enforcements, sightings, dead letters
    sightings ──► links ──► verdicts, watches, campaigns, dead letters
    policy, population, watches, campaign commands ──► every worker, not through the group
                                                       (``agents/broadcasts.py``)

Topics are read in chunks of record batches; both tables are columnar, and all that a worker has to
say leaves it in the checkpoints of its partitions.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust
import structlog
from faust.types import TP

from app.agents.accounts import accounts_table
from app.agents.broadcasts import BroadcastReader
from app.agents.campaign_commands import CampaignCommands
from app.agents.judgement import JudgementBook
from app.agents.link_table import links_table
from app.agents.monitor import Monitor
from app.agents.turns import Turns
from app.events.topics import CAMPAIGN_COMMANDS, POLICY, POPULATION, WATCHES, Topic
from app.health import Health
from app.kafka.clients import confluent_config
from app.kafka.registry import schema_source
from app.policy.load import default_policy
from app.settings import Settings
from app.transport.credentials import faust_credentials
from app.transport.watchdog import Watchdog

log = structlog.get_logger(__name__)

REVOKE_SHARE = 0.5
"""Share of the rebalance timeout that last checkpoints may take: the whole group waits for them."""


class Topology:
    """The application of one worker, from ``start`` to ``stop``.

    ``failed`` is set, and ``failure`` says why, when it cannot go on: whoever runs it stops it.
    """

    def __init__(self, settings: Settings, health: Health) -> None:
        self.failed = asyncio.Event()
        self.failure: BaseException | None = None
        self._settings = settings
        self._health = health
        # One transaction may be in flight for each partition of each table.
        self._executor = ThreadPoolExecutor(2 * settings.partitions, "checkpoint")
        # One: it is as fast as the fold it reads for, and keeps it in order.
        self._reader = ThreadPoolExecutor(1, "read-ahead")
        turns = Turns()
        self._book = JudgementBook(default_policy())
        schemas = schema_source(settings)
        self._commands = CampaignCommands(schemas)
        heard: dict[Topic, Callable[[bytes | None, bytes | None, int], None]] = {
            POLICY: self._book.policy_record,
            POPULATION: lambda key, value, _: self._book.population_record(key, value),
            WATCHES: lambda _, value, __: self._book.watch_record(value),
            CAMPAIGN_COMMANDS: lambda key, value, _: self._commands.record(key, value),
        }
        self._heard = {topic.full_name(settings.topic_prefix): heard[topic] for topic in heard}
        self._broadcasts = BroadcastReader(
            confluent_config(settings), tuple(self._heard), self._deliver, self.fail
        )
        self.app = _application(settings)
        accounts = accounts_table(
            self.app, settings, self._book, schemas, self._executor, turns, self._reader, self.fail
        )
        links = (
            links_table(
                self.app,
                settings,
                self._book,
                self._commands,
                schemas,
                self._executor,
                turns,
                self.fail,
            )
            if settings.links
            else None
        )
        self._accounts = accounts
        self._tables = (accounts,) if links is None else (accounts, links)
        self._owners = {topic: table for table in self._tables for topic in table.inputs}
        self.app.transport.positions = self
        self.app.transport.read_in_chunks(*self._owners)
        self._monitor = Monitor(
            self.app, health, accounts.ownership, None if links is None else links.ownership
        )
        self.app.on_partitions_revoked.connect(self._on_revoked)
        self.app.on_before_shutdown.connect(self._on_shutdown)
        self._crash_watch: asyncio.Task[None] | None = None

    # Life.

    async def start(self) -> None:
        """Read what every worker must know, join the group, recover, and work."""
        self._broadcasts.start()
        await self._broadcasts.caught_up.wait()
        self.app.in_worker = True
        watchdog = Watchdog(self.app.consumer, self._settings.watchdog, loop=self.app.loop)
        self.app.add_dependency(watchdog)
        self._monitor.start()
        self._crash_watch = asyncio.create_task(self._fail_on_crash(), name="crash-watch")
        await self.app.start()

    async def stop(self) -> None:
        """Write the last checkpoints, leave the group, and let go of everything."""
        await self.app.stop()
        await self._end(self._settings.rebalance_timeout)
        self._monitor.stop()
        if self._crash_watch is not None:
            self._crash_watch.cancel()
        self._broadcasts.stop()
        self._reader.shutdown(wait=False, cancel_futures=True)
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _fail_on_crash(self) -> None:
        """A service of Faust's that crashes marks the application; only Faust's own command,
        which we do not use, would end the process for it."""
        await self.app._crashed.wait()
        self.fail(self.app.crash_reason or RuntimeError("the Faust application crashed"))

    def fail(self, reason: BaseException) -> None:
        """End the worker: what it has in memory and not in its changelogs is not to be trusted."""
        if self.failure is None:
            self.failure = reason
            self._health.dead(str(reason))
            log.critical("worker cannot go on", error=str(reason), kind=type(reason).__name__)
        self.failed.set()

    # What moves.

    def _deliver(self, topic: str, key: bytes | None, value: bytes | None, timestamp: int) -> None:
        self._heard[topic](key, value, timestamp)
        for tenure in self._accounts.ownership.tenures.values():
            tenure.arrived()

    def resume(self, tp: TP) -> int | None:
        """Where an input goes on; see ``app/transport/positions.py``."""
        return self._owners[tp.topic].resume(tp) if tp.topic in self._owners else None

    def committable(self, tp: TP) -> int | None:
        """The durable position of an input; see ``app/transport/positions.py``."""
        return self._owners[tp.topic].committable(tp) if tp.topic in self._owners else None

    async def _on_revoked(self, _app: Any, _revoked: set[TP], **_: Any) -> None:
        # Every rebalance takes all partitions away, and most come back at once.
        await self._end(self._settings.rebalance_timeout * REVOKE_SHARE)

    async def _on_shutdown(self, _app: Any, **_: Any) -> None:
        await self._end(self._settings.rebalance_timeout)

    async def _end(self, seconds: float) -> None:
        """Give up every partition under one deadline.

        After a failure nothing is written any more: memory may be wrong, the changelogs are right.
        """
        deadline = time.monotonic() + (seconds if self.failure is None else 0.0)
        given_up = await asyncio.gather(*(table.end(deadline) for table in self._tables))
        if self.failure is None and any(given_up):
            await self._commit(deadline)
        for table in self._tables:
            table.forget()

    async def _commit(self, deadline: float) -> None:
        """Commit what the last checkpoints made durable: lag tools would show it as unread until
        the next owner commits, and for good where there is none."""
        remaining = max(deadline - time.monotonic(), 0.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(remaining):
                # False also means that an earlier commit was under way, and was waited for.
                if not await self.app.consumer.commit():
                    await self.app.consumer.commit()


def _application(settings: Settings) -> faust.App:
    return faust.App(
        settings.app_id,
        broker=[f"reflux://{server}" for server in settings.bootstrap_servers.split(",")],
        broker_credentials=faust_credentials(settings),
        datadir=str(settings.data_dir),
        topic_partitions=settings.partitions,
        # `reflux topics apply` makes topics: a worker must not make them up.
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        processing_guarantee="at_least_once",
        # The checkpoint waits for what matters; nothing else is worth waiting for.
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        table_standby_replicas=settings.standby_replicas,
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=settings.heartbeat_interval,
        broker_rebalance_timeout=settings.rebalance_timeout,
        broker_request_timeout=max(90.0, settings.session_timeout + 10.0),
        # Static membership only for a worker that has a name: an unnamed one leaves for good.
        consumer_group_instance_id=settings.worker_id or None,
        web_enabled=False,
        autodiscover=False,
    )
