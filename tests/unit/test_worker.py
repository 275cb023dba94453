"""How the worker's process ends."""

import subprocess
import sys
import textwrap
import threading

from app.transport.watchdog import EXIT_STALLED
from app.worker import StopDeadline

STUCK = """
    import asyncio, os, signal, time
    from app import worker
    from app.settings import load_settings

    class Topology:
        failure = None

        def __init__(self, settings, health):
            self.failed = asyncio.Event()

        async def start(self):
            os.kill(os.getpid(), signal.SIGTERM)

        async def stop(self):
            STOP

    worker.Topology = Topology
    worker.warm_up = lambda: None
    worker.kept = []
    worker.keep_freed_memory = lambda: worker.kept.append(None)
    worker.STOP_MARGIN_SECONDS = 0.5
    settings = load_settings(
        web_port=0, rebalance_timeout=1.0, session_timeout=1.0, heartbeat_interval=0.3
    )
    worker.run_worker(settings)
"""


def run(stop: str) -> subprocess.CompletedProcess[str]:
    script = textwrap.dedent(STUCK).replace("STOP\n", f"{stop}\n")
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_worker_that_does_not_stop_is_ended() -> None:
    ended = run("await asyncio.Event().wait()")
    assert ended.returncode == EXIT_STALLED
    assert "did not stop in time" in ended.stdout + ended.stderr


def test_also_one_whose_event_loop_hangs() -> None:
    assert run("time.sleep(600)").returncode == EXIT_STALLED


def test_one_that_stops_ends_as_it_should() -> None:
    assert run("await asyncio.sleep(0.1)").returncode == 0


def test_garbage_collection_leaves_out_what_was_there_at_the_start() -> None:
    assert run("assert __import__('gc').get_freeze_count() > 10_000").returncode == 0


def test_freed_memory_is_kept() -> None:
    assert run("assert worker.kept == [None]").returncode == 0


def test_the_deadline_counts_from_the_first_start_and_can_be_cancelled() -> None:
    over = threading.Event()
    reasons: list[str] = []

    def end(reason: str, **details: object) -> None:
        reasons.append(f"{reason} {details}")
        over.set()

    cancelled = StopDeadline(0.05, end)
    cancelled.start()
    cancelled.cancel()
    assert not over.wait(0.2)
    deadline = StopDeadline(0.05, end)
    deadline.start()
    deadline.start()
    assert over.wait(10)
    over.clear()
    assert not over.wait(0.2)
    [reason] = reasons
    assert "did not stop in time" in reason
    StopDeadline(0.05, end).cancel()  # one that never began
