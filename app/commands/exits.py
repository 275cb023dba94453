"""Exit codes that scripts can rely on, and how errors become them.

====  ==============================================================================
code  meaning
====  ==============================================================================
0     done
1     failed: the message says what to do
2     wrong usage: an unknown option, a missing argument, an invalid setting, no such file
3     no broker (or schema registry) answered
4     an invalid document: a policy, a topics file
5     refused: it would break what runs, or the topics are not as they must be
130   interrupted
====  ==============================================================================
"""

import contextlib
from collections.abc import Iterator
from typing import NoReturn

import typer

from app.kafka.admin import AdministrationFailed, BrokerUnreachable
from app.kafka.manifest import InvalidManifest
from app.kafka.registry import RegistryRefused, RegistryUnavailable
from app.settings import InvalidSettings

OK, FAILED, USAGE, UNREACHABLE, INVALID, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (InvalidSettings, USAGE),
    (BrokerUnreachable, UNREACHABLE),
    (RegistryUnavailable, UNREACHABLE),
    (RegistryRefused, FAILED),
    (AdministrationFailed, FAILED),
    (InvalidManifest, INVALID),
)


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Show ``message`` on stderr and end the command with ``code``."""
    typer.echo(f"reflux: {message}", err=True)
    raise typer.Exit(code)


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Turn errors that a user can mend into a message and an exit code, without a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except tuple(kind for kind, _ in _CODES) as exc:
        fail(str(exc), next(code for kind, code in _CODES if isinstance(exc, kind)))
