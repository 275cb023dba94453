"""What every archetype owes, and what a population of them has."""

import numpy as np
import pytest

from app.simulation.archetypes import ORDINARY, SHARES, Archetype, benign
from app.simulation.population import Population
from app.simulation.rows import ACCOUNT, HABIT, MAX_FLIPS, NULL, UPDATE
from app.simulation.world import COUNTRIES, DAY_MS, LANGUAGES, MODELS, SURFACES
from tests.unit.simulation.archetypes.ground import settle, traffic, world

# Kinds that come in groups, by the scenario's number where it has one.
GROUPED = {
    "popular_tool",  # 1
    "corporate_nat",  # 2
    "enterprise_seats",  # 3
    "class_cohort",  # 4
    "hackathon",
    "startup_cohort",
    "public_benchmark",  # 6
    "reseller",  # 8
    "licensed_distiller",  # 12
    "labelling_vendor",
    "auditors_and_teachers",  # 13
    "several_accounts",  # 14
    "multilingual_product",  # 16
    "viral_prompt",  # 17
    "ad_campaign",  # 20
    "niche_product",
    "laboratory",
    "households",
    "shared_card",
    "hijacked",
}
ALONE = {
    "cron_and_ci",  # 5
    "evaluation_harness",  # 6
    "overnight_agents",  # 9
    "heavy_individuals",  # 15
    "translators",  # 16
    "load_test",  # 18
}


@pytest.mark.parametrize("archetype", SHARES, ids=lambda archetype: archetype.__name__)
@pytest.mark.parametrize(("count", "days"), [(1, 0.1), (130, 1.0), (130, 45.0)])
def test_what_every_archetype_owes(archetype: Archetype, count: int, days: float) -> None:
    group, ground = settle(archetype, count, days)
    assert group.name == archetype.__name__  # type: ignore[attr-defined]
    assert archetype.__doc__
    assert ("Hard negative" in archetype.__doc__) != (group.name in ORDINARY)
    assert not group.fraudulent
    assert group.accounts.dtype == ACCOUNT
    assert len(group.accounts) == count
    assert np.all(group.accounts["created_at"] < ground.end_ms)
    for reference in ("org", "payment", "email_domain", "device", "referral"):
        assert np.all(group.accounts[reference] < ground.counts.get(reference, 0))
        assert np.all(group.accounts[reference] >= NULL)
    assert np.all(group.accounts["billing"] < len(COUNTRIES))
    paying = group.accounts["payment"] != NULL
    assert np.all(paying | (group.accounts["billing"] == NULL))
    for habit in group.habits:
        rows = habit.rows
        assert not habit.attack
        assert rows.dtype == HABIT
        assert set(rows["account"].tolist()) <= set(range(count))
        for thing in ("network", "program", "client"):
            assert np.all((rows[thing] >= 0) & (rows[thing] < ground.counts[thing])), thing
        last = rows["family"] + rows["families"]
        assert np.all(last <= ground.counts.get("family", 0))
        assert np.all(rows["flips"] <= MAX_FLIPS)
        assert np.all(rows["model"] < len(MODELS) - 1)
        assert np.all(rows["language"] < len(LANGUAGES))
        assert np.all(rows["surface"] < len(SURFACES))
        assert np.all((rows["session_size"] >= 1) & (rows["gap_ms"] > 0))
        assert np.all(rows["requests_per_day"] > 0)
        assert np.all(rows["requests_per_day"] <= ground.heaviest_per_day * 1.001)
        assert np.all(rows["active_from"] < rows["active_to"])
        assert np.all(rows["active_from"] >= group.accounts["created_at"][rows["account"]])
        assert np.all(rows["task_share"][:, 0] <= rows["task_share"][:, 1])
        assert all(len(set(tasks)) == 3 for tasks in rows["task"].tolist())
    assert len(traffic(group, ground, ticks=6)) >= 0


@pytest.mark.parametrize("archetype", SHARES, ids=lambda archetype: archetype.__name__)
def test_changed_profiles_stay_those_of_their_accounts(archetype: Archetype) -> None:
    group, ground = settle(archetype, 200, days=45.0)
    updates = group.updates
    assert updates.dtype == UPDATE
    assert np.all((updates["at"] >= ground.start_ms) & (updates["at"] < ground.end_ms))
    before = group.accounts[updates["account"]]
    assert np.all(updates["at"] > before["created_at"])
    assert np.array_equal(updates["profile"]["created_at"], before["created_at"])
    for kept in ("org", "email_domain", "device", "referral", "zone"):
        assert np.array_equal(updates["profile"][kept], before[kept])
    assert np.all(updates["profile"]["payment"] < ground.counts["payment"])


@pytest.mark.parametrize("count", [1, 10, 99, 2_500])
def test_a_population_has_as_many_accounts_as_asked(count: int) -> None:
    groups = benign(count, world(), seed=1)
    assert sum(len(group.accounts) for group in groups) == count
    if count >= 99:
        assert {group.name for group in groups} == {archetype.__name__ for archetype in SHARES}


def test_every_archetype_is_ordinary_or_a_hard_negative_alone_or_in_groups() -> None:
    names = {archetype.__name__ for archetype in SHARES}
    assert names == ORDINARY | GROUPED | ALONE
    assert not (ORDINARY & GROUPED)
    assert not (ORDINARY & ALONE)
    assert not (GROUPED & ALONE)


def test_thirty_thousand_accounts_hold_ten_groups_of_every_kind() -> None:
    for seed in (1, 2):
        for group in benign(30_000, world(45.0), seed):
            if group.name in GROUPED:
                assert group.cohort is not None
                sizes = np.bincount(group.cohort)
                assert sizes.min() >= 1
                assert sizes.size >= (8 if group.name == "popular_tool" else 9), group.name
                # Unlike sizes: what holds for groups of one size may fail for others.
                assert sizes.max() >= 1.7 * np.median(sizes), group.name
            elif group.name in ALONE:
                assert group.cohort is None
                assert len(group.accounts) >= 30


def test_groups_are_numbered_through_the_whole_population() -> None:
    population = Population(3, 3_000, days=0.1)
    labels = population.labels
    kinds: dict[int, set[str]] = {}
    for number, name in zip(labels.group.tolist(), labels.archetype, strict=True):
        kinds.setdefault(number, set()).add(name)
    assert all(len(names) == 1 for names in kinds.values())
    assert set(kinds) == set(range(len(kinds)))
    individuals = np.array(labels.archetype) == "individuals"
    assert np.unique(labels.group[individuals]).size == individuals.sum()


def test_an_account_sends_about_a_dozen_requests_a_day_and_most_send_far_less() -> None:
    ground = world(45.0)
    volumes = []
    for group in benign(30_000, ground, seed=4):
        expected = np.zeros(len(group.accounts))
        for habit in group.habits:
            active = habit.rows["active_to"] - habit.rows["active_from"]
            part = habit.rows["requests_per_day"] * active / DAY_MS / 45.0
            np.add.at(expected, habit.rows["account"], part)
        volumes.append(expected)
    per_day = np.sort(np.concatenate(volumes))
    assert 9.0 < per_day.mean() < 15.0
    assert np.median(per_day) < 4.0
    assert per_day[-300:].sum() > 0.3 * per_day.sum()
