"""Logs: one event a line, JSON in production, readable on a terminal.

Faust and aiokafka log through the standard library; their lines take the same road, so that one
format and one redaction hold for both. librdkafka writes to stderr by itself: it would hand its
lines to a logger only while its client is polled, and those about a broker that holds up a
transaction would come when that is over, or never.

What may name a person does not exist in Reflux but as a keyed hash; what could still carry it, or a
secret, is taken out here:

- values under a key that names a secret, and every occurrence of a secret's text;
- bytes, which are keys or values of records: their length is logged instead.
"""

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
SHORTEST_SECRET = 4
"""A shorter one would blot out harmless text: `no` is in every line. Its key still hides it."""

_SECRET_KEYS = ("password", "passwd", "secret", "credential", "authorization", "api_key")

# Chatter of libraries at `info` that says nothing to an operator.
_QUIET = {"aiokafka": logging.WARNING, "aiohttp.access": logging.WARNING, "httpx": logging.WARNING}


def configure(
    *,
    format: Literal["auto", "json", "console"] = "auto",  # noqa: A002
    level: str = "info",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send every log of the process to ``stream`` (stderr by default), one line an event.

    May be called again: the last call holds.
    """
    stream = stream or sys.stderr
    as_json = format == "json" or (format == "auto" and not stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.addFilter(_hide_bytes)
    handler.setFormatter(
        _Formatter(
            secrets,
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(as_json, colors=stream.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))


def _rendering(as_json: bool, *, colors: bool) -> list[Processor]:
    if not as_json:
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(default=str),
    ]


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Processor: hide secrets by their key, and bytes whatever their key."""
    return {name: _redacted(name, value) for name, value in event.items()}


def _redacted(name: str, value: Any) -> Any:
    if any(word in name.lower() for word in _SECRET_KEYS):
        return HIDDEN
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        return {key: _redacted(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return [_redacted("", item) for item in value]
    return value


def _hide_bytes(record: logging.LogRecord) -> bool:
    # Libraries log records of a topic as arguments of their message.
    if isinstance(record.args, tuple):
        record.args = tuple(
            f"<{len(item)} bytes>" if isinstance(item, bytes | bytearray) else item
            for item in record.args
        )
    return True


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """The last thing that happens to a line: no secret's text leaves the process, not even inside
    another library's traceback."""

    def __init__(self, secrets: Iterable[str], **arguments: Any) -> None:
        super().__init__(**arguments)
        long_enough = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        # As written, as JSON writes it, and as ``repr`` does; longest first.
        spellings = {
            spelling
            for secret in long_enough
            for spelling in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1])
        }
        self._spellings = sorted(spellings, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for spelling in self._spellings:
            line = line.replace(spelling, HIDDEN)
        return line
