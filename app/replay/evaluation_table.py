"""The whole table: which worlds it is made of, and how it is written into a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.replay.evaluation import NONE, Experiment
from app.replay.evaluation_text import COLUMNS, NOTHING, notes, number, percent
from app.simulation.campaigns import LADDER, ShareMode

Result = dict[str, Any]

TUNING_SEEDS = tuple(range(1, 10))
SHARES = (100.0, 50.0, 25.0, 10.0, 5.0)
GATED_SEEDS = (101, 102, 103)
BENIGN_SEEDS = (121, 122, 123)
LATENCY_SEED = 131
ABLATION_SEED = 141
LATENCY_SCALES = (0.02, 0.1, 1.0)
"""500, 2,500 and 25,000 accounts: pooled evidence grows with the campaign."""
ABLATED = (
    (),
    ("groups",),
    ("evidence",),
    *((f"groups.{name}",) for name in (
        "content", "templates", "concealment", "rhythm", "load", "origin", "linkage", "association",
    )),
)  # fmt: skip

MARKS = ("<!-- evaluation -->", "<!-- /evaluation -->")


def _gated() -> list[Experiment]:
    """The campaign to stop: three seeds for each share, both ways of counting shares."""
    return [
        Experiment("seed", share, mode, seed=seed)
        for share in SHARES[:4]
        for mode in _modes(share)
        for seed in GATED_SEEDS
    ] + [Experiment("seed", 5.0, mode, seed=GATED_SEEDS[0]) for mode in _modes(5.0)]


def _ladder() -> list[Experiment]:
    """Every other rung on a world of its own."""
    others = [name for name in LADDER if name != "seed"]
    return [
        Experiment(name, share, mode, seed=104 + number)
        for number, name in enumerate(others)
        for share in SHARES
        for mode in _modes(share)
    ]


def _benign() -> list[Experiment]:
    return [Experiment(NONE, seed=seed, accounts=60_000) for seed in BENIGN_SEEDS]


def _latency() -> list[Experiment]:
    return [Experiment("seed", scale=scale, seed=LATENCY_SEED) for scale in LATENCY_SCALES]


def _ablation() -> list[Experiment]:
    return [
        Experiment("seed", share, seed=ABLATION_SEED, without=families)
        for share in (100.0, 25.0)
        for families in ABLATED
    ]


def _modes(share: float) -> list[str]:
    """At 100 % both ways of counting are one."""
    return [mode.value for mode in ShareMode][: 1 if share == 100.0 else 2]


_PLANS = {
    "seed": _gated,
    "ladder": _ladder,
    "benign": _benign,
    "latency": _latency,
    "ablation": _ablation,
}
SECTIONS = tuple(_PLANS)
TITLES = {
    "seed": "The campaign to stop",
    "ladder": "Every rung of the ladder",
    "benign": "No campaign at all",
    "latency": "Larger campaigns",
    "ablation": "What each kind of evidence adds",
}


def planned(sections: Sequence[str] = SECTIONS) -> list[Experiment]:
    """The experiments of ``sections``. Raises ValueError for one that there is not."""
    unknown = [section for section in sections if section not in _PLANS]
    if unknown:
        raise ValueError(f"no part of the table is called {', '.join(unknown)}")
    return [experiment for section in sections for experiment in _PLANS[section]()]


def write_table(path: Path, results: Sequence[Result], date: str) -> None:
    """Write the Markdown table between the marks of ``path``, or as all of it where there are
    none. Raises OSError."""
    text = path.read_text() if path.exists() else ""
    table = markdown(results, date)
    first, last = MARKS
    if first in text and last in text:
        before, _, rest = text.partition(first)
        after = rest.partition(last)[2]
        path.write_text(f"{before}{first}\n{table}{last}{after}")
    else:
        path.write_text(f"{first}\n{table}{last}\n")


def markdown(results: Sequence[Result], date: str) -> str:
    """The results as Markdown: what is behind them, then one table for each part of the plan."""
    lines = [*_population(results, date), ""]
    left = {_key(result): result for result in results}
    for section, plan in _PLANS.items():
        mine = [left.pop(key) for key in map(_key_of, plan()) if key in left]
        lines += _table(TITLES[section], mine)
    lines += _table("Further runs", list(left.values()))
    lines += [f"{note}  " for note in notes(results)]
    return "\n".join(lines).rstrip() + "\n"


def _population(results: Sequence[Result], date: str) -> list[str]:
    benign: dict[tuple[int, int], Result] = {}
    for result in results:
        benign[result["seed"], result["accounts"]] = result
    seeds = sorted({result["seed"] for result in results})
    versions = sorted({result["versions"]["detector"] for result in results})
    requests = sum(result["requests"] for result in results)
    accounts = sum(result["benign_accounts"] for result in benign.values())
    groups = sum(result["groups_total"] for result in benign.values())
    plain = [result for result in results if not result["without"]]
    lost = sum(_lost(group) for group in _worst(plain).values())
    hit = sum(max(r["fpr_suspend_accounts"] for r in group) for group in _worst(plain).values())
    return [
        f"Measured {date} on simulated attacks; seeds {', '.join(map(str, seeds))}, of which none"
        f" was used for tuning (tuning seeds {TUNING_SEEDS[0]} to {TUNING_SEEDS[-1]});"
        f" {number(len(results))} runs, {number(requests)} requests. Detector"
        f" {', '.join(versions)}.",
        "",
        f"{number(accounts)} distinct benign accounts, {number(groups)} independent groups of them."
        f" In the worst run of each population, added up: {number(hit)} accounts suspended"
        f" ({percent(hit / accounts if accounts else None)}), {number(lost)} groups suspended.",
    ]


def _worst(results: Sequence[Result]) -> dict[tuple[int, int], list[Result]]:
    """Runs by their benign population."""
    by_population: dict[tuple[int, int], list[Result]] = {}
    for result in results:
        by_population.setdefault((result["seed"], result["accounts"]), []).append(result)
    return by_population


def _lost(results: Sequence[Result]) -> int:
    return max(int(result["groups_suspended"]) for result in results)


def _table(title: str, results: Sequence[Result]) -> list[str]:
    if not results:
        return []
    return [
        f"**{title}**",
        "",
        "| " + " | ".join(column.heading for column in COLUMNS) + " |",
        "|---" * len(COLUMNS) + "|",
        *(
            "| " + " | ".join(column.text(result) or NOTHING for column in COLUMNS) + " |"
            for result in results
        ),
        "",
    ]


_IDENTITY = (
    "scenario", "share", "share_mode", "scale", "seed", "accounts", "days", "lead_in", "fraudulent",
)  # fmt: skip


def _key(result: Result) -> tuple[Any, ...]:
    return (*(result[name] for name in _IDENTITY), tuple(result["without"]))


def _key_of(experiment: Experiment) -> tuple[Any, ...]:
    return (*(getattr(experiment, name) for name in _IDENTITY), experiment.without)
