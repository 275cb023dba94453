"""Runs one command and takes it along when the process that asked for it dies.

Used as a script: ``python -I -S guard.py command argument...``. Whoever starts it makes it the
leader of a new session and holds the other end of its standard input; when that end closes, for
whatever reason (SIGKILL and a crash of the interpreter included), the guard kills its whole process
group. Death signals of the kernel (``PR_SET_PDEATHSIG``) are Linux only and follow the *thread*
that forked, so a broker started from a worker thread would die with that thread.

The guard ignores SIGTERM and SIGINT itself: a polite signal to the group is for the command, whose
exit status the guard then returns (128 + number when a signal ended it, as shells do). A byte on
its standard input kills the command and waits for its end: when the guard is gone, so are the
command's sockets, which is not so when a signal takes both at once.

Standard library only, and imported by nothing: it must start in milliseconds.
"""

import os
import signal
import subprocess
import sys
import threading


def _listen(child: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 1):
        child.kill()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main(command: list[str]) -> int:
    """Run ``command`` to its end and return its exit status."""
    # A handler, not SIG_IGN: an ignored signal would stay ignored in the command.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
    threading.Thread(target=_listen, args=(child,), daemon=True).start()
    status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
