"""Processes that say how far they are."""

import os
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.benchmarks.peers.cores import cores, cpu_seconds, peak_bytes, pinned
from tests.benchmarks.peers.program import Program, measure_program, until

BUSY = """
import time
from tests.benchmarks.progress import Progress
progress = Progress(10)
for n in range(100):
    started = time.process_time()
    while time.process_time() - started < 0.002:
        pass
    progress.add()
time.sleep(60)
"""


def test_a_rate_begins_when_it_is_warm(tmp_path: Path) -> None:
    start = partial(Program, [sys.executable, "-c", BUSY], tmp_path)
    rate = measure_program(start, 20, 100, seconds=60, interval=0.01)
    assert 1 < rate.events <= 500  # 2 ms of CPU each; more time on a busy machine
    assert 0.001 < rate.cpu < 0.02
    assert rate.peak > 1 << 20


def test_a_program_is_on_its_core_alone_and_ends(tmp_path: Path) -> None:
    _, ours = cores()
    program = Program([sys.executable, "-c", BUSY], tmp_path, core=ours)
    assert os.sched_getaffinity(program.pid) == {ours}
    program.close()
    assert not Path(f"/proc/{program.pid}").exists()


def test_one_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    program = Program([sys.executable, "-c", "raise SystemExit('no broker')"], tmp_path)
    with pytest.raises(RuntimeError, match="no broker"):
        until(program, 1, 60)
    program.close()


def test_one_that_gets_nowhere_is_told(tmp_path: Path) -> None:
    program = Program([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path)
    with pytest.raises(TimeoutError, match="0 of 1 records"):
        until(program, 1, 0.1)
    program.close()


def test_pinning_ends_with_its_block() -> None:
    before = os.sched_getaffinity(0)
    with pinned(cores()[0]):
        assert os.sched_getaffinity(0) == {cores()[0]}
    assert os.sched_getaffinity(0) == before


def test_what_a_process_has_used() -> None:
    began = cpu_seconds(os.getpid())
    until_used = time.process_time() + 0.1
    while time.process_time() < until_used:
        pass
    assert 0.05 < cpu_seconds(os.getpid()) - began < 5
    assert peak_bytes(os.getpid()) > 1 << 20
