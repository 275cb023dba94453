"""``reflux backtest`` as an engineer runs it."""

from pathlib import Path

import orjson
import pytest
import yaml

from app.events.enforcement import Enforcement
from app.policy.document import PolicyDocument
from app.policy.load import default_policy
from tests.unit.commands.conftest import Reflux
from tests.unit.replay.world import harsh_policy, small_world

COMMON = ("backtest", "--partitions", "1")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Two files of requests and one of profiles."""
    folder = tmp_path_factory.mktemp("recorded")
    lines = small_world().request_lines.splitlines(keepends=True)
    half = len(lines) // 2
    paths = (folder / "a.ndjson", folder / "b.ndjson", folder / "profiles.ndjson")
    paths[0].write_bytes(b"".join(lines[:half]))
    paths[1].write_bytes(b"".join(lines[half:]))
    paths[2].write_bytes(small_world().profile_lines)
    return paths


def written(policy: PolicyDocument, folder: Path) -> str:
    path = folder / f"{policy.version}.yaml"
    path.write_text(yaml.safe_dump(policy.model_dump(mode="json")))
    return str(path)


def test_decisions_are_enforcement_records_in_order(
    reflux: Reflux, recorded: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "decisions.ndjson"
    result = reflux(
        *COMMON,
        "--requests",
        str(recorded[0]),
        str(recorded[1]),
        "--profiles",
        str(recorded[2]),
        "--decisions",
        str(out),
        "--json",
    )
    assert result.exit_code == 0, result.output
    summary = orjson.loads(result.stdout)
    records = [Enforcement.from_json(line) for line in out.read_bytes().splitlines()]
    assert records
    assert sum(summary["actions"].values()) == len(records)
    assert [r.issued_at for r in records] == sorted(r.issued_at for r in records)
    assert summary["requests"] == len(small_world().rows)
    assert summary["requests"] == summary["folded"] + summary["duplicates"]
    assert summary["dead_letters"] == {}
    assert summary["accounts"] == len(small_world().population.accounts)
    assert summary["requests_per_s"] > 0


def test_another_policy_is_compared(
    reflux: Reflux, recorded: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    files = ("--requests", *map(str, recorded[:2]), "--decisions", str(tmp_path / "out.ndjson"))
    files += ("--profiles", str(recorded[2]))
    harsh, policy = written(harsh_policy(), tmp_path), written(default_policy(), tmp_path)
    result = reflux(*COMMON, *files, "--policy", harsh, "--compare", policy, "--json")
    assert result.exit_code == 0, result.output
    comparison = orjson.loads(result.stdout)["comparison"]
    assert comparison["softer"]["accounts"] > 0
    assert comparison["softer"]["examples"][0]["action"] == "throttle"
    assert comparison["harder"]["accounts"] == 0
    shown = reflux(*COMMON, *files, "--policy", policy, "--compare", policy)
    assert shown.exit_code == 0, shown.output
    assert "newly acted on: 0 accounts" in shown.stdout
    assert "requests per s" in shown.stdout


def test_a_closed_loop_says_what_it_refused(
    reflux: Reflux, recorded: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    out = str(tmp_path / "out.ndjson.zst")
    files = ("--requests", str(recorded[0]), "--requests", str(recorded[1]), "--decisions", out)
    files += ("--policy", written(harsh_policy(), tmp_path), "--profiles", str(recorded[2]))
    summary = orjson.loads(reflux(*COMMON, *files, "--closed-loop", "--json").stdout)
    assert summary["refused"]["403"] > 0
    opened = orjson.loads(reflux(*COMMON, *files, "--json").stdout)
    assert opened["refused"] == {}


def test_dead_letters_name_file_and_line(reflux: Reflux, tmp_path: Path) -> None:
    path = tmp_path / "requests.ndjson"
    path.write_bytes(b"{}\nnot json\n")
    letters = tmp_path / "dead.ndjson"
    outputs = ("--decisions", str(tmp_path / "out"), "--dead-letters", str(letters))
    result = reflux(*COMMON, "--requests", str(path), *outputs, "--json")
    assert result.exit_code == 0, result.output
    told = [orjson.loads(line) for line in letters.read_bytes().splitlines()]
    assert [(t["line"], t["reason"], t["field"]) for t in told] == [
        (1, "missing_field", "event_id"),
        (2, "unknown_framing", None),
    ]
    summary = orjson.loads(result.stdout)
    assert summary["dead_letters"] == {"missing_field": 1, "unknown_framing": 1}
    assert (summary["requests"], summary["first_ts"]) == (2, None)


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("missing.ndjson", None, 2, "No such file"),
        ("broken.ndjson.gz", b"no gzip", 1, "cannot be read"),
        ("broken.parquet", b"no parquet", 1, "not a readable Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_ends_it_with_a_message(
    reflux: Reflux, tmp_path: Path, name: str, content: bytes | None, code: int, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    out = tmp_path / "out.ndjson"
    result = reflux(*COMMON, "--requests", str(path), "--decisions", str(out))
    assert result.exit_code == code
    assert message in result.stderr
    assert not out.exists()


def test_an_output_that_cannot_be_written_is_named_as_it_was_typed(
    reflux: Reflux, tmp_path: Path
) -> None:
    (tmp_path / "r.ndjson").write_bytes(b"")
    out = str(tmp_path / "nowhere" / "out.ndjson")
    result = reflux(*COMMON, "--requests", str(tmp_path / "r.ndjson"), "--decisions", out)
    assert (result.exit_code, result.stderr) == (2, f"reflux: {out}: No such file or directory\n")


def test_an_invalid_policy_is_refused(reflux: Reflux, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("ladder: {throttle: {risk: 7}}")
    (tmp_path / "r.ndjson").write_bytes(b"")
    out = ("--decisions", str(tmp_path / "out"))
    files = ("--requests", str(tmp_path / "r.ndjson"), *out)
    for option in ("--policy", "--compare"):
        result = reflux(*COMMON, *files, option, str(policy))
        assert result.exit_code == 4
        assert "ladder.throttle.risk" in result.stderr
    missing = reflux(*COMMON, *files, "--policy", str(tmp_path / "none.yaml"))
    assert missing.exit_code == 2
