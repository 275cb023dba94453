import numpy as np

from app.simulation.archetypes import builders, shared
from app.simulation.rows import NULL
from app.simulation.world import TIER, TOOLS
from tests.unit.simulation.archetypes.ground import cohorts, largest, of_cohort, settle, traffic


def test_a_popular_tool_is_one_template_of_many_strangers() -> None:
    group, ground = settle(builders.popular_tool, 1_500)
    rows = traffic(group, ground)
    mine = of_cohort(group, rows, largest(group))
    assert np.unique(mine["template_hash"]).size == 1
    assert np.unique(mine["client_hash"]).size == 1
    assert np.unique(mine["account"]).size > 40
    assert np.unique(mine["net_hash"]).size > 40
    assert np.unique(rows["template_hash"]).size > 1
    assert np.unique(group.accounts["device"]).size == 1_500
    paid = group.accounts["payment"][group.accounts["payment"] != NULL]
    assert np.unique(paid).size == paid.size


def test_tools_have_users_of_every_kind_beside_their_own() -> None:
    for archetype in (builders.developers, shared.corporate_nat, shared.enterprise_seats):
        group, ground = settle(archetype, 400)
        usual, with_tool = (habit.rows for habit in group.habits)
        assert len(usual) == 400
        assert 15 < len(with_tool) < 100
        assert np.all(
            with_tool["program"] - ground.tools == with_tool["client"] - ground.tool_clients
        )
        assert np.all(
            (ground.tools <= with_tool["program"]) & (with_tool["program"] < ground.tools + TOOLS)
        )
        assert not np.isin(usual["program"], with_tool["program"]).any()


def test_a_reseller_is_one_customer_with_diverse_traffic() -> None:
    group, ground = settle(builders.reseller)
    assert set(group.accounts["tier"].tolist()) == {TIER["reseller"]}
    for members in cohorts(group):
        assert np.unique(group.accounts["payment"][members]).size == 1
    assert np.unique(group.accounts["payment"]).size == len(cohorts(group))
    rows = of_cohort(group, traffic(group, ground), largest(group))
    assert np.bincount(rows["task"]).max() / len(rows) < 0.5
    assert np.unique(rows["language"]).size > 8
    assert np.median(rows["proxy"]) > 0.7
