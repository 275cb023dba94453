"""Durations and points in time, as people type them and as they read them."""

import re
import time
from datetime import UTC, datetime

import typer

from app.commands.exits import USAGE, fail

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d+)([smhdw])")


def parse_duration(text: str) -> int:
    """``90m``, ``24h``, ``1d12h`` in milliseconds; raises ``BadParameter``."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise typer.BadParameter(f"{text!r} is no duration; write it like 90m, 24h or 7d")
    return sum(int(number) * _UNITS[unit] for number, unit in parts) * 1000


def parse_time(text: str) -> int:
    """An ISO 8601 time in milliseconds since 1970, UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time; write it like 2026-05-01T12:00:00Z"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def show_time(millis: int) -> str:
    """``millis`` since 1970 as a person reads it."""
    try:
        moment = datetime.fromtimestamp(millis / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{millis} ms"
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")


def expiry(lasting: str | None, until: str | None) -> int | None:
    """When something ends that was given ``--for`` a duration or ``--until`` a time, ms; None for
    neither. Ends the command where both were given."""
    if lasting is not None and until is not None:
        fail("--for and --until say the same thing: give one of them", USAGE)
    if lasting is not None:
        return time.time_ns() // 1_000_000 + parse_duration(lasting)
    return None if until is None else parse_time(until)
