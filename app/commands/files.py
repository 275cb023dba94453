"""What a command says, and how it ends, when a file cannot be read or written."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.commands.exits import fail
from app.kafka.admin import BrokerUnreachable
from app.kafka.registry import RegistryUnavailable


def _trouble(exc: OSError) -> str:
    """What ``exc`` says; it names no file where one was open already, as on a full disk."""
    why = exc.strerror or str(exc) or type(exc).__name__
    return why if exc.filename is None else f"{exc.filename}: {why}"


@contextlib.contextmanager
def files_reported(code: int, outputs: Iterable[Path | None] = ()) -> Iterator[None]:
    """End the command with ``code`` and a message where a file is not to be had.

    ``outputs`` are files that are written under another name until they are whole (see
    ``app/simulation/to_files.py``): the message names them as they were given. What the network
    does is an ``OSError`` too, and has a code of its own: it passes.
    """
    try:
        yield
    except (BrokerUnreachable, RegistryUnavailable):
        raise
    except OSError as exc:
        told = _trouble(exc)
        for path in filter(None, outputs):
            told = told.replace(f"{path}.partial", str(path))
        fail(told, code)
