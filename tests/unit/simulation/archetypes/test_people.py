import numpy as np

from app.simulation.archetypes import people
from app.simulation.calibration import calibration
from app.simulation.population import START_MS
from app.simulation.rows import NULL
from app.simulation.world import DAY_MS, LANGUAGES, TIER, VERIFICATION, World
from tests.unit.simulation.archetypes.ground import cohorts, settle, traffic


def test_heavy_individuals_reach_a_thousand_times_the_median() -> None:
    ground = World(calibration(), START_MS, START_MS + DAY_MS, np.inf)
    group = people.heavy_individuals(500, ground, np.random.default_rng(1))
    volume = group.habits[0].rows["requests_per_day"]
    median = calibration().assumed["individual_requests_per_day"]
    assert 900 * median < volume.max() <= 1_000.5 * median


def test_translators_do_one_thing_in_every_language() -> None:
    group, ground = settle(people.translators)
    rows = traffic(group, ground)
    assert np.bincount(rows["task"]).max() / len(rows) > 0.6
    assert np.all(group.habits[0].rows["task_share"][:, 0] > 0.9)
    assert np.unique(rows["language"]).size == len(LANGUAGES)


def test_teachers_and_auditors_ask_for_reasoning_with_their_colleagues() -> None:
    group, ground = settle(people.auditors_and_teachers)
    rows = traffic(group, ground)
    assert rows["elicitation"].mean() > 0.6
    assert len(cohorts(group)) > 15
    for members in cohorts(group):
        assert np.unique(group.accounts["email_domain"][members]).size == 1
        assert np.unique(group.accounts["tier"][members]).size == 1
        assert np.unique(group.habits[0].rows["family"][members]).size == 1
    assert {TIER["education"], TIER["team"]} == set(group.accounts["tier"].tolist())


def test_one_person_has_one_device_and_a_vpn_that_is_on_and_off() -> None:
    group, ground = settle(people.several_accounts, 200, days=3.0)
    rows = traffic(group, ground)
    for members in cohorts(group):
        assert np.unique(group.accounts["device"][members]).size == 1
        assert np.unique(group.accounts["access"][members]).size == 1
        assert members.size <= 5
    of_vpn = rows["proxy"] > 0.8
    on = np.bincount(rows["account"], of_vpn, 200) / np.maximum(np.bincount(rows["account"]), 1)
    assert np.count_nonzero((on > 0.2) & (on < 0.8)) > 10
    pairs = [np.unique(group.accounts["payment"][members]) for members in cohorts(group)]
    shared = [cards[cards != NULL].size == 1 for cards in pairs]
    assert np.mean(shared) > 0.3


def test_plans_change_to_ones_that_are_paid_for() -> None:
    group, _ground = settle(people.several_accounts, 200, days=45.0)
    updates = group.updates
    assert 30 < len(updates) < 90
    assert set(updates["profile"]["tier"].tolist()) == {TIER["team"]}
    assert np.all(updates["profile"]["payment"] != NULL)
    assert np.all(updates["profile"]["billing"] != NULL)
    # Somebody who paid before keeps the card.
    before = group.accounts["payment"][updates["account"]]
    paid = before != NULL
    assert np.array_equal(updates["profile"]["payment"][paid], before[paid])


def test_some_individuals_begin_to_pay() -> None:
    group, _ = settle(people.individuals, 5_000, days=45.0)
    changed = group.updates["account"]
    assert 20 < len(changed) < 150
    assert np.all(group.accounts["payment"][changed] == NULL)
    assert set(group.updates["profile"]["verification"].tolist()) == {VERIFICATION["card"]}
    assert len(settle(people.individuals, 5_000, days=1.0)[0].updates) < 20
