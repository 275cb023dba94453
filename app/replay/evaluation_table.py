"""The whole table: which worlds it is made of, and how it is written into a page."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from app.detection.group_evidence import GROUP_FAMILIES
from app.replay.evaluation import NONE, Experiment
from app.replay.evaluation_text import (
    duration,
    false_positives,
    interval,
    leak_mark,
    notes,
    number,
    percent,
)
from app.replay.figures import clopper_pearson, cluster_bootstrap
from app.simulation.campaigns import LADDER, ShareMode

Result = dict[str, Any]

TUNING_SEEDS = tuple(range(1, 8))
RETIRED_SEEDS = range(101, 1442)
"""Of earlier tables: what they showed led to changes, so nothing is reported of them any more."""
NULL_SEEDS = (8, 9)
"""Held back from tuning: what honest groups come to is fitted on them."""
SHARES = (100.0, 50.0, 25.0, 10.0, 5.0)
GATED_SEEDS = (1501, 1502, 1503)
LADDER_SEED = 1504
"""Of the first other rung; each has a world of its own."""
BENIGN_SEEDS = (1521, 1522, 1523)
LATENCY_SEED = 1531
ABLATION_SEED = 1541
LATENCY_SCALES = (0.02, 0.1, 1.0)
"""500, 2,500 and 25,000 accounts: pooled evidence grows with the campaign."""
ABLATED = ((), ("evidence",), ("groups",), *((f"groups.{name}",) for name in GROUP_FAMILIES))

MARKS = ("<!-- evaluation -->", "<!-- /evaluation -->")


def _gated() -> list[Experiment]:
    """The campaign to stop: three seeds for each share, both ways of counting shares."""
    return [
        Experiment("seed", share, mode, seed=seed)
        for share in SHARES
        for mode in _modes(share)
        for seed in GATED_SEEDS[: 3 if share >= 10.0 else 1]
    ]


def _ladder() -> list[Experiment]:
    return [
        Experiment(name, share, seed=LADDER_SEED + place)
        for place, name in enumerate(name for name in LADDER if name != "seed")
        for share in SHARES
    ]


def _extraction() -> list[Experiment]:
    """The ladder once more, with as much extracted at every share."""
    mode = ShareMode.FIXED_EXTRACTION.value
    return [replace(one, share_mode=mode) for one in _ladder() if one.share < 100.0]


def _benign() -> list[Experiment]:
    return [Experiment(NONE, seed=seed) for seed in BENIGN_SEEDS]


def _latency() -> list[Experiment]:
    return [Experiment("seed", scale=scale, seed=LATENCY_SEED) for scale in LATENCY_SCALES]


def _ablation() -> list[Experiment]:
    """In a smaller world, for what counts is the difference."""
    return [
        Experiment("seed", share, seed=ABLATION_SEED, accounts=8_000, days=14.0, without=families)
        for share in (100.0, 25.0)
        for families in ABLATED
    ]


def _modes(share: float) -> list[str]:
    """At 100 % both ways of counting are one."""
    return [mode.value for mode in ShareMode][: 1 if share == 100.0 else 2]


_PLANS: dict[str, Callable[[], list[Experiment]]] = {
    "seed": _gated,
    "ladder": _ladder,
    "extraction": _extraction,
    "benign": _benign,
    "latency": _latency,
    "ablation": _ablation,
}
SECTIONS = tuple(_PLANS)


def planned(sections: Sequence[str] = SECTIONS) -> list[Experiment]:
    """The experiments of ``sections``. Raises ValueError for one that there is not."""
    unknown = [section for section in sections if section not in _PLANS]
    if unknown:
        raise ValueError(f"no part of the table is called {', '.join(unknown)}")
    return [experiment for section in sections for experiment in _PLANS[section]()]


def write_table(path: Path, results: Sequence[Result], date: str) -> None:
    """Write ``markdown`` between the marks of ``path``, or as all of it where there are none.
    Raises OSError."""
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
    """What is behind the results; the curve of every rung; honest accounts by kind; size; ablation.

    A cell of several seeds gives their mean and, behind it, their range.
    """
    plain = [result for result in results if not result["without"]]
    curves = [r for r in plain if r["seed"] not in (LATENCY_SEED, ABLATION_SEED)]
    lines = [*_behind(results, date), ""]
    for title, figure in (
        ("Fraudulent accounts suspended", "recall_accounts"),
        ("Interactions refused, or given up by accounts that were", "prevented"),
    ):
        lines += _curve(title, figure, curves)
    lines += _speed(curves)
    lines += _honest(plain)
    lines += _sizes([r for r in plain if r["seed"] == LATENCY_SEED])
    lines += _ablated([r for r in results if r["seed"] == ABLATION_SEED])
    lines += [f"{note}." for note in notes(results)]
    return "\n".join(lines).rstrip() + "\n"


def _behind(results: Sequence[Result], date: str) -> list[str]:
    seeds = ", ".join(map(str, sorted({result["seed"] for result in results})))
    versions = ", ".join(sorted({result["versions"]["detector"] for result in results}))
    requests = number(sum(result["requests"] for result in results))
    return [
        f"Measured {date}, runs: {len(results)}, requests: {requests}; closed loop, simulated"
        f" attacks. Report seeds {seeds}; tuning used seeds {TUNING_SEEDS[0]} to"
        f" {TUNING_SEEDS[-1]} and those of earlier tables, {RETIRED_SEEDS[0]} to"
        f" {RETIRED_SEEDS[-1]}; what honest groups come to was fitted on seeds {NULL_SEEDS[0]} and"
        f" {NULL_SEEDS[-1]}. Detector {versions}; every version that was ever"
        " run on a report seed is listed in `tests/evaluation/report_seeds.ndjson`."
    ]


def _curve(title: str, figure: str, results: Sequence[Result]) -> list[str]:
    cells: dict[tuple[str, str], dict[float, list[Result]]] = {}
    for result in results:
        if result["scenario"] == NONE:
            continue
        whole = result["share"] == 100.0  # both ways of counting are one
        for mode in [mode.value for mode in ShareMode] if whole else [result["share_mode"]]:
            row = cells.setdefault((result["scenario"], mode), {})
            row.setdefault(result["share"], []).append(result)
    first = next(iter(ShareMode)).value
    rows = [
        [f"`{name}`", mode.removeprefix("fixed_")]
        + [_cell(figure, by_share.get(share, [])) for share in SHARES]
        for (name, mode), by_share in cells.items()
        if mode == first or set(by_share) != {100.0}  # a line that says nothing new
    ]
    return _table(f"{title}, by share", ["", "fixed", *(f"{s:g} %" for s in SHARES)], rows)


def _speed(results: Sequence[Result]) -> list[str]:
    rows = [
        [
            f"`{result['scenario']}`{leak_mark(result)}",
            str(result["seed"]),
            duration(result["time_to_first_action_s"]),
            duration(result["time_to_half_accounts_s"]),
            number(result["interactions_before_suspension_p50"]),
            number(result["interactions_before_suspension_p90"]),
            number(result["interactions_before_suspension_max"]),
            number(result["attacker_cost"]),
            number(result["replacement_interactions_p50"]),
            percent(result["precision_suspend"]),
        ]
        for result in results
        if result["share"] == 100.0 and result["scenario"] != NONE
    ]
    heads = ["", "seed", "first action", "half acted on", "p50", "p90", "most", "cost"]
    heads += ["replaced", "precision"]
    return _table(
        "At 100 %: how soon, interactions of an account before its suspension, accounts burned per"
        " 1,000 interactions, the median of a replacement's, and the share of suspended accounts"
        " that were fraudulent",
        heads,
        rows,
    )


def _honest(results: Sequence[Result]) -> list[str]:
    """Every population once: its worst run, whatever campaign there was."""
    by_world: dict[tuple[int, int], list[Result]] = {}
    for result in results:
        by_world.setdefault((result["seed"], result["accounts"]), []).append(result)
    worlds = list(by_world.values())
    kinds = sorted({name for runs in worlds for name in runs[0]["accounts_per_archetype"]})
    rows = []
    for kind in [*kinds, "all"]:
        of = sum(_count(runs[0], "accounts_per_archetype", kind) for runs in worlds)
        cells = [kind.replace("_", " "), number(of)]
        for action in ("suspended", "throttled"):
            name = f"{action}_per_hard_negative"
            hits = sum(max(_count(run, name, kind) for run in runs) for runs in worlds)
            cells.append(f"{hits:,} ({interval(clopper_pearson(hits, of))})")
        groups = sum(_groups(runs[0], kind, "groups") for runs in worlds)
        lost = sum(max(_groups(run, kind, "suspended") for run in runs) for runs in worlds)
        touched = sum(max(_groups(run, kind, "touched") for run in runs) for runs in worlds)
        bounds = f" ({interval(clopper_pearson(lost, groups))})" if groups else ""
        rows.append([*cells, number(groups), number(touched), f"{lost:,}{bounds}"])
    heads = ["kind", "accounts", "suspended", "throttled"]
    heads += ["groups", "with a suspended member", "groups suspended"]
    title = f"Honest accounts of {len(worlds)} worlds, each by its worst run"
    lines = _table(title, heads, rows)
    if not lines:
        return []
    spread = (
        f"{action} {interval(_over_clusters(worlds, name))}"
        for name, action in (("suspend", "suspended"), ("throttle", "throttled"))
    )
    return [
        *lines,
        "A group is suspended if half of its accounts are. All accounts by bootstrap over whole"
        f" groups, or, where none was hit, by the exact interval over groups: {', '.join(spread)}.",
        "",
    ]


def _over_clusters(worlds: Sequence[Sequence[Result]], name: str) -> tuple[float, float]:
    worst = [max(runs, key=lambda run: int(run[f"fpr_{name}_accounts"])) for runs in worlds]
    tallies = [np.array(run[f"fpr_{name}_clusters"], np.int64).reshape(-1, 3) for run in worst]
    tally = np.concatenate(tallies)
    if not tally[:, 1].any():
        return clopper_pearson(0, int(tally[:, 2].sum()))
    return cluster_bootstrap(tally)


def _count(result: Result, name: str, kind: str) -> int:
    per = result[name]
    return int(sum(per.values()) if kind == "all" else per.get(kind, 0))


def _groups(result: Result, kind: str, name: str) -> int:
    per = result["groups"]
    chosen = per.values() if kind == "all" else [per[kind]] if kind in per else []
    return sum(int(one[name]) for one in chosen)


def _sizes(results: Sequence[Result]) -> list[str]:
    rows = [
        [
            number(result["fraudulent_accounts"]),
            duration(result["time_to_first_action_s"]),
            duration(result["time_to_half_accounts_s"]),
            percent(result["recall_accounts"]),
            percent(result["prevented"]),
        ]
        for result in sorted(results, key=lambda result: int(result["fraudulent_accounts"]))
    ]
    heads = ["accounts", "first action", "half acted on", "suspended", "prevented"]
    return _table("`seed` at 100 %, by the size of the campaign", heads, rows)


def _ablated(results: Sequence[Result]) -> list[str]:
    rows = [
        [
            ", ".join(result["without"]) or "nothing",
            f"{result['share']:g} %",
            percent(result["recall_accounts"]),
            percent(result["prevented"]),
            false_positives(result, "suspend"),
            false_positives(result, "throttle"),
        ]
        for result in results
    ]
    heads = ["without", "share", "suspended", "prevented", "honest suspended", "honest throttled"]
    title = "What each kind of evidence adds, `seed` among 8,000 honest accounts for 14 days"
    return _table(title, heads, rows)


def _cell(figure: str, results: Sequence[Result]) -> str:
    """``figure`` of some worlds, marked if one of them leaks."""
    mark = max((leak_mark(result) for result in results), default="")
    return _spread([result[figure] for result in results]) + mark


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    mean = percent(float(np.mean(known)))
    if len(known) == 1:
        return mean
    return f"{mean} ({percent(min(known))} to {percent(max(known))})"


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    return [
        f"{title}:",
        "",
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]
