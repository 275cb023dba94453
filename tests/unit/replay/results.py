"""A result as ``evaluate`` gives it, without the hours that a world takes."""

from typing import Any

import numpy as np

from app.replay.evaluation import Experiment
from app.replay.figures import NEVER, Outcome, figures

DAY = 86_400_000
START = 1_736_121_600_000
BEGUN = START + 2 * DAY
KINDS = ("individuals", "developers", "class_cohort", "popular_tool", "cron_and_ci")


def result(
    experiment: Experiment | None = None, *, bad: int = 60, good: int = 1_500, **changes: Any
) -> dict[str, Any]:
    """A campaign of ``bad`` accounts, nine in ten of them suspended in its first week."""
    about = Experiment("seed", seed=101) if experiment is None else experiment
    if about.scenario == "none":
        bad = 0
    rng = np.random.default_rng(about.seed)
    n = bad + good
    fraudulent = np.arange(n) < bad
    caught = fraudulent & (rng.random(n) < 0.9)
    at = BEGUN + rng.integers(DAY, 7 * DAY, n)
    attempted = np.where(fraudulent, 1_152, 0)
    refused = np.where(caught, attempted - (at - BEGUN) * 1_152 // (45 * DAY), 0)
    annoyed = ~fraudulent & (rng.random(n) < 0.002)
    kinds = rng.choice(KINDS, n)
    outcome = Outcome(
        fraudulent=fraudulent,
        archetype=[
            about.scenario if evil else str(kind)
            for evil, kind in zip(fraudulent, kinds, strict=True)
        ],
        group=np.where(fraudulent, 0, 1 + np.arange(n) // 5),
        acted=np.where(caught | annoyed, at, NEVER),
        suspended=np.where(caught, at + DAY // 4, NEVER),
        throttled=caught | annoyed,
        by_campaign=caught,
        attempted=attempted,
        refused=refused,
        before=attempted - refused,
        replacement=np.zeros(n, np.bool_),
        begun=BEGUN,
    )
    edges = np.linspace(-8.0, 8.0, 65)
    ends = [START + k * DAY // 4 for k in range(1, 47 * 4 + 1)]
    lived = [max(end - BEGUN, 0) / DAY for end in ends]
    made = {
        **vars(about),
        "without": list(about.without),
        "detector_version": "account-1",
        "policy_version": "1",
        "partitions": 12,
        "requests": 1_000_000,
        "dead": 0,
        "seconds": 12.5,
        "versions": {"detector": "0" * 12, "policy": "1" * 12, "simulator": "2" * 12},
        "leaks": None
        if about.scenario == "none"
        else {
            "verdict": "clean",
            "oracle": 0.97,
            "hideable_oracle": 0.8,
            "positives": bad,
            "negatives": good,
            "fingerprints": {},
            "strongest": {"volume": 0.8},
        },
        **figures(outcome),
        "plots": {
            "start_ms": START,
            "begun_ms": BEGUN if bad else None,
            "traffic": [
                (end, int(25.6 * bad * days), int(25.6 * bad * max(days - 3.0, 0.0) * 0.9))
                for end, days in zip(ends, lived, strict=True)
            ],
            "acted": sorted(at[caught].tolist()),
            "suspended": sorted((at[caught] + DAY // 4).tolist()),
            "acted_benign": sorted(at[annoyed].tolist()),
            "suspended_benign": [],
            "ordinary": ["developers", "individuals"],
            "scores": {
                "accounts": _scores(rng.normal(-6, 2, good), rng.normal(0, 2, bad), edges, 2.2),
                "groups": _scores(rng.normal(-2, 2, 300), rng.normal(6, 2, bad), edges, 4.0),
            },
        },
    }
    return made | changes


def _scores(good: Any, bad: Any, edges: Any, at: float) -> dict[str, Any]:
    return {
        "edges": edges.tolist(),
        "benign": np.histogram(np.clip(good, -8, 8), edges)[0].tolist(),
        "fraudulent": np.histogram(np.clip(bad, -8, 8), edges)[0].tolist(),
        "thresholds": {"throttle": at, "suspend": at + 0.7},
    }
