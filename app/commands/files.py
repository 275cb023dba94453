"""What a command says, and how it ends, when a file cannot be read or written."""

import contextlib
from collections.abc import Iterator

from app.commands.exits import fail
from app.kafka.admin import BrokerUnreachable
from app.kafka.registry import RegistryUnavailable


def trouble(exc: OSError) -> str:
    """What ``exc`` says; it names no file where one was open already, as on a full disk."""
    why = exc.strerror or str(exc) or type(exc).__name__
    return why if exc.filename is None else f"{exc.filename}: {why}"


@contextlib.contextmanager
def files_reported(code: int) -> Iterator[None]:
    """End the command with ``code`` and a message where a file is not to be had.

    What the network does is an ``OSError`` too, and has a code of its own: it passes.
    """
    try:
        yield
    except (BrokerUnreachable, RegistryUnavailable):
        raise
    except OSError as exc:
        fail(trouble(exc), code)
