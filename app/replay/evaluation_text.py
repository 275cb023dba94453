"""The figures as people read them: one row for each evaluation."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Result = dict[str, Any]
NOTHING = "-"
MARK = "†"
LEGEND = {
    "marked": f"{MARK} the leak tests mark this world: accounts give themselves away one by one,"
    " so a high score says little",
    "unknown": "? too few accounts for the leak tests to say anything",
}


class Column(NamedTuple):
    """A column: its heading, what it means, and its text for a result."""

    heading: str
    meaning: str
    text: Callable[[Result], str]


def percent(value: float | None) -> str:
    """A share; small ones with more digits, since 0.004 % is not 0."""
    if value is None:
        return NOTHING
    if value == 0.0 or value == 1.0:
        return f"{100 * value:.0f} %"
    return f"{100 * value:.{1 if value >= 0.01 else 2 if value >= 0.001 else 4}f} %"


def duration(seconds: float | None) -> str:
    """A time span in the unit that fits."""
    if seconds is None:
        return NOTHING
    for unit, length in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def number(value: float | None) -> str:
    """A count or a mean."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"


def leak_mark(result: Result) -> str:
    """The mark of a world that the leak tests object to."""
    verdict = (result["leaks"] or {}).get("verdict", "clean")
    return {"marked": f" {MARK}", "unknown": " ?"}.get(verdict, "")


def interval(bounds: Sequence[float]) -> str:
    """A 95 % interval of a rate."""
    return f"{percent(bounds[0])} to {percent(bounds[1])}"


def false_positives(result: Result, name: str) -> str:
    """Benign accounts acted on, of how many, with the exact interval of the rate."""
    hits = result[f"fpr_{name}_accounts"]
    upper = interval(result[f"fpr_{name}_interval"])
    return f"{hits:,} of {result['benign_accounts']:,} ({upper})"


def _scenario(result: Result) -> str:
    less = f" without {', '.join(result['without'])}" if result["without"] else ""
    return f"{result['scenario']}{less}{leak_mark(result)}"


def _mode(result: Result) -> str:
    return str(result["share_mode"]).removeprefix("fixed_")


def _share(result: Result) -> str:
    return NOTHING if result["scenario"] == "none" else f"{result['share']:g} %"


def _before(result: Result) -> str:
    p50, p90 = (result[f"interactions_before_suspension_{name}"] for name in ("p50", "p90"))
    return NOTHING if p50 is None else f"{number(p50)} / {number(p90)}"


COLUMNS = (
    Column("scenario", "rung of the attack ladder", _scenario),
    Column("share", "share of an account's traffic that attacks", _share),
    Column("fixed", "whether the total or the extraction is 25.6 requests a day", _mode),
    Column("seed", "of the world", lambda r: str(r["seed"])),
    Column("accounts", "fraudulent accounts", lambda r: number(r["fraudulent_accounts"])),
    Column("recall", "fraudulent accounts suspended", lambda r: percent(r["recall_accounts"])),
    Column("prevented", "interactions that were refused", lambda r: percent(r["prevented"])),
    Column(
        "first action",
        "from the campaign's first request",
        lambda r: duration(r["time_to_first_action_s"]),
    ),
    Column(
        "half",
        "until half of the accounts were acted on",
        lambda r: duration(r["time_to_half_accounts_s"]),
    ),
    Column("before p50 / p90", "interactions of an account before its suspension", _before),
    Column(
        "cost",
        "accounts burned per 1,000 interactions extracted",
        lambda r: number(r["attacker_cost"]),
    ),
    Column(
        "precision",
        "of suspended accounts, the fraudulent ones",
        lambda r: percent(r["precision_suspend"]),
    ),
    Column(
        "benign suspended",
        "with the exact 95 % interval of the rate",
        lambda r: false_positives(r, "suspend"),
    ),
    Column("benign throttled", "likewise", lambda r: false_positives(r, "throttle")),
    Column(
        "groups suspended",
        "honest groups of which half was suspended",
        lambda r: f"{r['groups_suspended']:,} of {r['groups_total']:,}",
    ),
)


def notes(results: Sequence[Result]) -> list[str]:
    """What the marks in the rows of ``results`` mean."""
    verdicts = {(result["leaks"] or {}).get("verdict") for result in results}
    return [text for verdict, text in LEGEND.items() if verdict in verdicts]
