"""Administration of topics on a cluster: what it has, and carrying out what should change."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from app.kafka.clients import QUIET, confluent_config
from app.kafka.plan import FoundTopic, Step
from app.settings import Settings

TIMEOUT_SECONDS = 15.0
POLL_SECONDS = 0.1

T = TypeVar("T")

_ADVICE = {
    KafkaError.INVALID_REPLICATION_FACTOR: " (more copies are wanted than brokers are up: start the"
    " others, or say how many copies there are to be, --replication 1 on a single broker)",
}
"""What to do about an error of a cluster, by its code."""


class BrokerUnreachable(ConnectionError):
    """No broker answered, or none would talk to us; the message says what to check."""


class AdministrationFailed(RuntimeError):
    """The cluster refused; the message says what and why."""

    def __init__(self, doing: str, error: KafkaError) -> None:
        self.code = error.code()
        super().__init__(f"{doing}: {error.str()}{_ADVICE.get(self.code, '')}")


class Cluster:
    """The cluster that ``settings`` name."""

    def __init__(self, settings: Settings, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._settings = settings
        self._timeout = timeout
        self._troubles: list[str] = []
        self._admin = AdminClient(
            confluent_config(
                settings,
                **QUIET,
                error_cb=lambda error: self._troubles.append(error.str()),
            )
        )

    def topics(self, names: Sequence[str], *, configs: bool = True) -> dict[str, FoundTopic]:
        """Those of ``names`` that exist; their settings take a right of their own to read.

        Raises:
            BrokerUnreachable: nobody answered in time.
            AdministrationFailed: we may not ask.
        """
        try:
            metadata = self._admin.list_topics(timeout=self._timeout)
        except KafkaException as exc:
            raise self._unreachable(exc.args[0].str()) from None
        present = [name for name in names if name in metadata.topics]
        ask = configs and not self._settings.embedded_broker
        settings = self._configs(present) if ask else {}
        return {
            name: FoundTopic(
                partitions=len(metadata.topics[name].partitions),
                replication=min(
                    (len(part.replicas) for part in metadata.topics[name].partitions.values()),
                    default=0,
                ),
                config=settings.get(name),
            )
            for name in present
        }

    def carry_out(self, steps: Sequence[Step]) -> None:
        """Create and configure as ``steps`` say; a topic that exists by now is no fault.

        Returns when what was created can be written to.

        Raises:
            BrokerUnreachable, AdministrationFailed: some topics may have been changed already.
        """
        new = [
            NewTopic(
                step.topic.name,
                num_partitions=step.topic.partitions,
                replication_factor=step.topic.replication,
                config=self._supported(step.topic.config),
            )
            for step in steps
            if step.kind == "create"
        ]
        if new:
            for name, future in self._admin.create_topics(
                new, operation_timeout=self._timeout
            ).items():
                try:
                    self._wait(f"creating {name}", future)
                except AdministrationFailed as exc:
                    if exc.code != KafkaError.TOPIC_ALREADY_EXISTS:
                        raise
            self._await_leaders([topic.topic for topic in new])
        changed = [
            ConfigResource(
                ResourceType.TOPIC,
                step.topic.name,
                incremental_configs=[
                    ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                    for name, value in step.changes.items()
                ],
            )
            for step in steps
            if step.kind == "configure"
        ]
        if changed:
            for resource, future in self._admin.incremental_alter_configs(changed).items():
                self._wait(f"configuring {resource.name}", future)

    def _await_leaders(self, names: Sequence[str]) -> None:
        """Wait until brokers know the topics: the controller says "created" a moment earlier."""
        deadline = time.monotonic() + self._timeout
        waiting = set(names)
        while waiting:
            known = self._admin.list_topics(timeout=self._timeout).topics
            waiting = {
                name
                for name in waiting
                if name not in known
                or not known[name].partitions
                or any(part.leader < 0 for part in known[name].partitions.values())
            }
            if waiting and time.monotonic() > deadline:
                raise BrokerUnreachable(
                    f"no leader yet for {', '.join(sorted(waiting))}: too few brokers are up. They"
                    " have been created; run the command again to see that they are there."
                )
            if waiting:
                time.sleep(POLL_SECONDS)

    def _configs(self, names: Sequence[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        return {
            resource.name: {
                entry.name: entry.value
                for entry in self._wait(f"describing {resource.name}", future).values()
            }
            for resource, future in self._admin.describe_configs(resources).items()
        }

    def _supported(self, config: Mapping[str, str]) -> dict[str, str]:
        if not self._settings.embedded_broker:
            return dict(config)
        # The embedded broker knows few settings and keeps everything anyway.
        return {"cleanup.policy": config["cleanup.policy"]}

    def _wait(self, doing: str, future: Future[T]) -> T:
        try:
            return future.result(self._timeout)
        except KafkaException as exc:
            error: KafkaError = exc.args[0]
            if error.code() in _UNREACHABLE:
                raise self._unreachable(error.str()) from None
            raise AdministrationFailed(doing, error) from None
        except TimeoutError:
            raise self._unreachable(f"{doing} takes longer") from None

    def _unreachable(self, trouble: str) -> BrokerUnreachable:
        self._admin.poll(0)  # lets the client report what went wrong underneath
        cause = self._troubles[-1] if self._troubles else trouble
        return BrokerUnreachable(
            f"no broker at {self._settings.bootstrap_servers} answered in {self._timeout:g} s:"
            f" {cause}. Check that it runs and REFLUX_BOOTSTRAP_SERVERS names it; if the cluster is"
            " secured, check REFLUX_SECURITY_PROTOCOL and the credentials too."
        )


_UNREACHABLE = frozenset(
    (
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._AUTHENTICATION,
        KafkaError._RESOLVE,
        KafkaError._SSL,
    )
)
