"""The figures of a comparison: ratios, targets, one table, one JSON object."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from rich.table import Table

REFLUX = "reflux"

Figures = dict[str, float | int | None]
"""What was measured of a peer, by the names of ``UNITS``; absent or None: not of this peer."""

UNITS = {
    "events_per_s": "events/s",
    "core_share": "of its core",
    "bytes_per_s": "MB/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "peak_bytes": "peak MiB",
    "cpu_s_per_million": "CPU s/million",
    "changelog_bytes_per_event": "changelog B/event",
}
"""The figures of each peer, and how the table's heads name them.

``core_share`` says what ``events_per_s`` is worth: well below one, the peer waited for the broker,
or the machine was busy with something else, and CPU seconds are the better measure.
"""

_SCALE = {"bytes_per_s": 1e-6, "peak_bytes": 2**-20}


class Target(NamedTuple):
    """What is wanted of one number: at least it, or at most it."""

    kind: str
    value: float

    def met(self, measured: float) -> bool:
        return measured >= self.value if self.kind == "at least" else measured <= self.value


TARGETS = {
    "reflux_over_faust": Target("at least", 100),
    "reflux_over_quix": Target("at least", 20),
    "reflux_over_streams_rocksdb": Target("at least", 2),
    "reflux_over_confluent": Target("at least", 0.4),
    "reflux_p99_ms": Target("at most", 100),
    "two_workers_over_one_cpu": Target("at most", 1.2),
    "cost_1m_over_10k": Target("at most", 1.5),
}


def over(figures: Mapping[str, Figures]) -> dict[str, Figures]:
    """For each peer, Reflux's figures over its own: 10 events/s mean that Reflux does ten times as
    many, 0.1 peak bytes that it takes a tenth of the memory."""
    ours = figures.get(REFLUX, {})
    return {
        peer: {
            name: round(mine / theirs, 4)
            for name in UNITS
            if (mine := ours.get(name)) is not None and (theirs := own.get(name))
        }
        for peer, own in figures.items()
    }


def numbers(figures: Mapping[str, Figures], extra: Mapping[str, float]) -> dict[str, float]:
    """What the targets speak of, as far as it was measured."""
    found: dict[str, float] = dict(extra)
    for peer, ratios in over(figures).items():
        if peer != REFLUX and (ratio := ratios.get("events_per_s")) is not None:
            found[f"reflux_over_{peer}"] = ratio
            if spent := ratios.get("cpu_s_per_million"):
                found[f"reflux_over_{peer}_per_cpu_s"] = round(1 / spent, 4)
    if (p99 := figures.get(REFLUX, {}).get("p99_ms")) is not None:
        found["reflux_p99_ms"] = p99
    return found


def result(
    figures: Mapping[str, Figures], extra: Mapping[str, float], skipped: Mapping[str, str]
) -> dict[str, Any]:
    """The object of the last line."""
    ratios = over(figures)
    found = numbers(figures, extra)
    return {
        "peers": {peer: {**own, "reflux_over": ratios[peer]} for peer, own in figures.items()},
        **found,
        "targets": {
            name: {"target": f"{target.kind} {target.value:g}", "met": target.met(found[name])}
            for name, target in TARGETS.items()
            if name in found
        },
        "skipped": dict(skipped),
    }


def peers_table(figures: Mapping[str, Figures]) -> Table:
    """A row for each peer: every figure, and in brackets Reflux's over it."""
    table = Table("peer", *UNITS.values())
    ratios = over(figures)
    for peer, own in figures.items():
        table.add_row(peer, *(_cell(name, own, ratios[peer]) for name in UNITS))
    return table


def targets_table(found: Mapping[str, float]) -> Table:
    """A row for each further number, with its target and whether it was met."""
    table = Table("figure", "measured", "target", "")
    for name, value in found.items():
        target = TARGETS.get(name)
        wanted = f"{target.kind} {target.value:g}" if target else ""
        met = "" if target is None else "met" if target.met(value) else "missed"
        table.add_row(name, _number(value), wanted, met)
    return table


def _cell(name: str, own: Figures, ratios: Figures) -> str:
    value = own.get(name)
    if value is None:
        return "-"
    ratio = ratios.get(name)
    shown = _number(value * _SCALE.get(name, 1))
    return shown if ratio is None else f"{shown} ({ratio:.3g})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
