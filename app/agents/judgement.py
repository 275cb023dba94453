"""What judges requests now: every policy, population snapshot and watched program that a worker has
heard of.

Fed by the broadcast reader with records of the policy, population and watches topics; read by every
partition. A policy that is invalid changes nothing: it is refused, counted and logged with the
field and the reason.
"""

from typing import NamedTuple

import structlog

from app import metrics
from app.agents.watch_book import WatchBook
from app.detection.population import Snapshot, SnapshotAssembler
from app.events.population import PopulationPart
from app.events.record import BadRecord
from app.events.watches import WatchList
from app.kernels.regimes import Regimes
from app.policy.document import PolicyDocument
from app.policy.load import InvalidPolicy, published_policy
from app.policy.regimes import MAX_REGIMES, build_regimes

log = structlog.get_logger(__name__)

MAX_POLICIES = 64
"""Published policies kept, the newest: late requests are judged by the one of their time."""


class Judgement(NamedTuple):
    """What judges: the regimes, and the policies that they name by position."""

    regimes: Regimes
    policies: tuple[PolicyDocument, ...]


class JudgementBook:
    """The judgement in force, kept up to date record by record.

    ``current`` is replaced as a whole, so that a reader that holds one sees no half of another. It
    is made when it is asked for: a worker that starts reads weeks of snapshots before anybody does.
    """

    def __init__(self, default: PolicyDocument) -> None:
        self._default = default
        self._published: list[PolicyDocument] = []
        self._snapshots: list[Snapshot] = []
        self._assembler = SnapshotAssembler()
        self._heard: dict[int, int] = {}
        self._watches = WatchBook()
        self._current: Judgement | None = None
        self._show()

    @property
    def current(self) -> Judgement:
        """What judges now."""
        if self._current is None:
            policies = (self._default, *self._published)
            regimes = build_regimes(policies, self._snapshots, self._watches.watches)
            self._current = Judgement(regimes, policies)
        return self._current

    def policy_record(self, key: bytes | None, value: bytes | None, timestamp: int) -> None:
        """Take in a record of the policy topic.

        A tombstone takes the published policies back: the shipped one judges from ``timestamp``
        (the record's, ms) on.
        """
        if key is not None and key.decode(errors="replace") != self._default.name:
            return
        if value is None:
            shipped = self._default.model_copy(update={"effective_from": max(timestamp, 0)})
            self._publish(shipped)
            return
        try:
            document = published_policy(value)
        except InvalidPolicy as exc:
            metrics.POLICIES_REFUSED.inc()
            log.error(
                "published policy refused: the one in force stays",
                error=str(exc),
                in_force=self._published[-1].version if self._published else self._default.version,
            )
            return
        self._publish(document)

    def _publish(self, document: PolicyDocument) -> None:
        self._published = [*self._published, document][-MAX_POLICIES:]
        self._current = None
        self._show()
        log.info(
            "policy in force",
            version=document.version,
            author=document.author,
            reason=document.reason,
            effective_from=document.judges_from,
        )

    def population_record(self, key: bytes | None, value: bytes | None) -> None:  # noqa: ARG002
        """Take in a record of the population topic."""
        if value is None:
            return
        try:
            part = PopulationPart.from_json(value)
        except BadRecord as exc:
            # Written by workers alone: somebody else writes to an internal topic.
            log.error("population part refused", error=str(exc))
            return
        self.population_part(part)

    def population_part(self, part: PopulationPart) -> None:
        """Take in the next part of a population snapshot; one of no accounts only says that its
        partition has come to the end of an epoch in which it had none."""
        self._heard[part.partition] = max(self._heard.get(part.partition, -1), part.snapshot)
        if part.accounts == 0:
            return
        closed = self._assembler.add(part)
        if closed:
            self._snapshots = [*self._snapshots, *closed][-MAX_REGIMES:]
            self._current = None
            metrics.SNAPSHOT.set(closed[-1].number)
            metrics.POPULATION_ACCOUNTS.set(closed[-1].accounts)

    def population_reached(self, partitions: int) -> int:
        """The newest epoch that all of ``partitions`` partitions have ended; -1: none."""
        return min(self._heard.get(number, -1) for number in range(partitions))

    def watch_record(self, value: bytes | None) -> None:
        """Take in a record of the topic of watched programs."""
        if value is None:
            return
        try:
            self._watches.add(WatchList.from_json(value))
        except ValueError as exc:
            # Written by workers alone: of another release, or somebody else's.
            log.error("watch list refused", error=str(exc))
            return
        if self._current is not None:
            # Neither a policy nor a snapshot is another for it: the rest stays as it was built.
            regimes = self._current.regimes._replace(watches=self._watches.watches)
            self._current = self._current._replace(regimes=regimes)
        metrics.WATCHED.set(self._watches.newest)

    def watches_reached(self, partitions: int) -> int:
        """The newest sighting period whose watched programs all ``partitions`` partitions of links
        have told; -1: none."""
        return self._watches.reached(partitions)

    def _show(self) -> None:
        newest = (self._default, *self._published)[-1]
        metrics.POLICY.info(
            {"name": newest.name, "version": newest.version, "author": newest.author}
        )
        metrics.POLICY_EFFECTIVE.set(newest.judges_from / 1000)
