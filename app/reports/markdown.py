"""A case file as Markdown that also reads well as it is, in a terminal.

Texts and names in it come from records that others wrote: they are stripped of whatever a terminal
or a Markdown reader would take for more than text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from app.reports.case import Case, Figure, Moment
from app.reports.places import Extent

_NAMES = {
    "first_seen": "first seen",
    "last_seen": "last seen",
    "days": "days between",
    "accounts": "accounts",
    "interactions_since_found": "interactions since each account was found",
    "interactions_per_account_since_found": "interactions per account since it was found",
    "input_tokens_since_found": "input tokens since each account was found",
    "output_tokens_since_found": "output and reasoning tokens since each account was found",
    "confidence": "confidence that it is a campaign",
    "as_of": "as of",
    "observe": "observed",
    "throttle": "throttled",
    "suspend": "suspended",
    "release": "released",
    "lapsed": "lapsed",
    "interactions_at_most": "interactions prevented, at most",
    "share_since_found_at_most": "share of the interactions since each account was found, at most",
    "told": "accounts told a probability of membership",
    "lowest": "lowest of these",
    "mean": "mean of these",
    "expected_strangers_suspend": "strangers to be expected among the suspended",
    "expected_strangers_throttle": "strangers to be expected among the throttled",
    "released": "accounts released after an action",
    "released_by_operators": "of them by operators",
}
_NATS = " nats at a deviation of "
"""Stands in evidence that was measured, between what it counts for and its deviation."""

TELLING = 10
"""Below it a tenth makes a difference to one account in so many."""

_TIMES = frozenset({"first_seen", "last_seen", "as_of"})
_SHARES = frozenset({"confidence", "share_since_found_at_most", "lowest", "mean"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")
# An underscore inside a word is no emphasis.
_MARKUP = re.compile(r"([\\`*\[\]<>|#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")


def render(case: Case) -> str:
    """The case file, ending with a line feed."""
    return "\n".join(_lines(case)) + "\n"


def _lines(case: Case) -> Iterator[str]:
    yield f"# Campaign {plain(case.campaign_id)} ({case.status})"
    yield ""
    yield "Times are event time, UTC. The last column says what a figure was made from: see Sources"
    yield "at the end."
    yield from _section("What happened", _figures(case.figures))
    yield from _section(
        "What it was after",
        _table(
            ("capability", "share of interactions since found", "source"),
            ((plain(k), _share(f.value), f.source) for k, f in case.capabilities.items()),
        ),
    )
    yield from _section(
        "Models",
        _table(("model", "source"), ((plain(str(f.value)), f.source) for f in case.models)),
    )
    yield from _section("How the accounts are connected", _connections(case))
    yield from _section("Evidence, strongest first", _evidence(case))
    yield from _section("What was done", _steps(case))
    yield from _section("Accounts acted on, day by day", _days(case))
    yield from _section("Where its accounts stand", _figures(case.standing))
    yield from _section("What was prevented", _figures(case.prevented))
    yield from _section("How sure this is", _figures(case.certainty))
    yield ""
    yield from (f"- {caveat}" for caveat in case.caveats)
    yield from _section("Sources", _sources(case))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    body = list(lines)
    yield from body or ["Nothing is known."]


def _figures(figures: dict[str, Figure]) -> Iterator[str]:
    rows = ((_NAMES[name], _value(name, figure), figure.source) for name, figure in figures.items())
    return _table(("figure", "value", "source"), rows)


def _value(name: str, figure: Figure) -> str:
    value = figure.value
    if value is None:
        return "none"
    if name in _TIMES and isinstance(value, int):
        return moment(value)
    if name in _SHARES:
        return _share(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _share(value: float | str | None) -> str:
    return f"{value:.1%}" if isinstance(value, int | float) else "none"


def _evidence(case: Case) -> Iterator[str]:
    yield from (f"{i}. {plain(str(f.value))} ({f.source})" for i, f in enumerate(case.evidence, 1))
    if any(_NATS in str(figure.value) for figure in case.evidence):
        yield ""
        yield "A nat is a factor of e in favour of a campaign; a deviation is in standard"
        yield "deviations beyond honest groups of like size."


def _connections(case: Case) -> Iterator[str]:
    return _table(
        (
            "they share one",
            "members",
            "of all who have it",
            "one account in",
            "by chance",
            "source",
        ),
        (
            (
                f"{link.kind.replace('_', ' ')} {link.hash}",
                f"{link.members:,}",
                f"{link.population:,}",
                _one_in(link.one_in),
                f"{link.by_chance:,.1f}",
                link.source,
            )
            for link in case.connections
        ),
    )


def _one_in(accounts: float | None) -> str:
    if accounts is None:
        return "none else"
    # Rounded to 1, what two accounts in three have would seem to be what all have.
    return f"{accounts:,.1f}" if accounts < TELLING else f"{accounts:,.0f}"


def _steps(case: Case) -> Iterator[str]:
    return _table(
        ("action", "actions", "accounts", "first", "last", "source"),
        (
            (
                step.action if step.names_campaign else f"{step.action}, later",
                f"{step.actions:,}",
                f"{step.accounts:,}",
                _when(step.first),
                _when(step.last),
                step.source,
            )
            for step in case.steps
        ),
    )


def _when(at: Moment) -> str:
    return f"{moment(at.at)} ({plain(at.place)})"


def _days(case: Case) -> Iterator[str]:
    steps = list(dict.fromkeys(step.action for step in case.steps))
    return _table(
        ("day", *steps, "source"),
        (
            (
                day.day,
                *(f"{day.accounts.get(step, 0):,}" for step in steps),
                "A: issued_at on that day",
            )
            for day in case.days
        ),
    )


def _sources(case: Case) -> Iterator[str]:
    yield f"- C, the campaign's record: {plain(case.record)}"
    yield f"- A, the actions about its accounts: {_extents(case.actions)}"
    yield f"- S, the newest standing of each of these accounts: {_extents(case.standings)}"


def _extents(found: Sequence[Extent]) -> str:
    return plain(", ".join(map(str, found))) or "none"


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Columns as wide as their widest cell; nothing where there are no rows."""
    cells = [titles, *rows]
    if len(cells) == 1:
        return
    widths = [max(len(row[i]) for row in cells) for i in range(len(titles))]
    for number, row in enumerate(cells):
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"| {' | '.join(padded)} |"
        if number == 0:
            yield f"|{'|'.join('-' * (width + 2) for width in widths)}|"


def plain(text: str) -> str:
    """``text`` on one line and without markup or control characters."""
    return _MARKUP.sub(r"\\\1", _CONTROL.sub(" ", text))


def moment(millis: int) -> str:
    """``millis`` since 1970 as a person reads it."""
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
