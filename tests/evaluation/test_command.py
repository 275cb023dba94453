"""The command that judges a population, with a detector that suspends whoever it is told to."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.evaluation.second import command
from tests.evaluation.second.population import SECOND, Population
from tests.evaluation.second.recording import Recording
from tests.evaluation.second.table import ARRIVED, ATTACK

SMALL = ["--days", "6", "--scale", "0.005", "--seed", "3"]


@pytest.fixture(autouse=True)
def everybody_is_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(recording: Recording, decisions: Path, policy: Path | None) -> dict[str, Any]:
        table = pq.read_table(recording.requests)
        assert not {ARRIVED, ATTACK} & set(table.column_names)
        held = {"action": "suspend", "sequence": 1, "effective_at": 0, "expires_at": None}
        accounts = pq.read_table(recording.profiles)["account_id"].to_pylist()
        lines = (json.dumps({"account_id": account, **held}) + "\n" for account in accounts)
        decisions.write_text("".join(lines), encoding="utf-8")
        return {"requests": table.num_rows}

    monkeypatch.setattr(command, "backtest", judged)


def test_a_line_for_each_attack(population: Population, capsys: pytest.CaptureFixture[str]) -> None:
    attack = next(iter(population.attacks))
    assert command.main(population, ["--attack", "none", attack, "--json", *SMALL]) == 0
    printed = capsys.readouterr()
    alone, attacked = map(json.loads, printed.out.splitlines())
    assert (alone["attack"], attacked["attack"]) == ("none", attack)
    assert alone["recall"] is None
    assert attacked["recall"] == attacked["refused_share"] == 1.0
    assert attacked["honest_suspended"] == alone["honest_suspended"] == alone["honest_accounts"]
    assert attacked["backtest"]["requests"] > alone["backtest"]["requests"] > 0
    assert ("share" in attacked) == population.shares
    assert "family" in printed.err


def test_what_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(SECOND, ["--attack", "seed", "--share", "50", "--keep", str(tmp_path), *SMALL])
    kept = {path.name for path in (tmp_path / "seed").iterdir()}
    assert kept == {"requests.parquet", "profiles.parquet", "decisions.ndjson"}
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("wrong", [["--attack", "nobody"], ["--share", "0"], ["--days", "0"]])
def test_wrong_usage(
    population: Population, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(population, wrong)
    assert "error" in capsys.readouterr().err
