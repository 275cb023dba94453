"""The attacks of the fourth population."""

import numpy as np
import pytest

from tests.evaluation.fourth.attacks import ATTACKS, attack_world
from tests.evaluation.second.calendar import DAY_MS, START_MS, WHOLE
from tests.evaluation.second.pools import Pools
from tests.evaluation.second.world import Floats
from tests.evaluation.third.engine import Days
from tests.evaluation.third.world import World

SEED = 3
NAMES = {
    "agent_host",
    "card_of_the_week",
    "company_shape",
    "few_cards",
    "framework_rare_prompt",
    "honest_filler",
    "launch_rush",
    "long_conversations",
    "long_ramp",
    "other_languages",
    "paid_crowd",
    "preference_harvest",
    "study_app",
    "telephone_farm",
    "twenty_cells",
    "warehouse_accounts",
}


def test_all_attacks_have_a_name() -> None:
    assert set(ATTACKS) == NAMES


@pytest.mark.parametrize("name", ATTACKS)
def test_accounts_send_26_requests_a_day_and_none_before_they_exist(name: str) -> None:
    world = attack_world(name, SEED, Pools(), scale=0.08)
    begin, end = uses(world)
    created = (world.profiles()["created_at"] - START_MS) / DAY_MS
    days, sent = Days(world), 0
    for day in range(WHOLE):
        events = days.events(day)
        account, at = events["account"], (events["ts"] - START_MS) / DAY_MS
        assert (created[account] <= at).all()
        # What a bought account sent for its owner does not count.
        sent += int((at >= begin[account]).sum())
    # Accounts have better and worse days, and there are two dozen of some attacks here.
    assert sent / (end - begin).sum() == pytest.approx(26, rel=0.12)


def uses(world: World) -> tuple[Floats, Floats]:
    """From when until when each account is the attacker's, in days."""
    fields = world.fields()
    attack = fields["attack"]
    account, count = fields["account"][attack], len(world.kinds)
    begin, end = np.full(count, float(WHOLE)), np.zeros(count)
    np.minimum.at(begin, account, fields["start"][attack])
    np.maximum.at(end, account, np.minimum(fields["end"][attack], WHOLE))
    return begin, end
