"""The figures of a comparison: ratios, targets, one table, one JSON object."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from rich.table import Table

REFLUX = "reflux"

Figures = dict[str, float | int | None]
"""What was measured of a peer, by the names of ``UNITS``; absent or None: not of this peer."""

Rounds = dict[str, list[Figures]]
"""What was measured of each peer in every round; rounds are interleaved, so that what slows the
machine for some minutes falls on all of them."""

UNITS = {
    "events_per_s": "events/s",
    "seconds": "timed s",
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


def medians(rounds: Rounds, delays: Mapping[str, Figures]) -> dict[str, Figures]:
    """The median of each figure over a peer's rounds, and its delays."""
    found: dict[str, Figures] = {}
    for peer, measured in rounds.items():
        names = [name for name in UNITS if any(one.get(name) is not None for one in measured)]
        found[peer] = {
            name: median(value for one in measured if (value := one.get(name)) is not None)
            for name in names
        } | delays.get(peer, {})
    return found


def ratios(rounds: Rounds, peer: str, name: str) -> list[float]:
    """Reflux's figure over a peer's, round by round: what was measured side by side."""
    pairs = zip(rounds.get(REFLUX, []), rounds[peer], strict=False)
    return [a / b for ours, theirs in pairs if (a := ours.get(name)) and (b := theirs.get(name))]


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


def numbers(
    rounds: Rounds, delays: Mapping[str, Figures], extra: Mapping[str, float]
) -> dict[str, float]:
    """What the targets speak of, as far as it was measured: medians of the rounds' ratios."""
    found: dict[str, float] = dict(extra)
    for peer in rounds.keys() - {REFLUX}:
        if found_ratios := ratios(rounds, peer, "events_per_s"):
            found[f"reflux_over_{peer}"] = round(median(found_ratios), 4)
        if spent := ratios(rounds, peer, "cpu_s_per_million"):
            found[f"reflux_over_{peer}_per_cpu_s"] = round(1 / median(spent), 4)
    if (p99 := delays.get(REFLUX, {}).get("p99_ms")) is not None:
        found["reflux_p99_ms"] = p99
    return found


def ranges(rounds: Rounds) -> dict[str, list[float]]:
    """The least and the greatest of the ratios whose medians ``numbers`` gives."""
    found = {}
    for peer in rounds.keys() - {REFLUX}:
        if of_peer := ratios(rounds, peer, "events_per_s"):
            found[f"reflux_over_{peer}"] = [round(min(of_peer), 4), round(max(of_peer), 4)]
    return found


def result(
    rounds: Rounds,
    delays: Mapping[str, Figures],
    extra: Mapping[str, float],
    skipped: Mapping[str, str],
) -> dict[str, Any]:
    """The object of the last line."""
    figures = medians(rounds, delays)
    by_peer = over(figures)
    found = numbers(rounds, delays, extra)
    return {
        "rounds": max(map(len, rounds.values()), default=0),
        "peers": {peer: {**own, "reflux_over": by_peer[peer]} for peer, own in figures.items()},
        **found,
        "ranges": ranges(rounds),
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
    by_peer = over(figures)
    for peer, own in figures.items():
        table.add_row(peer, *(_cell(name, own, by_peer[peer]) for name in UNITS))
    return table


def targets_table(
    found: Mapping[str, float], spreads: Mapping[str, Sequence[float]] | None = None
) -> Table:
    """A row for each further number, with its range over the rounds, its target and whether it was
    met."""
    table = Table("figure", "measured", "range", "target", "")
    for name, value in found.items():
        target = TARGETS.get(name)
        wanted = f"{target.kind} {target.value:g}" if target else ""
        met = "" if target is None else "met" if target.met(value) else "missed"
        spread = " to ".join(map(_number, (spreads or {}).get(name, ())))
        table.add_row(name, _number(value), spread, wanted, met)
    return table


def _cell(name: str, own: Figures, of_peer: Figures) -> str:
    value = own.get(name)
    if value is None:
        return "-"
    ratio = None if name == "seconds" else of_peer.get(name)
    shown = _number(value * _SCALE.get(name, 1))
    return shown if ratio is None else f"{shown} ({ratio:.3g})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
