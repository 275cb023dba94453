import numpy as np
import pytest

from app.replay.evaluation import Experiment
from app.replay.evaluation_outcome import Ledger, origins
from app.replay.figures import NEVER
from app.replay.listener import Decision
from app.simulation.arrivals import TICK_MS
from app.simulation.population import Population

HOUR = 3_600_000


def world() -> Population:
    experiment = Experiment("naive", accounts=50, fraudulent=10, days=0.25, lead_in=0.0, seed=3)
    return experiment.population()


def decide(ledger: Ledger, account: str, action: str, at: int, **given: int) -> None:
    ledger.decided(
        Decision(
            **{
                "account": account,
                "action": action,
                "issued_at": at,
                "expires_at": None,
                "requests_per_minute": 0,
                "tokens_per_minute": 0,
                "sequence": 1,
                "campaign": 0,
                "shadow": False,
                "record": None,
            }
            | given
        )
    )


def test_without_decisions_everything_is_served() -> None:
    population = world()
    ledger = Ledger(population)
    for batch, attack in population.labelled_batches():
        ledger.take(batch, attack)
    outcome, labels = ledger.outcome()
    assert (outcome.suspended == NEVER).all()
    assert outcome.refused.sum() == 0
    assert outcome.attempted.sum() == labels.attacks.sum() > 100
    assert (outcome.before == outcome.attempted).all()
    assert population.start_ms <= outcome.begun < population.start_ms + HOUR


def test_a_suspension_reaches_the_population_and_is_counted_from_its_issue() -> None:
    population = world()
    ledger = Ledger(population)
    labels = population.labels
    target = int(np.flatnonzero(labels.fraudulent)[0])
    at = population.start_ms + 3 * HOUR
    served = later = 0
    for batch, attack in population.labelled_batches():
        mine = batch.rows[batch.rows["account"] == target]
        if batch.to_ms <= at:
            served += np.unique(mine["event_id"]).size
        else:
            later += int((mine["status"] != 403).sum())
        if batch.to_ms == at:
            decide(ledger, labels.account_ids[target], "suspend", at, campaign=7)
        ledger.take(batch, attack)
    outcome, _ = ledger.outcome()
    assert later <= 2  # requests from before it that arrived after it
    assert outcome.suspended[target] == outcome.acted[target] == at
    assert outcome.by_campaign[target]
    assert outcome.before[target] == pytest.approx(served, abs=2)
    assert outcome.refused[target] == pytest.approx(outcome.attempted[target] - served, abs=2)
    assert ledger.totals()[1] == outcome.refused.sum()


def test_what_the_replay_refuses_within_a_slice_counts_too() -> None:
    population = world()
    ledger = Ledger(population)
    batch, attack = next(population.labelled_batches(2 * TICK_MS))
    ledger.take(batch, attack)
    marks = origins(batch, attack)[attack][:5]
    ledger.refused(marks, np.full(5, 429, np.int32))
    outcome, labels = ledger.outcome()
    assert outcome.refused.sum() == 5
    assert outcome.before.sum() == labels.attacks.sum() - 5


def test_shadow_decisions_and_honest_requests_change_nothing() -> None:
    population = world()
    ledger = Ledger(population)
    decide(ledger, population.account_ids[0], "suspend", population.start_ms, shadow=True)
    ledger.refused(np.array([0, 2, 4], np.int64), np.full(3, 403, np.int32))
    for batch, attack in population.labelled_batches():
        assert not (batch.rows["status"] == 403).any()
        ledger.take(batch, attack)
    assert ledger.outcome()[0].refused.sum() == 0


def test_a_throttle_limits_and_a_release_ends_it() -> None:
    population = world()
    ledger = Ledger(population)
    labels = population.labels
    names = [labels.account_ids[i] for i in np.flatnonzero(labels.fraudulent)]
    limits = {"requests_per_minute": 1, "tokens_per_minute": 1}
    refused = []
    for batch, attack in population.labelled_batches(HOUR):
        refused.append(int((batch.rows["status"] == 429).sum()))
        hour = len(refused)
        for name in names if hour in (1, 3) else ():
            action = "throttle" if hour == 1 else "observe"
            decide(ledger, name, action, batch.to_ms, **(limits if hour == 1 else {}))
        ledger.take(batch, attack)
    outcome, _ = ledger.outcome()
    assert outcome.throttled[outcome.fraudulent].all()
    assert (outcome.suspended == NEVER).all()
    assert refused[0] == 0
    assert refused[1] > 10
    assert refused[2] > 10
    assert max(refused[3:]) <= 2
