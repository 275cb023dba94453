from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from app.replay.figures import (
    NEVER,
    Outcome,
    clopper_pearson,
    cluster_bootstrap,
    figures,
    tally_clusters,
)

DAY = 86_400_000


def outcome(**given: Any) -> Outcome:
    """Two fraudulent accounts, one of them suspended after a day; two people; a class of four."""
    values: dict[str, Any] = {
        "fraudulent": np.array([1, 1, 0, 0, 0, 0, 0, 0], np.bool_),
        "archetype": ["seed"] * 2 + ["people"] * 2 + ["class"] * 4,
        "group": np.array([0, 0, 1, 2, 3, 3, 4, 4]),
        "acted": np.array([DAY, NEVER, NEVER, NEVER, 2 * DAY, NEVER, NEVER, NEVER]),
        "suspended": np.array([DAY, NEVER, NEVER, NEVER, 3 * DAY, NEVER, NEVER, NEVER]),
        "throttled": np.array([1, 0, 0, 0, 1, 0, 0, 0], np.bool_),
        "by_campaign": np.array([1, 0, 0, 0, 0, 0, 0, 0], np.bool_),
        "attempted": np.array([100, 100, 0, 0, 0, 0, 0, 0]),
        "refused": np.array([75, 0, 0, 0, 0, 0, 0, 0]),
        "before": np.array([25, 100, 0, 0, 0, 0, 0, 0]),
        "replacement": np.array([0, 1, 0, 0, 0, 0, 0, 0], np.bool_),
        "begun": 0,
    }
    return Outcome(**(values | given))


def test_the_figures_of_a_small_world() -> None:
    found = figures(outcome())
    assert found["recall_accounts"] == 0.5
    assert found["prevented"] == 0.375
    assert found["precision_suspend"] == 0.5
    assert found["time_to_first_action_s"] == 86_400.0
    assert found["time_to_half_accounts_s"] == 86_400.0
    assert found["interactions_before_suspension_p50"] == 25.0
    assert found["attacker_cost"] == pytest.approx(1000 / 125)
    assert found["fpr_suspend"] == pytest.approx(1 / 6)
    assert found["fpr_throttle_accounts"] == 1
    assert found["suspended_per_hard_negative"] == {"class": 1, "people": 0}
    assert found["groups"] == {"class": {"groups": 2, "touched": 1, "suspended": 0}}
    assert found["recall_by_campaign"] == 0.5
    assert found["accounts_per_archetype"] == {"class": 4, "people": 2}


def test_a_group_is_lost_with_half_of_its_members() -> None:
    found = figures(outcome(suspended=np.array([NEVER] * 4 + [5, 5, 5, NEVER])))
    assert found["groups"] == {"class": {"groups": 2, "touched": 2, "suspended": 1}}
    assert (found["groups_total"], found["groups_suspended"]) == (2, 1)
    assert found["groups_suspended_interval"] == clopper_pearson(1, 2)


def test_a_replacement_that_lives_on_counts_with_all_that_it_took() -> None:
    found = figures(outcome())
    assert found["replacements"] == 1
    assert found["replacements_suspended"] == 0
    assert found["replacement_interactions_p50"] == 100.0


def test_half_of_a_campaign_is_half_of_what_it_began_with() -> None:
    acted = np.array([DAY, 3 * DAY, *[NEVER] * 6])
    assert figures(outcome(acted=acted))["time_to_half_accounts_s"] == 86_400.0
    nobody_new = np.zeros(8, np.bool_)
    later = figures(outcome(acted=acted[::-1], fraudulent=acted[::-1] > 0, replacement=nobody_new))
    assert later["time_to_first_action_s"] == 86_400.0
    assert later["time_to_half_accounts_s"] is None


def test_what_never_came_is_none() -> None:
    never = np.full(8, NEVER)
    found = figures(outcome(acted=never, suspended=never, throttled=np.zeros(8, np.bool_)))
    assert found["time_to_first_action_s"] is None
    assert found["interactions_before_suspension_p90"] is None
    assert found["precision_suspend"] is None
    assert found["recall_accounts"] == 0.0


def test_zero_of_a_thousand_is_not_zero() -> None:
    low, high = clopper_pearson(0, 1_000)
    assert low == 0.0
    assert high == pytest.approx(1 - 0.025 ** (1 / 1_000))
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert clopper_pearson(7, 7)[1] == 1.0
    with pytest.raises(ValueError, match="3 hits in 2"):
        clopper_pearson(3, 2)


@pytest.mark.parametrize(("hits", "of"), [(1, 10), (5, 10), (3, 1_000), (299, 300)])
def test_the_interval_is_the_one_of_the_textbook(hits: int, of: int) -> None:
    found = clopper_pearson(hits, of)
    known = binomtest(hits, of).proportion_ci(0.95, method="exact")
    assert found == pytest.approx((known.low, known.high))


def test_members_of_one_group_are_no_independent_witnesses() -> None:
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(100), 50)
    together = np.repeat(rng.random(100) < 0.1, 50)
    alone = rng.permutation(together)
    low, high = cluster_bootstrap(tally_clusters(together, clusters))
    assert low < together.mean() < high
    low_alone, high_alone = cluster_bootstrap(tally_clusters(alone, clusters))
    assert high - low > 3 * (high_alone - low_alone)


def test_tallies_of_two_worlds_are_a_tally_of_both() -> None:
    hits = np.array([1, 1, 0, 0, 0], np.bool_)
    tally = tally_clusters(hits, np.array([7, 7, 7, 8, 9]))
    assert tally.tolist() == [[1, 0, 2], [3, 2, 1]]
    assert cluster_bootstrap(np.concatenate([tally, tally])) == cluster_bootstrap(
        np.array([[1, 0, 4], [3, 2, 2]])
    )
    assert cluster_bootstrap(np.empty((0, 3), np.int64)) == (0.0, 1.0)
