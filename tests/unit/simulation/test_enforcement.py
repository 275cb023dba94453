import numpy as np
import pytest

from app.simulation.arrivals import TICK_MS
from app.simulation.campaigns import LADDER
from app.simulation.enforcement import SUSPENDED, THROTTLED
from app.simulation.population import Population, RequestBatch
from app.simulation.rows import NEVER, Rows

HOUR_MS = 3_600_000
ANSWERS = ("output_tokens", "reasoning_tokens")


def world(rung: str = "seed", *, closed_loop: bool = True, **campaign: float) -> Population:
    attack = LADDER[rung](**{"accounts": 60, "requests_per_day": 200.0, **campaign})  # type: ignore[arg-type]
    return Population(5, 200, attack, days=1.0, heaviest_per_day=2_000.0, closed_loop=closed_loop)


def rows_of(batches: list[RequestBatch]) -> Rows:
    return np.concatenate([batch.rows for batch in batches])


def test_a_suspended_account_is_refused_and_then_given_up() -> None:
    population = world()
    stream = population.batches()
    before = [next(stream) for _ in range(36)]
    fraudulent = np.flatnonzero(population.labels.fraudulent)
    honest = np.flatnonzero(~population.labels.fraudulent)[:80]
    chosen = np.concatenate([fraudulent[:30], honest])
    at = before[-1].to_ms
    population.refuse(chosen, at)
    rows = rows_of(list(stream))
    theirs = np.isin(rows["account"], chosen)
    hit = theirs & (rows["ts"] >= at)
    assert np.all(rows["status"][hit] == SUSPENDED)
    assert all(np.all(rows[name][hit] == 0) for name in ANSWERS)
    assert np.all(rows["input_tokens"][hit] > 0)
    assert not np.any(rows["status"][~hit] == SUSPENDED)
    # Tries go on for some hours and no longer, with attackers as with others.
    for group in (fraudulent[:30], honest):
        last = [rows["ts"][rows["account"] == one].max(initial=at) - at for one in group]
        assert HOUR_MS / 2 < np.median([one for one in last if one]) < 5 * HOUR_MS
        assert max(last) < 18 * HOUR_MS
    untouched = fraudulent[30:]
    assert rows["ts"][np.isin(rows["account"], untouched)].max() > population.end_ms - HOUR_MS


def test_what_enforcement_prevents_adds_up() -> None:
    free, bitten = world(closed_loop=False), world()
    for _ in free.batches():
        pass
    for number, batch in enumerate(bitten.batches()):
        if number == 50:
            bitten.refuse(np.flatnonzero(bitten.labels.fraudulent)[:40], batch.to_ms)
    ours, theirs = bitten.labels, free.labels
    assert np.array_equal(ours.attacks + ours.abandoned, theirs.attacks)
    assert 0 < ours.refused.sum() < ours.abandoned.sum()
    honest = ~theirs.fraudulent
    assert np.array_equal(ours.requests[honest], theirs.requests[honest])


def test_a_suspension_ends_when_told_or_released() -> None:
    population = world()
    accounts = np.flatnonzero(population.labels.fraudulent)
    start = population.start_ms
    population.refuse(accounts[:30], start + 6 * HOUR_MS, start + 12 * HOUR_MS)
    population.refuse(accounts[30:], start + 6 * HOUR_MS)
    population.release(accounts[30:], start + 12 * HOUR_MS)
    rows = rows_of(list(population.batches()))
    rows = rows[np.isin(rows["account"], accounts)]
    refused = rows["status"] == SUSPENDED
    assert rows["ts"][refused].min() >= start + 6 * HOUR_MS
    assert rows["ts"][refused].max() < start + 12 * HOUR_MS
    late = rows["ts"] >= start + 12 * HOUR_MS
    assert np.unique(rows["account"][late]).size == 60


@pytest.mark.parametrize("slice_ms", [TICK_MS, 7 * HOUR_MS])
def test_a_throttle_lets_so_many_through_a_minute(slice_ms: int) -> None:
    population = world("naive", requests_per_day=6_000.0)
    accounts = np.flatnonzero(population.labels.fraudulent)
    population.throttle(
        accounts, population.start_ms, population.start_ms + 12 * HOUR_MS, requests_per_minute=2
    )
    rows = rows_of(list(population.batches(slice_ms)))
    rows = rows[np.isin(rows["account"], accounts)]
    early = rows["ts"] < population.start_ms + 12 * HOUR_MS
    limited = rows[early & (rows["ts"] >= population.start_ms)]
    over = (limited["status"] == THROTTLED) & (limited["output_tokens"] == 0)
    assert over.sum() > len(limited) / 3
    minute = limited["account"] * 100_000 + (limited["ts"] - population.start_ms) // 60_000
    passed = np.bincount(minute[~over])
    # But for records that are so late that nobody remembers their minute.
    assert np.mean(passed[passed > 0] > 2) < 0.003
    after = rows[~early]
    assert np.mean(after["status"] == THROTTLED) < 0.01


def test_a_throttle_counts_tokens_too() -> None:
    population = world()
    accounts = np.flatnonzero(population.labels.fraudulent)
    population.throttle(accounts, population.start_ms, None, tokens_per_minute=1)
    rows = rows_of(list(population.batches()))
    rows = rows[np.isin(rows["account"], accounts) & (rows["ts"] >= population.start_ms)]
    order = np.lexsort((rows["ts"] // 60_000, rows["account"]))
    minute = np.stack([rows["account"], rows["ts"] // 60_000])[:, order]
    follows = np.all(minute[:, 1:] == minute[:, :-1], axis=0)
    passed = rows["status"][order][1:][follows] == 200
    assert follows.sum() > 50
    assert passed.mean() < 0.02


def test_each_suspended_hydra_account_is_replaced_within_the_hour_on_new_links() -> None:
    population = world("hydra", heads=0.5)
    assert population.labels.fraudulent.sum() == 90
    assert population.labels.exists.sum() == 260
    ids = population.account_ids
    stream = population.batches()
    before = [next(stream) for _ in range(48)]
    at = before[-1].to_ms
    known = population.labels.fraudulent & population.labels.exists
    old = np.flatnonzero(known)
    population.refuse(old[:20], at)
    population.refuse(old[:20], at + 60_000)
    after = list(stream)
    labels = population.labels
    fresh = np.flatnonzero(labels.fraudulent & labels.exists & ~known)
    assert fresh.size == 20
    born = population.accounts["created_at"][fresh]
    assert np.all((born > at) & (born < at + HOUR_MS))
    announced = np.concatenate([batch.created for batch in after])
    assert set(fresh.tolist()) <= set(announced.tolist())
    rows = rows_of(after)
    mine = rows[np.isin(rows["account"], fresh)]
    assert np.unique(mine["account"]).size == 20
    theirs = rows_of(before)
    theirs = theirs[np.isin(theirs["account"], old)]
    assert set(mine["template_hash"].tolist()) <= set(theirs["template_hash"].tolist())
    assert not set(mine["net_hash"].tolist()) & set(theirs["net_hash"].tolist())
    for kind in ("payment", "device"):
        links = population.accounts[kind]
        assert not set(links[fresh].tolist()) & set(links[old].tolist()) - {-1}
    # What the replaced did not send, the replacements do.
    assert labels.abandoned.sum() == 0
    # Sign-ups cost money: after thirty there are no more.
    population.refuse(old, at + HOUR_MS)
    assert (population.accounts["created_at"] == NEVER).sum() == 0
    assert population.account_ids == ids


def test_no_account_waits_in_reserve_where_nothing_is_enforced() -> None:
    population = world("hydra", closed_loop=False)
    assert population.labels.fraudulent.sum() == 60
    assert population.labels.exists.all()
    with pytest.raises(RuntimeError, match="closed_loop"):
        population.refuse(0, population.start_ms)


def test_records_are_the_same_until_enforcement_bites() -> None:
    free, bitten = world(closed_loop=False), world()
    for number, (one, other) in enumerate(zip(free.batches(), bitten.batches(), strict=True)):
        assert one.rows.tobytes() == other.rows.tobytes()
        if number == 20:
            break
