"""One evaluation: a simulated world, the detector at work in it, and the figures of what it did.

A function of its ``Experiment`` and the policy: the same ones give the same figures.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.detection.features import DETECTOR_VERSION
from app.policy.document import PolicyDocument
from app.replay.batches import IntArray
from app.replay.engine import PARTITIONS, Replay
from app.replay.evaluation_leaks import examine_world
from app.replay.evaluation_outcome import Ledger, origins
from app.replay.evaluation_scores import Scores, by_kind, histograms
from app.replay.figures import figures
from app.replay.simulated import SimulatedColumns
from app.simulation.archetypes import ORDINARY
from app.simulation.arrivals import DAY_MS
from app.simulation.campaigns import LADDER, Campaign, ShareMode
from app.simulation.population import START_MS, Population

NONE = "none"
"""The scenario without a campaign."""
SCENARIOS = (NONE, *LADDER)

PERIOD_MS = DAY_MS // 4
SAMPLED_MS = DAY_MS // 2
"""How often scores are looked at: weighing every link again takes as long as closing a period."""
LEAK_DAYS = 10.0
"""Days of the campaign that the leak tests look at: enough for ten requests of the slowest."""
AWAKE_AFTER = {"sleeper": 30.0}
"""Days for which a rung does nothing that could leak."""

Report = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done."""


@dataclass(frozen=True)
class Experiment:
    """What is evaluated.

    ``share`` percent of an account's traffic attacks, in one of the two ``share_mode``s. The
    campaign has ``scale`` times the rung's accounts, or ``fraudulent`` of them if that is given. It
    begins ``lead_in`` days after the benign traffic and lasts ``days``. ``without`` are families of
    evidence that count for nothing (see ``app/replay/evaluation_ablation.py``).
    """

    scenario: str
    share: float = 100.0
    share_mode: str = ShareMode.FIXED_TOTAL.value
    scale: float = 0.02
    seed: int = 1
    accounts: int = 30_000
    days: float = 45.0
    lead_in: float = 2.0
    fraudulent: int | None = None
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A short name, for progress and titles."""
        mode = "" if self.share == 100.0 else f" {self.share_mode.replace('_', ' ')}"
        return f"{self.scenario} {self.share:g} %{mode}, seed {self.seed}"

    def campaign(self) -> Campaign | None:
        """The campaign; None in a benign world. Raises ValueError where it cannot be."""
        if self.scenario == NONE:
            return None
        rung = LADDER[self.scenario]
        given: dict[str, Any] = {
            "attack_share": self.share / 100.0,
            "share_mode": ShareMode(self.share_mode),
            "start_after_ms": round(self.lead_in * DAY_MS),
            "length_ms": round(self.days * DAY_MS),
        }
        if self.fraudulent is not None:
            return rung(accounts=self.fraudulent, **given)
        return rung.at_scale(self.scale, **given)

    def population(self) -> Population:
        """The world, as nobody has interfered with it yet. Raises ValueError likewise."""
        return Population(
            self.seed,
            self.accounts,
            self.campaign(),
            START_MS,
            self.lead_in + self.days,
            closed_loop=True,
        )


def evaluate(
    experiment: Experiment, policy: PolicyDocument, report: Report = lambda _text, _share: None
) -> dict[str, Any]:
    """The figures of ``experiment`` under ``policy``, ready for JSON.

    ``plots`` holds what a page shows besides: time series of a sighting period each, and score
    distributions. Raises ValueError for a world that cannot be.
    """
    began = time.monotonic()
    leaks = _leaks(experiment, report)
    population = experiment.population()
    ledger = Ledger(population)
    replay = Replay(policy, ledger, closed_loop=True)
    scores = Scores(replay, policy)
    series = _Series(ledger)
    columns = SimulatedColumns(population)
    replay.feed_profiles(columns.profiles(population.profiles()))
    length = population.end_ms - population.start_ms
    for batch, attack in population.labelled_batches():
        replay.feed_profiles(columns.profiles(batch.created))
        replay.feed_profiles(columns.profiles(batch.updated["account"], batch.updated["profile"]))
        replay.feed(columns.requests(batch.rows, origins(batch, attack)))
        replay.tell()
        ledger.take(batch, attack)
        if batch.to_ms % PERIOD_MS == 0:
            series.note(batch.to_ms)
        if batch.to_ms % SAMPLED_MS == 0:
            scores.sample()
        report(f"{ledger.requests:,} requests", (batch.to_ms - population.start_ms) / length)
    replay.finish()
    replay.tell()
    scores.sample()
    outcome, labels = ledger.outcome()
    index = {name: number for number, name in enumerate(labels.account_ids)}
    times = outcome.acted, outcome.suspended
    groups = scores.groups(labels)
    return {
        **asdict(experiment),
        "without": list(experiment.without),
        "detector_version": DETECTOR_VERSION,
        "policy_version": policy.version,
        "partitions": PARTITIONS,
        "requests": ledger.requests,
        "dead": replay.counts["dead"],
        "seconds": round(time.monotonic() - began, 1),
        "leaks": leaks,
        **figures(outcome),
        "group_nats": by_kind(groups),
        "plots": {
            "start_ms": population.start_ms,
            "begun_ms": outcome.begun if outcome.fraudulent.any() else None,
            "traffic": series.points,
            "acted": _sorted(times[0][outcome.fraudulent], population.end_ms),
            "suspended": _sorted(times[1][outcome.fraudulent], population.end_ms),
            "acted_benign": _sorted(times[0][~outcome.fraudulent], population.end_ms),
            "suspended_benign": _sorted(times[1][~outcome.fraudulent], population.end_ms),
            "ordinary": sorted(ORDINARY),
            "scores": histograms(scores.accounts(index), labels, groups, policy),
        },
    }


class _Series:
    """Attack requests attempted and refused, in all, by the end of each sighting period."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.points: list[tuple[int, int, int]] = []
        """Event time in ms, attempted, refused or given up."""

    def note(self, at_ms: int) -> None:
        self.points.append((at_ms, *self._ledger.totals()))


def _leaks(experiment: Experiment, report: Report) -> dict[str, Any] | None:
    if experiment.scenario == NONE:
        return None
    world = experiment.population()
    days = (
        experiment.lead_in
        + LEAK_DAYS
        + min(AWAKE_AFTER.get(experiment.scenario, 0.0), experiment.days * 2 / 3)
    )
    report("leak tests", 0.0)
    return examine_world(world, experiment.scenario, world.start_ms + round(days * DAY_MS))


def _sorted(times: IntArray, end_ms: int) -> list[int]:
    found: list[int] = np.sort(times[times < end_ms]).tolist()
    return found
