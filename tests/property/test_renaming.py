"""Names are names: under any other key a simulation is the same, but for what things are called."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.simulation.campaigns import LADDER
from app.simulation.names import Names
from app.simulation.population import Population, RequestBatch
from app.simulation.rows import REQUEST

NAMED = ("event_id", "template_hash", "ip_hash", "net_hash", "client_hash")
KEYS = st.integers(min_value=0, max_value=2**64)


def streamed(rung: str, seed: int, key: int | None) -> tuple[Population, list[RequestBatch]]:
    campaign = LADDER[rung](accounts=8, requests_per_day=60.0, attack_share=0.5)
    population = Population(
        seed, 40, campaign, days=0.25, heaviest_per_day=500.0, names_key=key, closed_loop=True
    )
    batches = []
    for batch in population.batches(3 * 3_600_000):
        batches.append(batch)
        population.refuse(np.arange(0, len(population.accounts), 5), batch.to_ms)
    return population, batches


def is_bijection(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> bool:
    pairs = len(set(zip(one.tolist(), other.tolist(), strict=True)))
    return pairs == np.unique(one).size == np.unique(other).size


def is_permuted_and_inverted(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> bool:
    """Whether every bit of ``one`` is a bit of ``other``, at one place and maybe inverted."""
    bits, others = (
        (values[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
        for values in (one, other)
    )
    columns = {column.tobytes() for column in others.T}
    columns |= {(1 - column).astype(np.uint64).tobytes() for column in others.T}
    return all(column.tobytes() in columns for column in bits.T)


@pytest.mark.parametrize("rung", ["seed", "combined"])
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), key=KEYS)
def test_any_key_changes_names_and_nothing_else(rung: str, seed: int, key: int) -> None:
    ours, mine = streamed(rung, seed, None)
    theirs, other = streamed(rung, seed, key)
    assert np.array_equal(ours.accounts, theirs.accounts)
    assert ours.labels.archetype == theirs.labels.archetype
    for name in ("fraudulent", "requests", "attacks", "refused", "abandoned", "exists", "group"):
        assert np.array_equal(getattr(ours.labels, name), getattr(theirs.labels, name)), name
    assert is_bijection(ours.account_hashes, theirs.account_hashes)
    for one, two in zip(mine, other, strict=True):
        assert np.array_equal(one.arrival, two.arrival)
        assert np.array_equal(one.created, two.created)
        assert np.array_equal(one.updated, two.updated)
        for name in REQUEST.names or ():
            if name not in (*NAMED, "prompt_simhash"):
                same = np.array_equal(
                    one.rows[name], two.rows[name], equal_nan=name == "temperature"
                )
                assert same, name
    rows, renamed = (np.concatenate([batch.rows for batch in each]) for each in (mine, other))
    for name in NAMED:
        assert is_bijection(rows[name], renamed[name]), name
    assert is_permuted_and_inverted(rows["prompt_simhash"], renamed["prompt_simhash"])


@given(key=KEYS, other=KEYS, numbers=st.lists(st.integers(0, 2**63 - 1), min_size=2, unique=True))
def test_names_of_different_things_differ_under_any_key(
    key: int, other: int, numbers: list[int]
) -> None:
    things = np.array(numbers, np.int64)
    names = Names(key).of("network", things)
    assert np.unique(names).size == things.size
    if key != other:
        assert not np.array_equal(names, Names(other).of("network", things))
