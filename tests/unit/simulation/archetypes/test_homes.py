import numpy as np

from app.simulation.archetypes import homes
from app.simulation.rows import NULL
from tests.unit.simulation.archetypes.ground import cohorts, settle, traffic


def test_a_household_is_one_address_of_a_few_people() -> None:
    group, ground = settle(homes.households, 300, days=7.0)
    rows = traffic(group, ground)
    home = group.habits[0].rows["network"][:, 0]
    assert len(cohorts(group)) > 60
    for members in cohorts(group):
        assert 1 <= members.size <= 9
        assert np.unique(home[members]).size == 1
    at_home = rows[rows["net_hash"] == home[rows["account"]]]
    assert len(at_home) > 0.5 * len(rows)
    # One address: the home's network has a single host.
    for network in np.unique(at_home["net_hash"])[:20]:
        assert np.unique(at_home["ip_hash"][at_home["net_hash"] == network]).size == 1


def test_a_shared_card_pays_for_all_and_no_organisation_says_so() -> None:
    group, _ = settle(homes.shared_card)
    assert np.all(group.accounts["org"] == NULL)
    cards = [np.unique(group.accounts["payment"][members]) for members in cohorts(group)]
    assert all(card.size == 1 and card[0] != NULL for card in cards)
    assert np.unique(np.concatenate(cards)).size == len(cards) > 20
    assert np.unique(group.accounts["device"]).size == 200
    # Families with one home, teams with homes of their own.
    home = group.habits[0].rows["network"][:, 0]
    together = [np.unique(home[members]).size == 1 for members in cohorts(group)]
    assert 0.3 < np.mean(together) < 0.95


def test_a_hijacked_account_is_used_abroad_for_days_and_given_back() -> None:
    group, ground = settle(homes.hijacked, 80, days=10.0)
    usual, theft = (habit.rows for habit in group.habits)
    rows = traffic(group, ground)
    stolen = np.isin(rows["client_hash"], theft["client"])
    begin, end = theft["active_from"][rows["account"]], theft["active_to"][rows["account"]]
    assert stolen.sum() > 500
    # A session that has begun may outlast the theft.
    assert np.all(rows["ts"][stolen] >= begin[stolen])
    assert np.all(rows["ts"][stolen] < end[stolen] + 3_600_000)
    assert np.any((rows["ts"] > end) & ~stolen)
    assert np.any((rows["ts"] < begin) & ~stolen)
    assert rows["proxy"][stolen].mean() > 0.6
    for members in cohorts(group):
        assert np.unique(theft["client"][members]).size == 1
        assert np.unique(usual["network"][members, 0]).size >= members.size // 3
    there, back = group.updates[:80], group.updates[80:]
    assert np.all(there["at"] < back["at"])
    assert np.mean(there["profile"]["access"] != group.accounts["access"]) > 0.8
    assert np.array_equal(back["profile"], group.accounts)
