import numpy as np
import pytest

from app.simulation.archetypes import SHARES, benign, builders, machines, people, shared
from app.simulation.calibration import calibration
from app.simulation.crowd import Crowd, Group
from app.simulation.population import START_MS
from app.simulation.rows import ACCOUNT, HABIT, MAX_FLIPS, NULL, Rows
from app.simulation.world import COUNTRIES, DAY_MS, LANGUAGES, MODELS, SURFACES, TIER, World

HOUR_MS = 3_600_000


class Calm(World):
    """A world whose platform never fails."""

    outages = np.empty((0, 2), np.int64)  # type: ignore[assignment]


def world(days: float = 1.0) -> World:
    return Calm(calibration(), START_MS, START_MS + int(days * DAY_MS), 5_000.0)


def settle(archetype: object, count: int = 200) -> tuple[Group, World]:
    ground = world()
    return archetype(count, ground, np.random.default_rng(3)), ground  # type: ignore[operator]


def traffic(group: Group, ground: World, ticks: int = 144) -> Rows:
    crowd = Crowd(group.name, [group], ground, seed=1)
    rows = np.concatenate([crowd.tick(index) for index in range(ticks)])
    return rows[rows["ts"] < ground.end_ms]


@pytest.mark.parametrize("archetype", SHARES, ids=lambda archetype: archetype.__name__)
@pytest.mark.parametrize("count", [1, 130])
def test_what_every_archetype_owes(archetype: object, count: int) -> None:
    group, ground = settle(archetype, count)
    assert group.name == archetype.__name__  # type: ignore[attr-defined]
    assert archetype.__doc__
    assert not group.fraudulent
    assert group.accounts.dtype == ACCOUNT
    assert len(group.accounts) == count
    assert np.all(group.accounts["created_at"] < ground.end_ms)
    for reference in ("org", "payment", "email_domain", "device", "referral"):
        assert np.all(group.accounts[reference] < ground.counts.get(reference, 0))
        assert np.all(group.accounts[reference] >= NULL)
    assert np.all(group.accounts["billing"] < len(COUNTRIES))
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
        assert np.all(rows["model"] < len(MODELS))
        assert np.all(rows["language"] < len(LANGUAGES))
        assert np.all(rows["surface"] < len(SURFACES))
        assert np.all((rows["session_size"] >= 1) & (rows["gap_ms"] > 0))
        assert np.all(rows["requests_per_day"] > 0)
        assert np.all(rows["task_share"][:, 0] <= rows["task_share"][:, 1])
        assert all(len(set(tasks)) == 3 for tasks in rows["task"].tolist())
    assert len(traffic(group, ground, ticks=6)) >= 0


@pytest.mark.parametrize("count", [1, 10, 99, 2_500])
def test_a_population_has_as_many_accounts_as_asked(count: int) -> None:
    groups = benign(count, world(), seed=1)
    assert sum(len(group.accounts) for group in groups) == count
    if count >= 99:
        assert {group.name for group in groups} == {archetype.__name__ for archetype in SHARES}


def test_the_popular_tool_is_one_template_of_many_strangers() -> None:
    group, ground = settle(builders.popular_tool)
    rows = traffic(group, ground)
    assert np.unique(rows["template_hash"]).size == 1
    assert np.unique(rows["client_hash"]).size == 1
    assert np.unique(group.accounts["device"]).size == 200
    paid = group.accounts["payment"][group.accounts["payment"] != NULL]
    assert np.unique(paid).size == paid.size


def test_a_company_is_one_address_of_many_people() -> None:
    group, ground = settle(shared.corporate_nat)
    rows = traffic(group, ground)
    _, accounts = np.unique(rows[["ip_hash", "account"]], return_counts=True)
    addresses, members = np.unique(
        np.unique(rows[["ip_hash", "account"]])["ip_hash"], return_counts=True
    )
    assert accounts.size > addresses.size
    assert members.max() >= 20


def test_seats_are_bought_and_created_together() -> None:
    group, _ = settle(shared.enterprise_seats)
    for payment in np.unique(group.accounts["payment"]):
        seats = group.accounts[group.accounts["payment"] == payment]
        assert np.unique(seats["email_domain"]).size == 1
        assert np.unique(seats["org"]).size == 1
        assert np.ptp(seats["created_at"]) <= 60_000
        assert np.unique(seats["zone"]).size == 1


def test_a_class_signs_up_in_an_hour_and_works_before_the_deadline() -> None:
    group, ground = settle(shared.class_cohort, 60)
    accounts = group.accounts
    for domain in np.unique(accounts["email_domain"]):
        assert np.ptp(accounts["created_at"][accounts["email_domain"] == domain]) < HOUR_MS
    due = group.habits[0].rows["active_to"]
    rows = traffic(group, ground)
    left = due[rows["account"]] - rows["ts"]
    assert np.median(left) < 0.35 * (due.mean() - START_MS)
    _, copies = np.unique(rows["prompt_simhash"], return_counts=True)
    assert copies.max() > 5


def test_jobs_run_on_the_hour() -> None:
    group, ground = settle(machines.cron_and_ci)
    group.habits[0].rows["period_ms"] = HOUR_MS
    rows = traffic(group, ground)
    opening = (rows["arrival"] % HOUR_MS) < 10 * 60_000
    assert opening.mean() > 0.9


def test_a_harness_asks_for_reasoning_with_few_templates() -> None:
    group, ground = settle(machines.evaluation_harness, 40)
    rows = traffic(group, ground)
    typical, _ = settle(people.individuals, 40)
    assert rows["elicitation"].mean() > 0.55
    assert np.all(group.habits[0].rows["families"] < 12)
    suites = rows[group.habits[0].rows["questions"][rows["account"]] > 0]
    assert np.unique(suites["prompt_simhash"]).size < 0.8 * len(suites)
    assert typical.habits[0].rows["elicitation"].mean() < -1.5


def test_agents_work_while_people_sleep() -> None:
    group, ground = settle(machines.overnight_agents)
    group.accounts["zone"] = 0
    rows = traffic(group, ground)
    hour = (rows["ts"] // HOUR_MS) % 24
    assert np.isin(hour, [22, 23, 0, 1, 2, 3, 4, 5]).mean() > 0.6
    assert rows["tools"].min() == 30


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


def test_a_reseller_is_one_customer_with_diverse_traffic() -> None:
    group, ground = settle(builders.reseller)
    assert np.unique(group.accounts["payment"]).size == 1
    assert set(group.accounts["tier"].tolist()) == {TIER["reseller"]}
    rows = traffic(group, ground)
    assert np.bincount(rows["task"]).max() / len(rows) < 0.5
    assert np.median(rows["proxy"]) > 0.7


def test_a_load_test_is_a_metronome_that_runs_once() -> None:
    group, ground = settle(machines.load_test, 5)
    rows = traffic(group, ground)
    for account in range(5):
        ts = np.sort(rows["ts"][(rows["account"] == account) & ~rows["repeat"]])
        gaps = np.diff(ts)
        assert ts.size > 500
        assert gaps.std() / gaps.mean() < 0.05
        assert np.ptp(ts) < HOUR_MS


def test_a_viral_prompt_is_one_evening_of_strangers() -> None:
    group, ground = settle(shared.viral_prompt)
    rows = traffic(group, ground)
    viral = rows[rows["template_hash"] != ground.console_program]
    assert np.unique(viral["template_hash"]).size == 1
    assert np.unique(viral["account"]).size > 100
    assert np.ptp(viral["ts"]) < 9 * HOUR_MS
    assert np.unique(viral["net_hash"]).size > 30
    _, copies = np.unique(viral["prompt_simhash"], return_counts=True)
    assert copies.max() > len(viral) / 2
