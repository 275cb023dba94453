import numpy as np
import pytest

from app.simulation.archetypes import shared
from app.simulation.world import LANGUAGES, TASK
from tests.unit.simulation.archetypes.ground import cohorts, largest, of_cohort, settle, traffic


def test_a_company_is_one_address_of_many_people() -> None:
    group, ground = settle(shared.corporate_nat, 300, days=3.0)
    rows = traffic(group, ground)
    pairs = np.unique(rows[["ip_hash", "account"]])
    _, members = np.unique(pairs["ip_hash"], return_counts=True)
    assert members.max() >= 20
    for colleagues in cohorts(group):
        assert np.unique(group.accounts["zone"][colleagues]).size == 1


def test_seats_are_bought_and_created_together() -> None:
    group, ground = settle(shared.enterprise_seats, 600, days=45.0)
    opened = []
    for members in cohorts(group):
        seats = group.accounts[members]
        for shared_by_all in ("payment", "email_domain", "org", "zone"):
            assert np.unique(seats[shared_by_all]).size == 1
        assert np.ptp(seats["created_at"]) <= 60_000
        opened.append(seats["created_at"][0])
    assert np.unique(group.accounts["payment"]).size == len(cohorts(group))
    assert 0 < np.mean(np.array(opened) > ground.start_ms) < 0.8


def test_a_multilingual_product_is_one_program_in_every_language() -> None:
    group, ground = settle(shared.multilingual_product, 300)
    rows = of_cohort(group, traffic(group, ground), largest(group))
    assert np.unique(rows["template_hash"]).size == 1
    assert np.unique(rows["language"]).size > len(LANGUAGES) // 2
    seats = group.accounts[group.cohort == largest(group)]
    for shared_by_all in ("payment", "email_domain", "org"):
        assert np.unique(seats[shared_by_all]).size == 1


def test_a_niche_product_is_used_evenly_by_strangers() -> None:
    group, ground = settle(shared.niche_product, 1_500, days=4.0)
    rows = traffic(group, ground)
    sizes = np.array([members.size for members in cohorts(group)])
    assert sizes[:-1].min() >= 5
    assert sizes.max() <= 300
    volume = group.habits[0].rows["requests_per_day"]
    for members in cohorts(group):
        assert np.log(volume[members]).std() < 0.4
    mine = of_cohort(group, rows, largest(group))
    assert np.unique(mine["template_hash"]).size == 1
    assert np.unique(mine["client_hash"]).size == 1
    devices = np.unique(group.accounts["device"])
    assert devices.size == len(group.accounts)


def test_some_niche_products_do_what_a_distiller_asks_for() -> None:
    group, _ground = settle(shared.niche_product, 3_000)
    task = group.habits[0].rows["task"][:, 0]
    wanted = [TASK[name] for name in ("software_engineering", "mathematics", "agentic_reasoning")]
    first = np.array([task[members[0]] for members in cohorts(group)])
    assert np.isin(first, wanted).mean() == pytest.approx(0.3, abs=0.2)
    score = group.habits[0].rows["elicitation"]
    assert score[np.isin(task, wanted)].mean() > score[~np.isin(task, wanted)].mean() + 1.0
