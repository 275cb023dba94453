from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import Result

from app.commands import evaluate
from app.policy.document import PolicyDocument
from app.policy.load import default_policy
from app.replay import evaluation_runs
from app.replay.evaluation import SCENARIOS, Experiment
from tests.unit.replay.results import result

Reflux = Callable[..., Result]
FIGURES = (
    "recall_accounts", "prevented", "time_to_first_action_s", "time_to_half_accounts_s",
    "interactions_before_suspension_p50", "interactions_before_suspension_p90", "attacker_cost",
    "fpr_suspend", "fpr_suspend_interval", "fpr_throttle", "fpr_throttle_interval",
    "precision_suspend", "suspended_per_hard_negative", "groups", "leaks", "versions",
    "detector_version", "policy_version", "requests", "seconds", "benign_accounts",
)  # fmt: skip


@pytest.fixture(autouse=True)
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Experiment, Any]]:
    """Experiments and policies of an evaluation that takes no time, with no seeds to note."""
    seen: list[tuple[Experiment, Any]] = []

    def fake(experiment: Experiment, policy: PolicyDocument, _report: Any) -> dict[str, Any]:
        seen.append((experiment, policy))
        return result(experiment, good=60, bad=10)

    monkeypatch.setattr(evaluation_runs, "evaluate", fake)
    monkeypatch.setattr(evaluate, "SEEDS_FILE", tmp_path / "nowhere" / "seeds.ndjson")
    return seen


def test_every_scenario_is_listed(reflux: Reflux) -> None:
    done = reflux("evaluate", "--scenario", "worst")
    assert done.exit_code == 2
    assert all(name in done.stderr for name in SCENARIOS)


def test_one_json_object_a_line_by_scenario_share_and_seed(reflux: Reflux) -> None:
    done = reflux(
        "evaluate", "--scenario", "unlinked", "--share", "50,25", "--seed", "3,4", "--json",
        "--share-mode", "fixed_extraction",
    )  # fmt: skip
    assert done.exit_code == 0
    lines = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert [(line["share"], line["seed"]) for line in lines] == [
        (50.0, 3),
        (50.0, 4),
        (25.0, 3),
        (25.0, 4),
    ]
    for line in lines:
        assert line["scenario"] == "unlinked"
        assert line["share_mode"] == "fixed_extraction"
        assert not set(FIGURES) - set(line)
        assert "plots" not in line


def test_all_is_every_rung_and_a_benign_world(
    reflux: Reflux, runs: list[tuple[Experiment, Any]]
) -> None:
    done = reflux("evaluate", "--scenario", "all", "--share", "100,10")
    assert done.exit_code == 0
    asked = [(one.scenario, one.share) for one, _ in runs]
    assert asked.count(("none", 100.0)) == 1
    assert len(asked) == 1 + 2 * (len(SCENARIOS) - 1)
    assert "combined" in done.stdout


def test_a_policy_and_what_it_is_to_do_without(
    reflux: Reflux, runs: list[tuple[Experiment, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("version: mine\nladder:\n  throttle:\n    risk: 0.93\n")
    done = reflux("evaluate", "--policy", str(path), "--without", "groups.load,evidence.volume")
    assert done.exit_code == 0
    _, policy = runs[0]
    assert policy.version == "mine"
    assert policy.ladder.throttle.risk == 0.93
    assert policy.groups.load.weight == policy.evidence.volume.weight == 0.0
    assert policy.groups.content == default_policy().groups.content


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--without", "load"), 2, "groups.load"),
        (("--share", "0"), 2, "attack_share"),
        (("--share", "many"), 2, "many"),
        (("--scenario", "worst"), 2, "worst"),
        (("--table", "t.md", "--section", "speed"), 2, "speed"),
        (("--policy", "/nowhere/policy.yaml"), 2, "No such file"),
        (("--existing",), 2, "--results"),
    ],
)
def test_what_cannot_be_is_said(
    reflux: Reflux, arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = reflux("evaluate", *arguments)
    assert done.exit_code == code
    assert says in done.stderr


def test_what_is_not_installed_is_named(reflux: Reflux, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "NEEDED", ("scipy", "a_plotter_that_is_not"))
    done = reflux("evaluate")
    assert done.exit_code == 1
    assert "a_plotter_that_is_not" in done.stderr
    assert "reflux[evaluate]" in done.stderr


def test_runs_go_on_where_they_stopped_and_leave_a_page_and_a_table(
    reflux: Reflux, runs: list[tuple[Experiment, Any]], tmp_path: Path
) -> None:
    table = tmp_path / "README.md"
    table.write_text("# Title\n<!-- evaluation -->\n<!-- /evaluation -->\n")
    arguments = (
        "evaluate", "--table", str(table), "--section", "benign", "--results",
        str(tmp_path / "kept"), "--report", str(tmp_path / "page"),
    )  # fmt: skip
    assert reflux(*arguments).exit_code == 0
    assert reflux(*arguments).exit_code == 0
    assert len(runs) == 3
    assert "Report seeds 1521, 1522, 1523" in table.read_text()
    assert "<img" in (tmp_path / "page" / "index.html").read_text()


def test_a_table_can_be_made_of_what_is_there(
    reflux: Reflux, runs: list[tuple[Experiment, Any]], tmp_path: Path
) -> None:
    kept, table = ("--results", str(tmp_path / "kept")), tmp_path / "README.md"
    assert reflux("evaluate", "--scenario", "none", "--seed", "1522", *kept).exit_code == 0
    assert reflux("evaluate", "--table", str(table), "--existing", *kept).exit_code == 0
    assert len(runs) == 1
    assert "runs: 1," in table.read_text()
    assert "Report seeds 1522" in table.read_text()


def test_report_seeds_are_noted_in_a_checkout(
    reflux: Reflux, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notes = tmp_path / "seeds.ndjson"
    monkeypatch.setattr(evaluate, "SEEDS_FILE", notes)
    assert reflux("evaluate", "--seed", "9,101").exit_code == 0
    assert [orjson.loads(line)["seed"] for line in notes.read_bytes().splitlines()] == [101]
