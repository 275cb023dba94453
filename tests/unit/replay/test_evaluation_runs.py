from pathlib import Path
from typing import Any

import orjson
import pytest

from app.policy.document import PolicyDocument
from app.policy.load import default_policy
from app.replay import evaluation_runs
from app.replay.evaluation import Experiment
from app.replay.evaluation_runs import Results, code_digest, note_report_seeds, run_all, versions
from tests.unit.replay.results import result


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Experiment]:
    """Experiments that were really run, by an evaluation that takes no time."""
    seen: list[Experiment] = []

    def evaluate(experiment: Experiment, _policy: PolicyDocument, _report: Any) -> dict[str, Any]:
        seen.append(experiment)
        return result(experiment, good=50, bad=10)

    monkeypatch.setattr(evaluation_runs, "evaluate", evaluate)
    return seen


def test_what_is_there_is_not_run_again(made: list[Experiment], tmp_path: Path) -> None:
    wanted = [Experiment("seed", seed=101), Experiment("none", seed=102)]
    policy = default_policy()
    first = dict(run_all(wanted, policy, results=Results(tmp_path)))
    again = dict(run_all(wanted, policy, results=Results(tmp_path)))
    assert made == wanted
    assert list(again) == wanted
    assert again[wanted[0]]["recall_accounts"] == first[wanted[0]]["recall_accounts"]
    assert first[wanted[0]]["versions"] == versions(policy)


def test_another_policy_or_a_torn_file_is_run_anew(made: list[Experiment], tmp_path: Path) -> None:
    wanted = [Experiment("seed", seed=101)]
    policy = default_policy()
    list(run_all(wanted, policy, results=Results(tmp_path)))
    other = policy.model_copy(update={"shadow": True})
    list(run_all(wanted, other, results=Results(tmp_path)))
    assert len(list(tmp_path.iterdir())) == 2
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    list(run_all(wanted, policy, results=Results(tmp_path)))
    assert made == wanted * 3


def test_what_another_version_left_is_taken_if_one_says_so(
    made: list[Experiment], tmp_path: Path
) -> None:
    wanted = [Experiment("seed", seed=101)]
    policy = default_policy()
    list(run_all(wanted, policy, results=Results(tmp_path)))
    other = policy.model_copy(update={"shadow": True})
    found = dict(run_all(wanted, other, results=Results(tmp_path, any_version=True)))
    assert len(made) == 1
    assert found[wanted[0]]["versions"] == versions(policy)
    elsewhere = [Experiment("seed", seed=102)]
    list(run_all(elsewhere, other, results=Results(tmp_path, any_version=True)))
    assert made[1:] == elsewhere


def test_progress_is_told(made: list[Experiment]) -> None:
    told: list[tuple[str, float]] = []
    wanted = [Experiment("seed", seed=4)]
    list(
        run_all(
            wanted, default_policy(), report=lambda one, _text, part: told.append((one.name, part))
        )
    )
    assert told == [("seed 100 %, seed 4", 1.0)]


def test_report_seeds_are_noted_once_and_tuning_seeds_never(tmp_path: Path) -> None:
    path = tmp_path / "seeds.ndjson"
    runs = [result(Experiment("seed", seed=seed), good=50, bad=10) for seed in (3, 101, 102)]
    assert note_report_seeds(path, runs, "2025-01-01") == 2
    assert note_report_seeds(path, runs, "2025-02-02") == 0
    newer = {**runs[1], "versions": {**runs[1]["versions"], "detector": "f" * 12}}
    assert note_report_seeds(path, [newer], "2025-03-03") == 1
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert [(line["seed"], line["date"]) for line in lines] == [
        (101, "2025-01-01"),
        (102, "2025-01-01"),
        (101, "2025-03-03"),
    ]


def test_a_digest_stands_for_the_code_of_its_packages() -> None:
    assert code_digest("kernels") == code_digest("kernels")
    assert code_digest("kernels") != code_digest("kernels", "policy")
