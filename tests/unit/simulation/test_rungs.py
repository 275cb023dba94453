"""Each rung does what its name says, and nothing less."""

from typing import Any

import numpy as np
import pytest

from app.simulation.campaigns import LADDER, ShareMode
from app.simulation.campaigns.traits import Traits
from app.simulation.names import Names, mix
from app.simulation.population import Population
from app.simulation.rows import NULL, Rows
from app.simulation.world import DAY_MS, LAUNCHED

HOUR_MS = 3_600_000


class Run:
    """One rung among a few honest accounts: what its accounts are and what they sent."""

    def __init__(self, rung: str, days: float, seed: int = 3, **campaign: Any) -> None:
        self.population = Population(
            seed, 50, LADDER[rung](**campaign), days=days, heaviest_per_day=200.0
        )
        parts = list(self.population.labelled_batches(6 * HOUR_MS))
        rows = np.concatenate([batch.rows for batch, _ in parts])
        attack = np.concatenate([attack for _, attack in parts])
        self.labels = self.population.labels
        theirs = self.labels.fraudulent[rows["account"]]
        self.attack: Rows = rows[attack]
        self.cover: Rows = rows[theirs & ~attack]
        self.accounts: Rows = self.population.accounts[self.labels.fraudulent]
        self.day = (self.attack["ts"] - self.population.start_ms) // DAY_MS


def to_nearest_family(rows: Rows, seed: int = 3) -> np.ndarray:
    """How many bits each prompt is from the family that it is nearest to, of all in the world."""
    centres = Names(seed).prompts(mix(mix(np.arange(12_000)) ^ np.uint64(seed)))
    prompts = rows["prompt_simhash"][:: max(1, len(rows) // 300)]
    return np.bitwise_count(prompts[:, None] ^ centres).min(axis=1)


def test_paraphrases_are_up_to_20_bits_apart_and_templates_change_weekly() -> None:
    run = Run("paraphrase", 8.0, accounts=60)
    # Two that are up to 10 bits from the same family's own are up to 20 from each other.
    distance = to_nearest_family(run.attack)
    assert distance.max() == 10
    assert np.median(distance) >= 6
    assert to_nearest_family(Run("seed", 1.0, accounts=30).attack).max() <= 5
    before = set(run.attack["template_hash"][run.day < 7].tolist())
    # A clock that is off may put a request across the edge of the week.
    after = run.attack["template_hash"][run.attack["ts"] > run.population.start_ms + 7.1 * DAY_MS]
    assert not before & set(after.tolist())
    assert after.size > 100


def test_unlinked_accounts_share_nothing_and_move_house_daily() -> None:
    run = Run("unlinked", 3.0, accounts=100)
    for kind in ("payment", "email_domain", "device"):
        assert np.unique(run.accounts[kind]).size == 100
        assert np.all(run.accounts[kind] != NULL)
    for account in np.unique(run.attack["account"])[:20]:
        mine = run.attack[run.attack["account"] == account]
        # A session runs on past midnight, and a clock may be off.
        day = (mine["ts"] - run.population.start_ms) // DAY_MS
        inside = (mine["ts"] - run.population.start_ms) % DAY_MS > HOUR_MS
        nets = {int(d): set(mine["net_hash"][inside & (day == d)].tolist()) for d in np.unique(day)}
        assert all(len(places) <= 1 for places in nets.values())
        assert len(set.union(*nets.values())) > 1
    assert run.attack["proxy"].mean() < 0.4


def test_diurnal_accounts_have_nights_and_idle_days() -> None:
    def concentration(rung: str) -> float:
        run = Run(rung, 3.0, accounts=40)
        angle = np.exp(2j * np.pi * run.attack["ts"] / DAY_MS)
        account = run.attack["account"]
        return float(np.median([abs(angle[account == one].mean()) for one in np.unique(account)]))

    assert concentration("diurnal") > 2 * concentration("seed")
    run = Run("diurnal", 6.0, accounts=40)
    daily = np.bincount(run.attack["account"] * 6 + run.day.clip(0, 5))
    daily = daily[np.repeat(run.labels.fraudulent, 6)[: daily.size].nonzero()]
    assert np.mean(daily == 0) > 0.05


def test_slow_is_slow_and_large() -> None:
    assert LADDER["slow"].at_scale(1.0).accounts == 200_000
    run = Run("slow", 5.0, accounts=300)
    assert len(run.attack) / 300 / 5 == pytest.approx(3.0, rel=0.1)


def test_half_of_a_pivots_traffic_moves_within_a_day_of_the_launch() -> None:
    run = Run("pivot", 5.0, accounts=100)
    launch = run.population.start_ms + 3 * DAY_MS
    new = run.attack["model"] == LAUNCHED
    assert not new[run.attack["ts"] < launch].any()
    assert new[run.attack["ts"] > launch + DAY_MS + HOUR_MS].mean() == pytest.approx(0.5, abs=0.06)
    still = Run("seed", 5.0, accounts=20)
    assert not np.any(still.attack["model"] == LAUNCHED)


def test_sleepers_sleep() -> None:
    run = Run("sleeper", 6.0, accounts=60)
    wakes = run.population.start_ms + 4 * DAY_MS
    assert run.attack["ts"].min() > wakes - 180_000
    assert np.unique(run.attack["account"]).size == 60
    # Until then they are somebody: different people, not one.
    assert len(run.cover) > 500
    volumes = np.bincount(run.cover["account"])
    volumes = volumes[volumes > 0]
    assert np.log(volumes).std() > 0.7
    assert np.unique(run.cover["template_hash"]).size > 5


def test_combined_is_all_of_it() -> None:
    run = Run("combined", 2.0, accounts=60)
    assert np.unique(run.accounts["payment"]).size == 60
    assert np.median(to_nearest_family(run.attack)) >= 6
    campaign = run.population.campaign
    assert campaign is not None
    assert campaign.replacements == 180


@pytest.mark.parametrize("rung", ["seed", "combined"])
def test_fixed_extraction_keeps_the_attack_and_adds_cover(rung: str) -> None:
    run = Run(rung, 7.0, accounts=60, attack_share=0.25, share_mode=ShareMode.FIXED_EXTRACTION)
    assert len(run.attack) / 60 / 7 == pytest.approx(25.6, rel=0.15)
    assert len(run.cover) / len(run.attack) == pytest.approx(3.0, rel=0.4)


def test_cover_is_of_many_kinds_of_people() -> None:
    run = Run("seed", 3.0, accounts=100, attack_share=0.25)
    assert len(np.unique(run.cover["task"])) > 10
    assert len(np.unique(run.cover["template_hash"])) > 20
    per_account = [
        run.cover["turn"][run.cover["account"] == one].mean()
        for one in np.unique(run.cover["account"])
    ]
    assert np.std(per_account) > 0.5


def test_a_campaign_ends_when_told() -> None:
    run = Run("seed", 3.0, accounts=50, start_after_ms=DAY_MS, length_ms=DAY_MS)
    assert run.attack["ts"].min() > run.population.start_ms + DAY_MS - 180_000
    # A session may run on.
    assert run.attack["ts"].max() < run.population.start_ms + 2 * DAY_MS + 2 * HOUR_MS


def test_scale_changes_how_many_and_not_how() -> None:
    small, large = LADDER["seed"].at_scale(0.004), LADDER["seed"].at_scale(0.04)
    assert (small.accounts, large.accounts) == (100, 1_000)
    assert LADDER["naive"].at_scale(0.01).accounts == 300
    one, other = (
        Population(5, 20, campaign, days=0.2, heaviest_per_day=200.0) for campaign in (small, large)
    )
    sharing = [
        np.unique(each.accounts["payment"][each.labels.fraudulent], return_counts=True)[1][1:]
        for each in (one, other)
    ]
    assert sharing[0].mean() == pytest.approx(sharing[1].mean(), rel=0.25)


def test_operators_differ() -> None:
    drawn = [Traits.draw(np.random.default_rng(seed)) for seed in range(60)]
    assert all(100 <= each.families <= 500 and each.shard <= each.families for each in drawn)
    assert {each.templated for each in drawn} == {True, False}
    assert {each.shard == each.families for each in drawn} == {True, False}
    assert max(each.lot for each in drawn) > 4 * min(each.lot for each in drawn)
    assert max(each.per_exit for each in drawn) > 4 * min(each.per_exit for each in drawn)
