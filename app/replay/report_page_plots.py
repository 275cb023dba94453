"""The plots of one evaluation, drawn from its result alone."""

from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from app.replay.figures import clopper_pearson

Result = dict[str, Any]

DAY_MS = 86_400_000
INK, MUTED = "#1b1b1f", "#767680"
BAD, GOOD = "#c2410c", "#2563a8"
REFUSED = "#f2b38f"
STEP_COLOURS = {"observe": "#a8a29e", "throttle": "#b45309", "suspend": "#7f1d1d"}
DPI = 110
EMPTY = "no campaign in this world"

STYLE: Any = {
    "font.size": 9.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e7e5e4",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


def course(result: Result) -> bytes:
    """PNG of what happened: traffic, accounts acted on, scores of accounts and of groups."""
    figure = Figure(figsize=(12.0, 7.6), layout="constrained")
    axes = figure.subplots(2, 2)
    _traffic(axes[0, 0], result)
    _acted(axes[0, 1], result)
    scores = result["plots"]["scores"]
    _distribution(axes[1, 0], scores["accounts"], "accounts")
    axes[1, 0].set_title("Evidence against single accounts")
    axes[1, 0].set_xlabel("highest log-odds of abuse so far (nats), of accounts that were judged")
    _distribution(axes[1, 1], scores["groups"], "links")
    axes[1, 1].set_title("Evidence against groups (links of three accounts or more)")
    axes[1, 1].set_xlabel("highest evidence of all families so far (nats)")
    return _png(figure)


def honest(result: Result) -> bytes:
    """PNG of the false positives of each kind of honest account, with exact 95 % intervals."""
    of = result["accounts_per_archetype"]
    ordinary = result["plots"]["ordinary"]
    names = sorted(of, key=lambda name: (name not in ordinary, name), reverse=True)
    figure = Figure(figsize=(12.0, 1.3 + 0.26 * len(names)), layout="constrained")
    ax = figure.subplots()
    places = np.arange(len(names))
    for action, colour, shift in (("suspended", BAD, 0.16), ("throttled", GOOD, -0.16)):
        hits = [result[f"{action}_per_hard_negative"][name] for name in names]
        rates = np.array([hit / of[name] for hit, name in zip(hits, names, strict=True)])
        bounds = np.array(
            [clopper_pearson(hit, of[name]) for hit, name in zip(hits, names, strict=True)]
        )
        ax.hlines(places + shift, bounds[:, 0], bounds[:, 1], color=colour, lw=1.6, alpha=0.55)
        ax.plot(rates, places + shift, "o", color=colour, ms=4.5, label=f"{action}, 95 % interval")
    ax.set_xscale("symlog", linthresh=1e-3)
    ax.set_xlim(left=-2e-5)
    ax.set_xticks([0.0, 1e-3, 1e-2, 1e-1, 1.0], ["0", "0.1 %", "1 %", "10 %", "100 %"])
    ax.set_yticks(
        places,
        [
            f"{name.replace('_', ' ')}{' (ordinary)' if name in ordinary else ''}, {of[name]:,}"
            for name in names
        ],
    )
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_title("Honest accounts acted on, by kind")
    ax.set_xlabel("share of the kind's accounts; linear up to 0.1 %, logarithmic beyond")
    ax.set_ylabel("kind, and how many there are")
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
    return _png(figure)


def _traffic(ax: Axes, result: Result) -> None:
    ax.set_title("Extraction: interactions attempted and refused")
    ax.set_ylabel("interactions per 6 hours")
    _event_time(ax)
    points = np.array(result["plots"]["traffic"], np.float64).reshape(-1, 3)
    if result["plots"]["begun_ms"] is None or not len(points):
        _nothing(ax)
        return
    edges = (np.concatenate([[result["plots"]["start_ms"]], points[:, 0]]) - _origin(result)) / (
        DAY_MS
    )
    attempted, refused = (np.diff(points[:, column], prepend=0.0) for column in (1, 2))
    ax.stairs(attempted, edges, color=BAD, lw=1.4, label="attempted")
    ax.stairs(refused, edges, fill=True, color=REFUSED, label="refused, or given up when suspended")
    ax.set_ylim(0.0, 1.25 * max(float(attempted.max(initial=0.0)), 1.0))
    _thousands(ax)
    ax.legend(loc="upper right", ncols=2)


def _acted(ax: Axes, result: Result) -> None:
    ax.set_title("Accounts acted on")
    ax.set_ylabel("accounts, cumulative")
    _event_time(ax)
    plots = result["plots"]
    end = plots["traffic"][-1][0] if plots["traffic"] else plots["start_ms"]
    origin = _origin(result)
    for name, label, colour, dash in (
        ("acted", "fraudulent, throttled or suspended", BAD, "--"),
        ("suspended", "fraudulent, suspended", BAD, "-"),
        ("acted_benign", "honest, throttled or suspended", GOOD, "--"),
        ("suspended_benign", "honest, suspended", GOOD, "-"),
    ):
        times = np.array(plots[name], np.float64)
        x = (np.concatenate([[plots["start_ms"]], times, [end]]) - origin) / DAY_MS
        y = np.concatenate([[0], np.arange(1, times.size + 1), [times.size]])
        ax.step(x, y, where="post", color=colour, ls=dash, lw=1.6, label=label)
    count = result["fraudulent_accounts"]
    if count:
        ax.axhline(count, color=MUTED, lw=0.9, ls=":", label=f"all {count:,} fraudulent")
    highest = max(count, len(plots["acted_benign"]), 1)
    ax.set_ylim(-0.02 * highest, 1.5 * highest)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    _thousands(ax)
    ax.legend(loc="upper left", ncols=2)


def _distribution(ax: Axes, scores: dict[str, Any], what: str) -> None:
    edges = np.array(scores["edges"])
    for name, label, colour in (("benign", "honest", GOOD), ("fraudulent", "campaign's", BAD)):
        counts = np.array(scores[name], np.float64)
        total = counts.sum()
        if total:
            text = f"{label}, {total:,.0f} {what}"
            ax.stairs(counts / total, edges, fill=True, alpha=0.3, color=colour)
            ax.stairs(counts / total, edges, color=colour, lw=1.3, label=text)
    for step, at in scores["thresholds"].items():
        if edges[0] <= at <= edges[-1]:
            label = f"{step}: {at:.1f}"
            ax.axvline(at, 0.0, 0.8, color=STEP_COLOURS[step], lw=1.3, ls="--", label=label)
    ax.set_yscale("log")
    ax.set_ylim(1e-5, 30.0)
    ax.set_yticks([1e-4, 1e-3, 1e-2, 1e-1, 1.0], ["0.01 %", "0.1 %", "1 %", "10 %", "100 %"])
    ax.minorticks_off()
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylabel(f"share of {what} per bin (logarithmic)")
    ax.legend(loc="upper center", ncols=3)


def _origin(result: Result) -> float:
    begun = result["plots"]["begun_ms"]
    return float(result["plots"]["start_ms"] if begun is None else begun)


def _event_time(ax: Axes) -> None:
    ax.set_xlabel("days of event time since the campaign's first request")


def _thousands(ax: Axes) -> None:
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.0f}"))


def _nothing(ax: Axes) -> None:
    ax.text(0.5, 0.5, EMPTY, ha="center", va="center", color=MUTED, transform=ax.transAxes)


def _png(figure: Figure) -> bytes:
    target = BytesIO()
    figure.savefig(target, format="png", dpi=DPI)
    return target.getvalue()
