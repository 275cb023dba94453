import tracemalloc

import numpy as np
import pytest

from app.simulation.arrivals import TICK_MS
from app.simulation.campaigns import LADDER, Naive
from app.simulation.delivery import MAX_DELAY_MS, MAX_SKEW_MS
from app.simulation.encode import ProfileEncoder, RequestEncoder
from app.simulation.population import START_MS, Population
from app.simulation.rows import REQUEST, Rows

HOUR_MS = 3_600_000
IDENTIFIERS = ("event_id", "template_hash", "ip_hash", "net_hash", "client_hash")


def small(seed: int = 7, **changes: object) -> Population:
    arguments = {
        "seed": seed,
        "benign_accounts": 400,
        "campaign": Naive(accounts=30, requests_per_day=300.0),
        "days": 0.25,
        "heaviest_per_day": 2_000.0,
        **changes,
    }
    return Population(**arguments)  # type: ignore[arg-type]


def stream(population: Population, slice_ms: int = HOUR_MS) -> Rows:
    return np.concatenate([batch.rows for batch in population.batches(slice_ms)])


def text(population: Population) -> bytes:
    requests, profiles = RequestEncoder(population), ProfileEncoder(population)
    return profiles.lines(np.arange(len(population.accounts))) + requests.lines(stream(population))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert text(small()) == text(small())
    assert text(small()) != text(small(seed=8))


@pytest.mark.parametrize("slice_ms", [TICK_MS // 7, 25 * 60_000, 24 * HOUR_MS])
def test_the_stream_is_the_same_however_it_is_sliced(slice_ms: int) -> None:
    assert stream(small(), slice_ms).tobytes() == stream(small()).tobytes()


def test_benign_accounts_do_the_same_with_and_without_a_campaign() -> None:
    invaded, alone = small(), small(campaign=None)
    rows = stream(invaded)
    honest = rows[~invaded.labels.fraudulent[rows["account"]]]
    encoder = RequestEncoder(invaded)
    assert encoder.encode(honest) == RequestEncoder(alone).encode(stream(alone))
    assert len(honest) < len(rows)


def test_another_key_changes_names_and_nothing_else() -> None:
    ours, theirs = small(), small(names_key=99)
    mine, other = stream(ours), stream(theirs)
    for name in REQUEST.names or ():
        if name not in (*IDENTIFIERS, "prompt_simhash"):
            assert np.array_equal(mine[name], other[name], equal_nan=name == "temperature"), name
    for name in IDENTIFIERS:
        renamed = dict(zip(mine[name].tolist(), other[name].tolist(), strict=True))
        assert [renamed[value] for value in mine[name].tolist()] == other[name].tolist()
        assert len(set(renamed.values())) == len(renamed), "two things share a name"
        assert renamed.keys().isdisjoint(renamed.values())
    # SimHashes keep their distances: each bit has moved, and perhaps been inverted.
    apart, other_apart = (
        np.bitwise_count(rows["prompt_simhash"][1:] ^ rows["prompt_simhash"][:-1])
        for rows in (mine, other)
    )
    assert np.array_equal(apart, other_apart)
    assert not np.array_equal(mine["prompt_simhash"], other["prompt_simhash"])
    assert np.array_equal(ours.labels.fraudulent, theirs.labels.fraudulent)
    assert np.array_equal(ours.accounts, theirs.accounts)


def rank_auc(values: np.ndarray, positive: np.ndarray) -> float:
    """Probability that a positive's value exceeds a negative's (Mann and Whitney, 1947)."""
    ranks = np.argsort(np.argsort(values))
    n = int(positive.sum())
    return float((ranks[positive].sum() - n * (n - 1) / 2) / n / (len(values) - n))


def test_neither_names_nor_places_tell_who_is_fraudulent() -> None:
    population = small(campaign=Naive(accounts=200))
    fraudulent = population.labels.fraudulent
    assert abs(rank_auc(np.arange(fraudulent.size), fraudulent) - 0.5) < 0.08
    assert abs(rank_auc(population.account_hashes, fraudulent) - 0.5) < 0.08
    rows = stream(population)
    assert abs(rank_auc(rows["event_id"], fraudulent[rows["account"]]) - 0.5) < 0.03
    assert {len(account_id) for account_id in population.account_ids} == {21}
    assert REQUEST.names is not None
    assert not {"attack", "repeat", "label", "archetype"} & set(REQUEST.names)


def test_records_arrive_in_order_within_the_lateness_and_some_twice() -> None:
    population = small(benign_accounts=2_000, days=1.0)
    before = START_MS
    repeats = 0
    seen: dict[int, bytes] = {}
    behind = 0
    for batch in population.batches(HOUR_MS):
        assert np.all(np.diff(batch.arrival) >= 0)
        assert len(batch.rows) == 0 or batch.arrival[0] >= before
        before = batch.to_ms
        ts = batch.rows["ts"]
        assert np.all(batch.arrival - ts <= MAX_DELAY_MS + MAX_SKEW_MS + 120_000)
        behind += int(np.count_nonzero(np.maximum.accumulate(ts) - ts > HOUR_MS))
        for event, row in zip(batch.rows["event_id"].tolist(), batch.rows, strict=True):
            if event in seen:
                repeats += 1
                assert seen[event] == row.tobytes()
            seen[event] = row.tobytes()
    assert before == population.end_ms
    assert repeats > 5
    assert behind > 0
    assert len(seen) == population.labels.requests.sum()


def test_event_time_stays_inside_the_simulation() -> None:
    population = small(benign_accounts=2_000)
    rows = stream(population)
    assert rows["ts"].min() >= population.start_ms - MAX_SKEW_MS
    assert rows["ts"].max() < population.end_ms
    born = population.accounts["created_at"][rows["account"]]
    assert np.all(rows["ts"] >= born - MAX_SKEW_MS)


def test_profiles_come_before_their_accounts_requests() -> None:
    population = small(campaign=Naive(accounts=30, start_after_ms=4 * HOUR_MS), days=0.5)
    known = set(population.profiles().tolist())
    assert len(known) < len(population.accounts)
    for batch in population.batches():
        created = set(batch.created.tolist())
        assert not created & known
        known |= created
        # A clock that is fast may put a record of a new account before its time.
        early = batch.arrival < population.accounts["created_at"][batch.rows["account"]]
        assert not np.any(early)
        assert set(batch.rows["account"].tolist()) <= known


def test_labels_count_what_was_drawn() -> None:
    population = small(campaign=Naive(accounts=30, requests_per_day=300.0, attack_share=0.5))
    assert population.labels.requests.sum() == 0
    attacked = np.zeros(len(population.accounts), np.int64)
    seen: set[int] = set()
    for batch, attack in population.labelled_batches():
        rows = zip(batch.rows[["event_id", "account"]].tolist(), attack.tolist(), strict=True)
        for (event, account), attacks in rows:
            attacked[account] += attacks and event not in seen
            seen.add(event)
    labels = population.labels
    assert np.array_equal(labels.attacks, attacked)
    assert not np.any(labels.attacks[~labels.fraudulent])
    # Cover keeps people's hours, and this is six hours of a night and a morning.
    share = labels.attacks.sum() / labels.requests[labels.fraudulent].sum()
    assert 0.3 < share < 0.8


def test_memory_does_not_grow_with_the_length_of_the_stream() -> None:
    def peak(days: float) -> int:
        population = small(days=days)
        tracemalloc.start()
        for _ in population.batches():
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(1.0) < 2 * peak(0.25)


@pytest.mark.parametrize("name", sorted(LADDER))
def test_every_rung_settles_in_a_population_of_any_size(name: str) -> None:
    campaign = LADDER[name](accounts=1, requests_per_day=50.0)
    population = small(benign_accounts=1, campaign=campaign, days=0.1)
    rows = stream(population)
    assert population.labels.fraudulent.sum() == 1
    assert len(rows) > 0


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"benign_accounts": 0, "campaign": None}, "at least one account"),
        ({"start_ms": START_MS + 1}, "full hour"),
        ({"days": 0.0}, "ten minutes"),
    ],
)
def test_impossible_populations_are_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        small(**changes)
