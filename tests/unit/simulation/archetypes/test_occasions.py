import numpy as np

from app.simulation.archetypes import occasions
from app.simulation.rows import NULL
from app.simulation.world import DAY_MS
from tests.unit.simulation.archetypes.ground import (
    HOUR_MS,
    cohorts,
    largest,
    of_cohort,
    settle,
    traffic,
)


def test_a_class_signs_up_in_an_hour_and_works_before_the_deadline() -> None:
    group, ground = settle(occasions.class_cohort, 400)
    for members in cohorts(group):
        pupils = group.accounts[members]
        assert np.ptp(pupils["created_at"]) < HOUR_MS
        assert np.unique(pupils["email_domain"]).size == 1
    habit = group.habits[0].rows
    rows = traffic(group, ground)
    left = (habit["active_to"][rows["account"]] - rows["ts"]) / HOUR_MS
    assert np.median(left) < 6.0
    _, copies = np.unique(rows["prompt_simhash"], return_counts=True)
    assert copies.max() > 5


def test_a_hackathon_is_new_accounts_for_a_weekend_on_one_network() -> None:
    group, ground = settle(occasions.hackathon, 200, days=6.0)
    rows = traffic(group, ground)
    number = largest(group)
    mine = of_cohort(group, rows, number)
    members = group.accounts[group.cohort == number]
    assert np.unique(members["referral"]).size == 1
    assert np.ptp(members["created_at"]) < DAY_MS
    assert members["created_at"].min() > ground.start_ms
    assert np.ptp(mine["ts"]) < 2.2 * DAY_MS
    venue = np.unique(group.habits[0].rows["network"][group.cohort == number, 0])
    assert venue.size == 1
    assert np.mean(mine["net_hash"] == venue[0]) > 0.8
    _, copies = np.unique(mine["template_hash"], return_counts=True)
    assert 0.4 < copies.max() / len(mine) < 0.8


def test_an_intake_signs_up_in_a_day_and_works_towards_its_own() -> None:
    group, _ = settle(occasions.startup_cohort, 200, days=45.0)
    for members in cohorts(group):
        firms = group.accounts[members]
        assert np.ptp(firms["created_at"]) <= 8 * HOUR_MS
        assert np.unique(firms["referral"]).size == 1
        assert np.unique(firms["org"]).size == members.size
    # The boilerplate's template is the intake's, another is each one's own.
    programs = group.habits[0].rows["program"]
    assert np.unique(programs[:, 1]).size == len(cohorts(group))
    assert np.unique(programs[:, 0]).size == 200


def test_an_advertisement_brings_a_burst_from_one_country() -> None:
    group, ground = settle(occasions.ad_campaign, 600, days=45.0)
    assert len(cohorts(group)) >= 7
    for members in cohorts(group):
        joined = group.accounts[members]
        assert np.unique(joined["referral"]).size == 1
        assert np.unique(joined["access"]).size == 1
        assert joined["created_at"].min() >= ground.start_ms
        if members.size > 10:
            spread = np.quantile(joined["created_at"], 0.75) - joined["created_at"].min()
            assert spread < 6 * DAY_MS
    paid = group.accounts["billing"] != NULL
    assert np.array_equal(group.accounts["billing"][paid], group.accounts["access"][paid])


def test_a_viral_prompt_is_one_evening_of_strangers() -> None:
    group, ground = settle(occasions.viral_prompt, 600)
    rows = traffic(group, ground)
    viral = rows[rows["template_hash"] != ground.console_program]
    begun = []
    for number, members in enumerate(cohorts(group)):
        mine = of_cohort(group, viral, number)
        assert np.unique(mine["template_hash"]).size == 1
        assert np.ptp(mine["ts"]) < 9 * HOUR_MS
        begun.append(mine["ts"].min())
        if members.size > 20:
            assert np.unique(mine["account"]).size > 10
            _, copies = np.unique(mine["prompt_simhash"], return_counts=True)
            assert copies.max() > len(mine) / 2
    assert np.unique(viral["template_hash"]).size == len(cohorts(group)) > 5
    assert np.ptp(begun) > 6 * HOUR_MS
