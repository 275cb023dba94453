"""The attacks of the third population."""

import numpy as np
import pytest

from tests.evaluation.second.calendar import DAY_MS, START_MS, WHOLE
from tests.evaluation.second.pools import Pools
from tests.evaluation.second.world import Floats
from tests.evaluation.third.attacks import ATTACKS, attack_world
from tests.evaluation.third.engine import Days
from tests.evaluation.third.world import World

SEED = 3
NAMES = {
    "best_of_eight",
    "bought_with_cover",
    "cloud_functions",
    "console_crawl",
    "fake_course",
    "mobile_diurnal",
    "one_day",
    "plain_capabilities",
    "popular_agent_like_everybody",
    "popular_agent_maths",
    "prepaid_weekly",
    "proxy_service",
    "published",
    "ramping",
    "reasoning_farm",
    "rolling_burners",
    "several_pathways",
    "shell_startups",
    "taking_turns",
    "template_each",
    "trajectories_pivot",
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
