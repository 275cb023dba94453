import numpy as np
import pytest

from app.simulation.campaigns import LADDER, Campaign, Naive, Seed
from app.simulation.population import Population
from app.simulation.rows import Rows
from app.simulation.world import DAY_MS, TASK

HOUR_MS = 3_600_000
EXTRACTED = [
    TASK["agentic_reasoning"],
    TASK["software_engineering"],
    TASK["long_horizon_planning"],
]


def run(campaign: Campaign, days: float = 1.0) -> tuple[Population, Rows, np.ndarray]:
    population = Population(3, 300, campaign, days=days, heaviest_per_day=1_000.0)
    parts = list(population.labelled_batches(6 * HOUR_MS))
    rows = np.concatenate([batch.rows for batch, _ in parts])
    attack = np.concatenate([attack for _, attack in parts])
    return population, rows, attack


@pytest.mark.parametrize("name", LADDER)
def test_a_campaign_wants_reasoning_about_few_tasks(name: str) -> None:
    assert LADDER[name].__doc__
    _, rows, attack = run(LADDER[name](accounts=100, requests_per_day=100.0), days=0.5)
    mine, theirs = rows[attack], rows[~attack]
    assert np.isin(mine["task"], EXTRACTED).mean() > 0.93
    assert mine["elicitation"].mean() > theirs["elicitation"].mean() + 0.3


def test_naive_hides_nothing() -> None:
    population, rows, attack = run(Naive(accounts=150, requests_per_day=200.0))
    fraudulent = population.labels.fraudulent
    assert fraudulent.sum() == 150
    mine = rows[attack]
    assert np.unique(mine["net_hash"]).size == 1
    assert np.unique(mine["template_hash"]).size == 1
    assert np.unique(population.accounts["payment"][fraudulent]).size == 1
    per_hour = np.bincount((mine["ts"] - population.start_ms).clip(0) // HOUR_MS, minlength=24)
    # One hour takes what an outage has put off.
    assert np.sort(per_hour)[-2] / per_hour.min() < 1.4
    per_account = np.bincount(mine["account"], minlength=fraudulent.size)[fraudulent]
    assert per_account.mean() == pytest.approx(200.0, rel=0.05)


def test_seed_is_quiet_even_and_spread_over_cards_and_proxies() -> None:
    population, rows, attack = run(Seed(accounts=500), days=5.0)
    fraudulent = population.labels.fraudulent
    mine = rows[attack]
    per_account = np.bincount(mine["account"], minlength=fraudulent.size)[fraudulent]
    assert per_account.mean() == pytest.approx(5 * 25.6, rel=0.05)
    # Balanced: hardly more spread than chance, where honest volumes spread over orders.
    assert per_account.std() / per_account.mean() < 0.6
    _, sharing = np.unique(population.accounts["payment"][fraudulent], return_counts=True)
    # The first are those on trial credit, and the last bundle may be cut short.
    assert 2 <= np.median(sharing[1:]) <= 8
    assert sharing[1:].max() <= 9
    assert np.count_nonzero(sharing[1:] < 2) <= 1
    assert np.unique(mine["net_hash"]).size > 20
    assert np.unique(mine["template_hash"]).size < 500


@pytest.mark.parametrize("share", [0.5, 0.25, 0.1, 0.05])
def test_the_attack_is_the_share_of_the_accounts_own_traffic(share: float) -> None:
    population, rows, attack = run(Naive(accounts=300, requests_per_day=200.0, attack_share=share))
    fraudulent = population.labels.fraudulent
    theirs = fraudulent[rows["account"]]
    total = np.count_nonzero(theirs) / 300
    assert total == pytest.approx(200.0, rel=0.2)
    assert np.count_nonzero(attack) / np.count_nonzero(theirs) == pytest.approx(share, rel=0.2)
    # Cover comes from the same places as the attack.
    assert set(rows["net_hash"][theirs].tolist()) == set(rows["net_hash"][attack].tolist())


def test_a_campaign_begins_when_told() -> None:
    campaign = Naive(accounts=50, requests_per_day=200.0, start_after_ms=DAY_MS // 2)
    population, rows, attack = run(campaign)
    assert rows["ts"][attack].min() >= population.start_ms + DAY_MS // 2 - 180_000


@pytest.mark.parametrize(
    "changes",
    [
        {"accounts": 0},
        {"attack_share": 0.0},
        {"attack_share": 1.1},
        {"requests_per_day": 0.0},
        {"start_after_ms": -1},
        {"length_ms": 0},
        {"share_mode": "fixed"},
    ],
)
def test_impossible_campaigns_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must|needs|not below|not a valid"):
        Naive(**changes)  # type: ignore[arg-type]
