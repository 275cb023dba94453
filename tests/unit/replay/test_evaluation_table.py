from pathlib import Path

import pytest

from app.replay.evaluation import Experiment
from app.replay.evaluation_runs import FIRST_REPORT_SEED
from app.replay.evaluation_table import (
    ABLATION_SEED,
    MARKS,
    RETIRED_SEEDS,
    SECTIONS,
    TUNING_SEEDS,
    markdown,
    planned,
    write_table,
)
from app.replay.evaluation_text import MARK, duration, leak_mark, number, percent
from app.simulation.campaigns import LADDER
from tests.unit.replay.results import result


def test_the_plan_holds_what_was_promised() -> None:
    plan = planned()
    assert len(set(plan)) == len(plan)
    assert {one.scenario for one in plan} == {"none", *LADDER}
    # Ablations are compared with each other alone.
    whole = [one for one in plan if one.seed != ABLATION_SEED]
    assert all(one.days == 45.0 and one.accounts >= 30_000 for one in whole)
    gated = [one for one in planned(["seed"]) if one.share >= 10.0]
    assert all(
        len({one.seed for one in gated if (one.share, one.share_mode) == key}) == 3
        for key in {(one.share, one.share_mode) for one in gated}
    )
    honest = {one.seed: one.accounts for one in plan}
    assert sum(honest.values()) >= 300_000


def test_no_seed_is_both_tuned_on_and_reported() -> None:
    seeds = {one.seed for one in planned()}
    assert min(seeds) >= FIRST_REPORT_SEED > max(TUNING_SEEDS)
    assert not set(RETIRED_SEEDS) & seeds


def test_every_rung_has_its_own_world() -> None:
    by_seed: dict[int, set[str]] = {}
    for one in planned(["seed", "ladder", "benign"]):
        by_seed.setdefault(one.seed, set()).add(one.scenario)
    assert all(len(names) == 1 for names in by_seed.values())


def test_a_part_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="called speed"):
        planned(["seed", "speed"])
    assert all(planned([section]) for section in SECTIONS)


def test_the_table_shows_the_curves_and_who_was_hurt() -> None:
    runs = [result(one, good=300, bad=20) for one in planned(["seed", "benign", "ablation"])]
    table = markdown(runs, "2025-01-31")
    assert "Measured 2025-01-31" in table
    assert "Report seeds 1501, 1502, 1503, 1521, 1522, 1523, 1541" in table
    assert table.count("| `seed` | total |") == 2
    assert table.count("| `seed` | extraction |") == 2
    assert "| class cohort |" in table
    assert "by the exact interval over groups: suspended 0 % to 0.87 %" in table
    assert "| groups.load | 25 % |" in table
    widths = {line.count("|") for line in table.splitlines() if line.startswith("| `seed` | total")}
    assert widths == {8}


def test_worlds_that_leak_are_marked() -> None:
    leaky = result(Experiment("seed", seed=101), good=100, bad=10)
    leaky["leaks"]["verdict"] = "marked"
    assert leak_mark(leaky).strip() == MARK
    table = markdown([leaky], "2025-01-31")
    assert f"| `seed` | total | 70.0 % {MARK} | - |" in table
    assert "the leak tests mark this world" in table


def test_the_table_goes_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n")
    runs = [result(Experiment("seed", seed=101), good=100, bad=10)]
    write_table(page, runs, "2025-01-31")
    write_table(page, runs, "2025-01-31")
    text = page.read_text()
    assert text.startswith(f"before\n{MARKS[0]}\nMeasured")
    assert text.endswith(f"\n{MARKS[1]}\nafter\n")
    assert "old" not in text
    assert text.count("Measured") == 1
    fresh = tmp_path / "fresh.md"
    write_table(fresh, runs, "2025-01-31")
    assert fresh.read_text().startswith(MARKS[0])


def test_figures_are_written_as_people_read_them() -> None:
    assert [percent(x) for x in (None, 0.0, 1.0, 0.123, 0.00123, 1e-5)] == [
        "-",
        "0 %",
        "100 %",
        "12.3 %",
        "0.12 %",
        "0.0010 %",
    ]
    assert [duration(x) for x in (None, 12.0, 90.0, 5_400.0, 129_600.0)] == [
        "-",
        "12 s",
        "1.5 min",
        "1.5 h",
        "1.5 d",
    ]
    assert [number(x) for x in (None, 3.0, 3.25, 12_345.6)] == ["-", "3", "3.2", "12,346"]
