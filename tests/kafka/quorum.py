"""Three nodes of Apache Kafka that replicate each other, with links to them that can be stalled."""

import time
from collections.abc import Sequence
from functools import cached_property
from types import TracebackType

from tests.kafka.broker import KafkaBroker, free_port, new_cluster_id
from tests.kafka.cluster import DEADLINE_S, Cluster
from tests.kafka.links import Links

NODES = 3
REPLICATED = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    # A broker that is gone is missed after seconds: tests have less patience than operators.
    "broker.session.timeout.ms": "6000",
    "broker.heartbeat.interval.ms": "500",
    "controller.quorum.election.timeout.ms": "2000",
    "controller.quorum.fetch.timeout.ms": "4000",
}
IN_SYNC_SECONDS = 180.0


class Node(KafkaBroker):
    """One node of a quorum, which must know of the others before it starts."""

    # Three that start again and again would otherwise compile more than they work.
    JVM = ("-XX:TieredStopAtLevel=1",)

    def __init__(self, number: int, cluster_id: str, link_port: int, heap: str) -> None:
        super().__init__(heap=heap)
        self.number = number
        self.link_target = free_port()
        self.voters: Sequence[Node] = ()
        self._cluster_id = cluster_id
        self._link_port = link_port

    @property
    def voter(self) -> str:
        return f"{self.number}@127.0.0.1:{self._controller_port}"

    def lose(self) -> None:
        """SIGKILL, and its disk is gone too: ``revive`` puts an empty one in its place."""
        self.close()
        self._home.mkdir()
        self._formatted = False

    def revive(self) -> None:
        """Run, whether it was stopped, killed, lost or not at all."""
        if self._process is None:
            self.start()

    def _properties(self) -> dict[str, str]:
        settings = super()._properties()
        del settings["controller.quorum.bootstrap.servers"]
        linked = f"LINKED://127.0.0.1:{self.link_target}"
        return (
            settings
            | REPLICATED
            | {
                "node.id": str(self.number),
                "controller.quorum.voters": ",".join(node.voter for node in self.voters),
                "listeners": f"{settings['listeners']},{linked}",
                "advertised.listeners": (
                    f"{settings['advertised.listeners']},LINKED://127.0.0.1:{self._link_port}"
                ),
                "listener.security.protocol.map": (
                    f"{settings['listener.security.protocol.map']},LINKED:PLAINTEXT"
                ),
            }
        )

    def _format_options(self) -> tuple[str, ...]:
        return ("-t", self._cluster_id)


class Quorum:
    """The nodes, from ``start`` to ``close``.

    ``cluster`` talks to them directly, as tests do. Whoever starts from ``links.bootstrap`` goes
    by way of the links.
    """

    def __init__(self, heap: str = "320m") -> None:
        cluster_id = new_cluster_id()
        self.links = Links(NODES)
        self.nodes = [
            Node(number, cluster_id, port, heap)
            for number, port in enumerate(self.links.ports, start=1)
        ]
        for node in self.nodes:
            node.voters = self.nodes

    @cached_property
    def cluster(self) -> Cluster:
        """Where the brokers are."""
        bootstrap = ",".join(node.bootstrap for node in self.nodes)
        return Cluster(bootstrap, "apache", self.nodes[0].line, replication=NODES)

    def __enter__(self) -> "Quorum":
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start all nodes, and wait until each answers and all are there."""
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.await_metadata()
        self.links.start([node.link_target for node in self.nodes])
        self.until_in_sync()

    def rolling_restart(self) -> None:
        """Restart one node after the other, as operators do: each when the one before is back."""
        for node in self.nodes:
            node.restart()
            self.until_in_sync()

    def until_in_sync(self, nodes: int = NODES) -> None:
        """Wait until ``nodes`` are there and every partition has as many replicas in sync."""
        deadline = time.monotonic() + IN_SYNC_SECONDS
        while time.monotonic() < deadline:
            known = self.cluster.admin.list_topics(timeout=DEADLINE_S)
            partitions = [
                partition
                for topic in known.topics.values()
                for partition in topic.partitions.values()
            ]
            in_sync = all(len(one.isrs) >= min(nodes, len(one.replicas)) for one in partitions)
            if len(known.brokers) >= nodes and in_sync:
                return
            time.sleep(0.2)
        raise TimeoutError(f"replicas are not in sync after {IN_SYNC_SECONDS:g} s")

    def mend(self) -> None:
        """Whatever a test has done to nodes and links, all is well afterwards."""
        self.links.mend()
        for node in self.nodes:
            node.revive()
        self.until_in_sync()

    def close(self) -> None:
        """End every node and delete its data."""
        for node in self.nodes:
            node.close()
        self.links.close()
