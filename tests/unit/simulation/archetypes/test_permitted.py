import numpy as np
import pytest

from app.simulation.archetypes import Archetype, permitted
from app.simulation.rows import NULL
from app.simulation.world import VERIFICATION
from tests.unit.simulation.archetypes.ground import cohorts, settle, traffic

BOTH = [permitted.licensed_distiller, permitted.labelling_vendor]


@pytest.mark.parametrize("archetype", BOTH)
def test_a_firm_asks_for_reasoning_under_its_own_name(archetype: Archetype) -> None:
    group, ground = settle(archetype)
    rows = traffic(group, ground)
    assert rows["elicitation"].mean() > 0.7
    assert len(cohorts(group)) > 8
    for members in cohorts(group):
        seats = group.accounts[members]
        for shared in ("payment", "email_domain", "org"):
            assert np.unique(seats[shared]).size == 1
            assert seats[shared][0] != NULL


def test_a_licence_exempts_and_papers_alone_do_not() -> None:
    licensed, ground = settle(permitted.licensed_distiller)
    assert np.all(licensed.accounts["exempt_until"] > ground.end_ms)
    assert set(licensed.accounts["verification"].tolist()) == {VERIFICATION["contract"]}
    vendor, _ = settle(permitted.labelling_vendor)
    assert not vendor.accounts["exempt_until"].any()
    assert set(vendor.accounts["verification"].tolist()) == {VERIFICATION["document"]}


def test_a_licensed_distiller_spreads_its_load_evenly() -> None:
    group, _ = settle(permitted.licensed_distiller)
    volume = group.habits[0].rows["requests_per_day"]
    assert all(np.unique(volume[members]).size == 1 for members in cohorts(group))
