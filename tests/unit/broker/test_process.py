import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from app.broker.process import GuardedProcess


def group_is_gone(group: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def wait_for(path: Path, within: float = 5.0) -> str:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()).endswith("\n"):
            return text.strip()
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written in {within} s")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


def test_output_and_exit_status_are_the_commands_own(tmp_path: Path) -> None:
    process = GuardedProcess(
        python("import sys; print('one'); print('two', file=sys.stderr); sys.exit(7)"),
        tmp_path / "log",
    )
    while process.poll() is None:
        time.sleep(0.02)
    assert process.poll() == 7
    assert sorted(process.last_lines()) == ["one", "two"]
    assert process.stop() == 7


def test_a_polite_command_may_finish_its_work(tmp_path: Path) -> None:
    process = GuardedProcess(
        python(
            f"""
            import signal, sys, time
            def leave(*_):
                print("left cleanly", flush=True)
                sys.exit(0)
            signal.signal(signal.SIGTERM, leave)
            open({str(tmp_path / "ready")!r}, "w").write("ready\\n")
            time.sleep(60)
            """
        ),
        tmp_path / "log",
    )
    wait_for(tmp_path / "ready")
    assert process.stop(grace=10.0) == 0
    assert process.last_lines() == ["left cleanly"]
    assert process.stop() == 0
    assert group_is_gone(process.group)


def test_a_deaf_command_and_its_children_are_killed(tmp_path: Path) -> None:
    process = GuardedProcess(
        python(
            f"""
            import signal, subprocess, sys, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            open({str(tmp_path / "ready")!r}, "w").write("ready\\n")
            time.sleep(60)
            """
        ),
        tmp_path / "log",
    )
    wait_for(tmp_path / "ready")
    process.stop(grace=0.2)
    assert group_is_gone(process.group)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(3)"])
def test_the_command_does_not_outlive_the_process_that_asked_for_it(
    tmp_path: Path, end: str
) -> None:
    parent = subprocess.Popen(
        python(
            f"""
            import os, signal, sys
            from pathlib import Path
            from app.broker.process import GuardedProcess
            process = GuardedProcess(["sleep", "60"], Path({str(tmp_path / "log")!r}))
            open({str(tmp_path / "group")!r}, "w").write(f"{{process.group}}\\n")
            {end}
            """
        )
    )
    group = int(wait_for(tmp_path / "group"))
    assert parent.wait() in (3, -signal.SIGKILL)
    assert group_is_gone(group)
