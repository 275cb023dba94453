"""The figures of a comparison, as a table and as one JSON object."""

import io
import json

import pytest
from rich.console import Console

from tests.benchmarks.peers.report import (
    TARGETS,
    Figures,
    Rounds,
    Target,
    medians,
    numbers,
    over,
    peers_table,
    ranges,
    ratios,
    result,
    targets_table,
)

REFLUX: Figures = {
    "events_per_s": 200_000,
    "bytes_per_s": 120_000_000,
    "p50_ms": 10.0,
    "p99_ms": 50.0,
    "peak_bytes": 400 << 20,
    "cpu_s_per_million": 5.0,
}
FAUST: Figures = {
    "events_per_s": 1_000,
    "bytes_per_s": 600_000,
    "p50_ms": 40.0,
    "p99_ms": 100.0,
    "peak_bytes": 100 << 20,
    "cpu_s_per_million": 1000.0,
}
FLOOR: Figures = {"events_per_s": 600_000, "cpu_s_per_million": 1.6, "peak_bytes": None}
FIGURES = {"reflux": REFLUX, "faust": FAUST, "confluent": FLOOR}
ROUNDS: Rounds = {name: [figures] for name, figures in FIGURES.items()}
DELAYS: dict[str, Figures] = {"reflux": {"p50_ms": 10.0, "p99_ms": 50.0}}


def test_ratios_are_ours_over_theirs() -> None:
    ratios = over(FIGURES)
    assert ratios["faust"]["events_per_s"] == 200.0
    assert ratios["faust"]["p99_ms"] == 0.5
    assert ratios["faust"]["peak_bytes"] == 4.0
    assert ratios["confluent"] == {"events_per_s": 0.3333, "cpu_s_per_million": 3.125}
    assert set(ratios["reflux"].values()) == {1.0}


def test_without_reflux_there_are_no_ratios() -> None:
    assert over({"faust": FAUST}) == {"faust": {}}
    assert numbers({"faust": [FAUST]}, {}, {}) == {}


def test_a_ratio_is_of_one_round_and_the_median_of_all() -> None:
    """A machine that slows for a round slows both sides of its ratio."""
    rounds: Rounds = {
        "reflux": [{"events_per_s": rate} for rate in (400, 100, 300)],
        "faust": [{"events_per_s": rate} for rate in (4, 1, 2)],
    }
    assert ratios(rounds, "faust", "events_per_s") == [100, 100, 150]
    assert numbers(rounds, {}, {}) == {"reflux_over_faust": 100}
    assert ranges(rounds) == {"reflux_over_faust": [100, 150]}
    assert medians(rounds, {"faust": {"p99_ms": 7}}) == {
        "reflux": {"events_per_s": 300},
        "faust": {"events_per_s": 2, "p99_ms": 7},
    }


def test_a_peer_that_ended_early_has_the_ratios_of_its_rounds() -> None:
    rounds: Rounds = {"reflux": [{"events_per_s": 8}, {"events_per_s": 9}], "faust": []}
    assert numbers(rounds, {}, {}) == {}
    rounds["faust"].append({"events_per_s": 2})
    assert numbers(rounds, {}, {}) == {"reflux_over_faust": 4}


def test_a_figure_of_nothing_has_no_ratio() -> None:
    assert "events_per_s" not in over({"reflux": REFLUX, "x": {"events_per_s": 0}})["x"]


@pytest.mark.parametrize(
    ("target", "measured", "met"),
    [
        (Target("at least", 2), 2.0, True),
        (Target("at least", 2), 1.99, False),
        (Target("at most", 1.2), 1.2, True),
        (Target("at most", 1.2), 1.21, False),
    ],
)
def test_targets(target: Target, measured: float, met: bool) -> None:
    assert target.met(measured) is met


def test_the_object_says_what_was_met_and_what_was_skipped() -> None:
    extra = {"cost_1m_over_10k": 1.6}
    said = json.loads(json.dumps(result(ROUNDS, DELAYS, extra, {"quix": "no network"})))
    assert said["peers"]["faust"]["events_per_s"] == 1_000
    assert said["peers"]["faust"]["reflux_over"]["events_per_s"] == 200.0
    assert said["reflux_over_faust"] == 200.0
    assert said["reflux_over_faust_per_cpu_s"] == 200.0
    assert said["targets"] == {
        "reflux_over_faust": {"target": "at least 100", "met": True},
        "reflux_over_confluent": {"target": "at least 0.4", "met": False},
        "reflux_p99_ms": {"target": "at most 100", "met": True},
        "cost_1m_over_10k": {"target": "at most 1.5", "met": False},
    }
    assert said["skipped"] == {"quix": "no network"}


def test_every_target_is_of_a_number_that_can_be_measured() -> None:
    peers = ("reflux", "faust", "quix", "streams_rocksdb", "confluent")
    extra = {"two_workers_over_one_cpu": 1.0, "cost_1m_over_10k": 1.0}
    rounds = {peer: [REFLUX] for peer in peers}
    assert numbers(rounds, DELAYS, extra).keys() >= TARGETS.keys()


def test_the_tables_show_every_peer_its_ratios_and_each_target() -> None:
    out = io.StringIO()
    console = Console(file=out, width=200)
    console.print(peers_table(FIGURES))
    console.print(targets_table(numbers(ROUNDS, DELAYS, {}), {"reflux_over_faust": [150, 210]}))
    shown = {
        line.split("│")[1].strip(): [cell.strip() for cell in line.split("│")[2:-1]]
        for line in out.getvalue().splitlines()
        if line.startswith("│")
    }
    assert shown["faust"][0] == "1,000 (200)"
    assert shown["faust"][6] == "100 (4)"  # MiB
    assert shown["confluent"][4] == "-"
    assert shown["reflux_over_faust"] == ["200", "150 to 210", "at least 100", "met"]
    assert shown["reflux_over_confluent"] == ["0.333", "", "at least 0.4", "missed"]
