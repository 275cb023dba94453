"""Level 1 as a whole, on small populations: who is stopped, how soon, and who is left alone."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest

from app.detection.population import Snapshot, make_part, merge_parts
from app.kernels import columns as c
from app.kernels import guards as g
from app.kernels.compile import kernel
from app.kernels.decisions import DECISION
from app.kernels.features import FEATURES
from app.kernels.fold_row import fold_request
from app.kernels.ladder import judge
from app.kernels.population import BINS, sketch_population
from app.kernels.regimes import regime_at
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from app.state.layout import ACCOUNT, ACTION_SUSPEND, ACTION_THROTTLE, FLAG_PROFILE, TASKS
from tests.reference.archetypes import DAY_MS, HONEST, population

EPOCH = 3_600_000
START = 486_000 * EPOCH
DAYS = 3.0
# A tenth and more of these small populations are distillers, which the default would call a flood;
# and here is nobody but level 1 to suspend them.
POLICY = PolicyDocument.model_validate(
    {
        "guards": {"actions_per_minute": 1e6, "active_share_per_hour": 1.0},
        "ladder": {"suspend": {"alone": True}},
    }
)


class Result(NamedTuple):
    names: list[str]
    throttled: dict[int, int]  # account: its requests until then
    suspended: dict[int, int]


@kernel
def play(rows, values, owner, first, last, regimes, guards, decisions, sent):
    """Fold and judge requests ``first`` to ``last``; those of suspended accounts are refused."""
    made = 0
    for i in range(first, last):
        row = rows[owner[i]]
        if row["live"]["action"] == ACTION_SUSPEND:
            continue
        ts = values[i, c.REQ_TS]
        sent[owner[i]] += 1
        fold_request(row, values[i], ts)
        if judge(row, ts, regimes, regime_at(regimes, ts), guards, decisions[made]):
            decisions[made]["slot"] = owner[i]
            decisions[made]["record"] = sent[owner[i]]
            made += 1
    return made


def run(count: int, distillers: int, seed: int) -> Result:
    names, owner, values, checks = population(count, distillers, DAYS, seed)
    values[:, c.REQ_TS] += START
    rows = np.zeros(len(names), ACCOUNT)
    rows["id_length"], rows["flags"], rows["verification"] = 1, FLAG_PROFILE, checks
    guards = np.zeros(g.WIDTH, np.int64)
    guards[g.PARTITIONS] = 1
    sent = np.zeros(len(names), np.int64)
    decisions = np.zeros(10_000, DECISION)
    histogram = np.empty((FEATURES, BINS), np.int64)
    shares = np.empty(len(TASKS), np.int64)
    snapshots: list[Snapshot] = []
    result = Result(names, {}, {})
    first = 0
    for epoch in range(START // EPOCH, (START + int(DAYS * DAY_MS)) // EPOCH):
        end = (epoch + 1) * EPOCH
        regimes = build_regimes([POLICY], snapshots[-4:])
        last = int(np.searchsorted(values[:, c.REQ_TS], end))
        made = play(rows, values, owner, first, last, regimes, guards, decisions, sent)
        first = last
        for decision in decisions[:made]:
            taken = {ACTION_THROTTLE: result.throttled, ACTION_SUSPEND: result.suspended}
            if decision["action"] in taken:
                taken[decision["action"]].setdefault(int(decision["slot"]), int(decision["record"]))
        _, active = sketch_population(rows, len(rows), end, histogram, shares)
        guards[g.ACTIVE] = active
        part = make_part(
            number=epoch,
            partition=0,
            partitions=1,
            epoch_ms=EPOCH,
            accounts=int(active),
            histogram=histogram,
            shares=shares,
        )
        snapshots.append(merge_parts({0: part}))
    return result


def kinds(result: Result, accounts: dict[int, int]) -> Counter[str]:
    return Counter(result.names[account] for account in accounts)


@pytest.mark.parametrize("seed", [1, 2])
def test_distillers_are_stopped_within_their_first_requests(seed: int) -> None:
    result = run(500, 40, seed)
    suspended = kinds(result, result.suspended)
    assert suspended == {"distiller": 40}
    soon = [result.suspended[a] for a in result.suspended]
    assert np.median(soon) <= 260
    first = [result.throttled[a] for a in result.suspended]
    assert np.median(first) <= 200
    honest = sum(kinds(result, result.throttled).values()) - 40
    assert honest <= 0.01 * len(result.names)


@pytest.mark.parametrize("distillers", [0, 150])
def test_honest_accounts_are_left_alone_without_abuse_and_in_a_flood_of_it(distillers: int) -> None:
    result = run(500, distillers, 3)
    suspended = kinds(result, result.suspended)
    assert {name: suspended[name] for name in HONEST} == dict.fromkeys(HONEST, 0)
    throttled = kinds(result, result.throttled)
    assert sum(throttled[name] for name in HONEST) <= 0.01 * len(result.names)
    # A quarter of all accounts cannot hide among themselves.
    assert suspended["distiller"] >= 0.95 * distillers
