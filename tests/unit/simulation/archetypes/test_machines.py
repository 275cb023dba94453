import numpy as np

from app.simulation.archetypes import machines, people
from app.simulation.world import DAY_MS, TASK
from tests.unit.simulation.archetypes.ground import (
    HOUR_MS,
    cohorts,
    largest,
    of_cohort,
    settle,
    traffic,
)


def test_jobs_run_on_the_hour() -> None:
    group, ground = settle(machines.cron_and_ci)
    group.habits[0].rows["period_ms"] = HOUR_MS
    rows = traffic(group, ground)
    opening = (rows["arrival"] % HOUR_MS) < 10 * 60_000
    assert opening.mean() > 0.9


def test_a_harness_asks_for_reasoning_with_few_templates() -> None:
    group, ground = settle(machines.evaluation_harness, 80)
    rows = traffic(group, ground)
    typical, _ = settle(people.individuals, 40)
    assert rows["elicitation"].mean() > 0.55
    assert np.all(group.habits[0].rows["families"] < 12)
    suites = rows[group.habits[0].rows["questions"][rows["account"]] > 0]
    assert np.unique(suites["prompt_simhash"]).size < 0.9 * len(suites)
    assert typical.habits[0].rows["elicitation"].mean() < -1.5


def test_agents_work_while_people_sleep() -> None:
    group, ground = settle(machines.overnight_agents)
    group.accounts["zone"] = 0
    rows = traffic(group, ground)
    hour = (rows["ts"] // HOUR_MS) % 24
    assert np.isin(hour, [22, 23, 0, 1, 2, 3, 4, 5]).mean() > 0.6
    assert rows["tools"].min() == 30


def test_a_load_test_is_a_metronome_that_runs_once() -> None:
    group, ground = settle(machines.load_test, 5)
    rows = traffic(group, ground)
    for account in range(5):
        ts = np.sort(rows["ts"][rows["account"] == account])
        gaps = np.diff(ts)
        assert ts.size > 500
        assert gaps.std() / gaps.mean() < 0.05
        assert np.ptp(ts) < HOUR_MS


def test_a_benchmark_is_the_same_questions_from_strangers_every_night() -> None:
    group, ground = settle(machines.public_benchmark, 300, days=3.0)
    rows = traffic(group, ground)
    mine = of_cohort(group, rows, largest(group))
    program = np.unique(group.habits[1].rows["program"][cohorts(group)[largest(group)]])
    assert program.size == 1
    runs = mine[mine["template_hash"] == program[0]]
    accounts = np.unique(runs["account"])
    assert accounts.size > 20
    assert np.unique(group.accounts["device"][accounts]).size == accounts.size
    # Questions are few, and asked in the same words by many.
    prompts, first = np.unique(runs["prompt_simhash"], return_inverse=True)
    assert prompts.size <= 2_000
    pairs = np.unique(np.stack([first, runs["account"]]), axis=1)
    assert np.bincount(pairs[0]).max() >= 5
    # Nightly: an account's runs begin at the same time of day.
    account = np.bincount(runs["account"]).argmax()
    begun = np.sort(runs["ts"][runs["account"] == account])
    starts = begun[np.insert(np.diff(begun) > 6 * HOUR_MS, 0, True)]
    assert 2 <= starts.size <= 3
    assert np.ptp(starts % DAY_MS) < 10_000
    assert np.isin(runs["task"], [TASK[name] for name in machines.TESTED]).mean() > 0.9
