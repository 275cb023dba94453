"""A catalogue of metrics: how each is declared, told of to people, and rendered for Prometheus.

Whoever declares a metric says what it means and what to do when it moves. The first sentence is its
help text; the second is for whoever is on call, and both are in the catalogue's ``table``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

# Series with creation times: one more for each, and nobody reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""Of what ``Catalogue.render`` gives."""

Kind = Literal["counter", "gauge", "histogram", "info"]

# Counters end in `_total` on the wire, as Prometheus has it.
SUFFIXES: dict[Kind, str] = {"counter": "_total", "info": "_info"}


@dataclass(frozen=True)
class Definition:
    """One line of the table."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str
    action: str

    @property
    def exposed_name(self) -> str:
        """The metric's name as Prometheus sees it."""
        return self.name + SUFFIXES.get(self.kind, "")


class Catalogue:
    """The metrics of one ``namespace``, beside those of the process itself."""

    def __init__(self, namespace: str) -> None:
        self.definitions: list[Definition] = []
        self._namespace = namespace
        # A registry of our own: what another library registers by itself stays out.
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def counter(self, name: str, meaning: str, action: str, *labels: str) -> Counter:
        full_name = self._define("counter", name, meaning, action, labels)
        return Counter(full_name, meaning, labels, registry=self._registry)

    def gauge(self, name: str, meaning: str, action: str, *labels: str) -> Gauge:
        full_name = self._define("gauge", name, meaning, action, labels)
        return Gauge(full_name, meaning, labels, registry=self._registry)

    def histogram(
        self, name: str, meaning: str, action: str, *labels: str, buckets: Sequence[float]
    ) -> Histogram:
        full_name = self._define("histogram", name, meaning, action, labels)
        return Histogram(full_name, meaning, labels, registry=self._registry, buckets=buckets)

    def info(self, name: str, meaning: str, action: str) -> Info:
        full_name = self._define("info", name, meaning, action, ())
        return Info(full_name, meaning, registry=self._registry)

    def _define(
        self, kind: Kind, name: str, meaning: str, action: str, labels: tuple[str, ...]
    ) -> str:
        full_name = f"{self._namespace}_{name}"
        self.definitions.append(Definition(full_name, kind, labels, meaning, action))
        return full_name

    def render(self) -> bytes:
        """Every metric in the text format that Prometheus reads; its type is ``CONTENT_TYPE``."""
        return generate_latest(self._registry)

    def table(self) -> str:
        """Every metric in Markdown: name, labels, meaning, what to do when it moves."""
        lines = ["| metric | labels | meaning | when it moves |", "|---|---|---|---|"]
        for item in self.definitions:
            labels = ", ".join(item.labels)
            lines.append(f"| `{item.exposed_name}` | {labels} | {item.meaning} | {item.action} |")
        return "\n".join(lines) + "\n"
