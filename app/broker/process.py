"""A child process that cannot be left behind."""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

_GUARD = Path(__file__).with_name("guard.py")

KILL_SECONDS = 5.0
"""How long a killed command may take to be gone before its whole group is killed, unwaited for."""


class GuardedProcess:
    """One command in a process group of its own that never outlives this process.

    ``stop`` ends the group; leaving the interpreter does too (``atexit``), and so does dying
    without leaving it (the guard notices, see ``app/broker/guard.py``). The command's output, both
    streams, goes to the file ``log``, and it runs in the directory of that file.
    """

    def __init__(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start ``command`` at once; raises ``OSError`` when ``log`` cannot be opened."""
        self.log = log
        with log.open("ab") as output:
            self._guard = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", str(_GUARD), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment) if environment is not None else None,
                cwd=log.parent,
                start_new_session=True,
            )
        self._status: int | None = None
        # A weak reference: the exit hook must not keep every process ever started alive.
        mine = weakref.ref(self)

        def stop_at_exit() -> None:
            process = mine()
            if process is not None:
                process.stop(grace=0.0)

        self._stop_at_exit = stop_at_exit
        atexit.register(stop_at_exit)

    @property
    def group(self) -> int:
        """The process group's id, which is the guard's process id."""
        return self._guard.pid

    def poll(self) -> int | None:
        """The exit status, or None while the command runs."""
        return self._guard.poll()

    def stop(self, grace: float = 5.0) -> int:
        """End the group: SIGTERM, ``grace`` seconds, SIGKILL. Idempotent; returns the status."""
        if self._status is not None:  # the group's id may belong to somebody else by now
            return self._status
        assert self._guard.stdin is not None
        if grace > 0 and self._guard.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard.wait(grace)
        if self._guard.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired, BrokenPipeError):
                self._guard.stdin.write(b"k")
                self._guard.stdin.flush()
                self._guard.wait(KILL_SECONDS)
        # Also after a clean exit: a process that the command forked may remain in the group.
        self._signal(signal.SIGKILL)
        self._status = self._guard.wait()
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.close()
        atexit.unregister(self._stop_at_exit)
        return self._status

    def last_lines(self, count: int = 20) -> list[str]:
        """The last lines that the command wrote, for the message that says why it failed."""
        with self.log.open("rb") as written:
            size = written.seek(0, os.SEEK_END)
            written.seek(max(0, size - 65_536))
            return written.read().decode(errors="replace").splitlines()[-count:]

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.group, number)
        except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            return
