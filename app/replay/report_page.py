"""A page about evaluations that needs nothing but itself: tables and plots in one HTML file."""

import base64
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import matplotlib

from app.replay.evaluation_text import (
    COLUMNS,
    duration,
    interval,
    leak_mark,
    notes,
    number,
    percent,
)
from app.replay.report_page_plots import STYLE, course, honest

Result = dict[str, Any]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1b1f; margin: 2rem auto; max-width: 1320px;
  padding: 0 1.5rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 3rem; border-top: 1px solid #d6d3d1;
  padding-top: 1.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid #e7e5e4;
  white-space: nowrap; vertical-align: top; }
th { color: #57534e; font-weight: 600; }
img { width: 100%; height: auto; }
.note { color: #57534e; } .mark { color: #9a3412; font-weight: 600; }
"""


def write_page(directory: Path, results: Sequence[Result]) -> Path:
    """Write ``directory/index.html`` about ``results``; raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "index.html"
    path.write_text(page(results))
    return path


def page(results: Sequence[Result]) -> str:
    """The page as HTML."""
    with matplotlib.rc_context(STYLE):
        body = "\n".join(_body(results))
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Reflux evaluation</title>\n<style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _body(results: Sequence[Result]) -> Iterator[str]:
    yield "<h1>Reflux evaluation</h1>"
    yield (
        "<p class=note>Attack traffic is simulated. The loop is closed: what is suspended is"
        " refused from that moment on. Times are event time. Intervals are exact (Clopper and"
        " Pearson) at 95 %.</p>"
    )
    yield from _table(results)
    for line in notes(results):
        yield f'<p class="mark">{escape(line)}</p>'
    for place, result in enumerate(results):
        yield from _section(place, result)


def _table(results: Sequence[Result]) -> Iterator[str]:
    yield "<div class=wide><table><thead><tr>"
    yield "".join(
        f'<th title="{escape(column.meaning)}">{escape(column.heading)}</th>' for column in COLUMNS
    )
    yield "</tr></thead><tbody>"
    for place, result in enumerate(results):
        cells = [escape(column.text(result)) for column in COLUMNS]
        cells[0] = f'<a href="#run-{place}">{cells[0]}</a>'
        yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    yield "</tbody></table></div>"


def _section(place: int, result: Result) -> Iterator[str]:
    share = "" if result["scenario"] == "none" else f" at {result['share']:g} %"
    mode = f" ({result['share_mode'].replace('_', ' ')})" if share else ""
    title = f"{result['scenario']}{share}{mode}, seed {result['seed']}{leak_mark(result)}"
    yield f'<h2 id="run-{place}">{escape(title)}</h2>'
    versions = result["versions"]
    lengths = f"{result['lead_in']:g} + {result['days']:g} days"
    yield (
        f"<p class=note>{number(result['fraudulent_accounts'])} fraudulent and"
        f" {number(result['benign_accounts'])} honest accounts, {number(result['requests'])}"
        f" requests, {lengths}, {duration(result['seconds'])} of computing. Detector"
        f" {escape(result['detector_version'])} ({versions['detector']}), policy"
        f" {escape(result['policy_version'])} ({versions['policy']}), simulator"
        f" {versions['simulator']}.</p>"
    )
    yield f"<p>{escape(_summary(result))}</p>"
    if result["leaks"]:
        yield f"<p>{escape(_leaks(result['leaks']))}</p>"
    for alt, png in (
        ("traffic, accounts acted on, scores", course(result)),
        ("false positives by kind of account", honest(result)),
    ):
        data = base64.b64encode(png).decode()
        yield f'<img alt="{escape(alt)}" src="data:image/png;base64,{data}">'


def _summary(result: Result) -> str:
    groups = (
        f"{result['groups_suspended']:,} of {result['groups_total']:,} honest groups suspended"
        f" ({interval(result['groups_suspended_interval'])})"
    )
    spread = interval(result["fpr_suspend_cluster_interval"])
    honest_text = (
        f"{result['fpr_suspend_accounts']:,} honest accounts suspended"
        f" ({interval(result['fpr_suspend_interval'])}; by bootstrap over groups {spread}),"
        f" {result['fpr_throttle_accounts']:,} throttled; {groups}."
    )
    if not result["fraudulent_accounts"]:
        return honest_text
    replaced = ""
    if result["replacements"]:
        replaced = (
            f" {number(result['replacements'])} replacements, each with a median of"
            f" {number(result['replacement_interactions_p50'])} interactions."
        )
    return (
        f"Recall {percent(result['recall_accounts'])}"
        f" ({interval(result['recall_accounts_interval'])}),"
        f" {percent(result['recall_by_campaign'])} as members of a campaign;"
        f" {percent(result['prevented'])} of {number(result['attempted'])} interactions prevented;"
        f" first action after {duration(result['time_to_first_action_s'])}.{replaced} {honest_text}"
    )


def _leaks(leaks: dict[str, Any]) -> str:
    named = ", ".join(f"{name} {value:.2f}" for name, value in leaks["fingerprints"].items())
    found = f"; fingerprints: {named}" if named else "; no fingerprint"
    oracle = "-" if leaks["oracle"] is None else f"{leaks['oracle']:.3f}"
    hideable = "-" if leaks["hideable_oracle"] is None else f"{leaks['hideable_oracle']:.3f}"
    return (
        f"Leak tests: {leaks['verdict']} ({leaks['positives']} fraudulent against"
        f" {leaks['negatives']} honest API users; AUC of a labelled oracle on single accounts"
        f" {oracle}, {hideable} without what the rung's definition tells{found})."
    )
