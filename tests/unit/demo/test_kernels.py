import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo import kernels as module
from app.demo.kernels import Kernels
from app.demo.worker import DemoFailedError


class Report:
    """Remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def stage(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def compile_by(tmp_path: Path) -> Iterator[Callable[[str], Kernels]]:
    started: list[Kernels] = []

    def start(code: str) -> Kernels:
        started.append(Kernels(tmp_path, [sys.executable, "-c", code]))
        return started[-1]

    yield start
    for kernels in started:
        kernels.stop()


def test_what_is_compiled_already_is_not_worth_a_word(compile_by: Any) -> None:
    kernels, report = compile_by("pass"), Report()
    kernels.wait_until_compiled(report)
    assert not report.said


def test_it_says_what_takes_so_long_and_how_long_it_took(
    compile_by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "APPARENT_SECONDS", 0.1)
    kernels, report = compile_by("import time; time.sleep(0.5)"), Report()
    kernels.wait_until_compiled(report)
    assert [text.split()[0] for text in report.said] == ["compiling", "compiling", "compiled"]


def test_a_compiler_that_fails_ends_the_demo_with_its_last_words(compile_by: Any) -> None:
    kernels, report = compile_by("raise SystemExit('no compiler')"), Report()
    with pytest.raises(DemoFailedError, match=r"(?s)status 1:.*no compiler"):
        kernels.wait_until_compiled(report)


def test_one_that_takes_for_ever_is_given_up(
    compile_by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", 0.2)
    kernels, report = compile_by("import time; time.sleep(60)"), Report()
    with pytest.raises(DemoFailedError, match="still being compiled"):
        kernels.wait_until_compiled(report)
    kernels.stop()
