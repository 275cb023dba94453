"""The command: make a world, let the detector decide on it, and say what came of it."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.evaluation.second.calendar import WHOLE
from tests.evaluation.second.measure import Figures, figures, standings
from tests.evaluation.second.population import Population
from tests.evaluation.second.recording import Recording, record, write_days
from tests.evaluation.second.world import World

NONE = "none"
SETTINGS = ("days", "seed", "scale", "share")
"""What a line of JSON says of how its run was asked for."""


def parser(population: Population) -> argparse.ArgumentParser:
    name, attacks = population.name, [NONE, *population.attacks]
    made = argparse.ArgumentParser(
        prog=f"python -m tests.evaluation.{name}",
        description=f"Judge the detector on the {name} population. Without --attack: on all.",
    )
    made.add_argument(
        "--attack",
        nargs="+",
        metavar="NAME",
        choices=attacks,
        default=attacks,
        help=f"one or several of: {', '.join(attacks)}",
    )
    made.add_argument("--days", type=int, default=WHOLE, help="how long (default: %(default)s)")
    made.add_argument(
        "--seed", type=int, default=population.seed, help="of everything (default: %(default)s)"
    )
    made.add_argument("--scale", type=float, default=1.0, help="of all numbers of accounts")
    if population.shares:
        made.add_argument(
            "--share", type=float, default=100.0, help="percent of its own traffic that is attack"
        )
    made.add_argument("--policy", type=Path, help="judge by this policy, not the shipped one")
    made.add_argument("--keep", type=Path, help="keep recordings and decisions in this directory")
    made.add_argument("--json", action="store_true", help="print a line of JSON for each run")
    return made


def main(population: Population, arguments: Sequence[str] | None = None) -> int:
    known = parser(population)
    asked = known.parse_args(arguments)
    if asked.days < 1 or asked.scale <= 0:
        known.error("--days is at least 1, --scale above 0")
    if population.shares and not 0 < asked.share <= 100:
        known.error("--share is above 0 and at most 100")
    console = Console(stderr=True)
    with ExitStack() as stack:
        temporary = stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{population.name}-"))
        directory = Path(asked.keep or temporary)
        with console.status("making the honest world"):
            customers = population.honest(asked.seed, asked.scale)
            days = write_days(customers, asked.days, directory / "honest", population.engine)
        for attack in asked.attack:
            with console.status(f"{attack}: making and judging it"):
                found, summary = run(population, attack, customers, days, directory / attack, asked)
            if asked.json:
                print(json.dumps(_line(attack, asked, found, summary)), flush=True)
            console.print(shown(attack, found))
    return 0


def run(
    population: Population,
    attack: str,
    customers: World,
    days: list[Path],
    directory: Path,
    asked: argparse.Namespace,
) -> tuple[Figures, dict[str, Any]]:
    """One attack among ``customers``: its figures, and the summary of the backtest."""
    campaign = None
    if attack != NONE:
        share = [asked.share / 100] if population.shares else []
        campaign = population.attack_world(attack, asked.seed, customers.pools, asked.scale, *share)
    recording = record(customers, days, campaign, directory, population.engine)
    decisions = directory / "decisions.ndjson"
    summary = backtest(recording, decisions, asked.policy)
    with decisions.open(encoding="utf-8") as lines:
        standing = standings(json.loads(line) for line in lines)
    kinds = dict(zip(customers.account_ids(), customers.kinds, strict=True))
    guilty = [] if campaign is None else campaign.account_ids()
    found = figures(standing, kinds, guilty, recording.attacks)
    if asked.keep is None:
        recording.requests.unlink()
    return found, summary


def backtest(recording: Recording, decisions: Path, policy: Path | None) -> dict[str, Any]:
    """The command that operators have, in a process of its own: nothing else is known of it."""
    command = [sys.executable, "-m", "app", "backtest", "--closed-loop", "--json"]
    command += ["--requests", str(recording.requests), "--profiles", str(recording.profiles)]
    command += ["--decisions", str(decisions)]
    if policy is not None:
        command += ["--policy", str(policy)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def shown(attack: str, found: Figures) -> Table:
    """A table for people: of the honest kinds only those that something was done to."""
    table = Table("", "accounts", "suspended", "throttled", title=attack, title_justify="left")
    if found["fraudulent_accounts"]:
        refused = found["refused_share"]
        name = "fraudulent" if refused is None else f"fraudulent ({refused:.1%} refused)"
        table.add_row(name, str(found["fraudulent_accounts"]), str(found["fraudulent_suspended"]))
    totals = (found["honest_accounts"], found["honest_suspended"], found["honest_throttled"])
    table.add_row("honest", *map(str, totals), end_section=True)
    for kind, harm in found["kinds"].items():
        if harm["suspended"] or harm["throttled"]:
            table.add_row(
                kind, *(str(harm[name]) for name in ("accounts", "suspended", "throttled"))
            )
    return table


def _line(
    attack: str, asked: argparse.Namespace, found: Figures, summary: dict[str, Any]
) -> dict[str, Any]:
    settings = {name: value for name, value in vars(asked).items() if name in SETTINGS}
    return {"attack": attack, **settings, **found, "backtest": summary}
