"""What a test run does where Apache Kafka cannot be had: say so, and fail in CI."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kafka import jars

ROOT = Path(__file__).parents[3]
NEEDS_KAFKA = "test_keys_land_where_java_puts_them"
PRIVATE = "test_a_broker_keeps_its_data_over_a_crash"


def collect(tmp_path: Path, **environment: str) -> tuple[int, str]:
    """Collect the harness's own tests on a machine without Java."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA")}
    kept |= {"PATH": str(tmp_path / "bin"), "REFLUX_CACHE": str(tmp_path), "CI": ""} | environment
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    command.append("tests/integration/test_transport_harness.py")
    answer = subprocess.run(
        command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=120
    )
    return answer.returncode, answer.stdout


def test_what_did_not_run_is_named(tmp_path: Path) -> None:
    code, said = collect(tmp_path)
    assert code == 0
    collected, _, left_out = said.partition("did not run: need Apache Kafka")
    assert "test_records_come_back_in_order" in collected
    assert NEEDS_KAFKA in left_out
    assert PRIVATE in left_out
    assert "no java" in left_out


def test_ci_answers_for_apache_kafka(tmp_path: Path) -> None:
    code, said = collect(tmp_path, CI="true")
    assert code != 0
    assert "CI=true: the tests must run against Apache Kafka" in said


def test_a_broker_of_ones_own_serves_all_but_private_ones(tmp_path: Path) -> None:
    code, said = collect(tmp_path, KAFKA_BOOTSTRAP="127.0.0.1:9092")
    assert code == 0
    collected, _, left_out = said.partition("did not run: need Apache Kafka")
    assert NEEDS_KAFKA in collected
    assert PRIVATE in left_out


def test_without_maven_the_cache_still_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFLUX_CACHE", str(tmp_path))
    monkeypatch.setattr(jars, "_java_major", lambda: 17)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    jars.classpath.cache_clear()
    with pytest.raises(jars.KafkaUnavailableError, match="no Maven"):
        jars.classpath("4")
    cached = tmp_path / "kafka" / "4"
    cached.mkdir(parents=True)
    (cached / "recipe.xml").write_text((jars.HERE / "pom.xml").read_text())
    assert jars.classpath("4") == cached
    jars.classpath.cache_clear()


def test_an_unknown_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFLUX_KAFKA", "2.8")
    with pytest.raises(jars.KafkaUnavailableError, match=r"choose one of 4, 3\.9"):
        jars.default_line()
