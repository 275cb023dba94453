import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulation.names import Names, hex16, mix


def splitmix64(number: int) -> int:
    """The published finaliser, in plain integers."""
    bits = (1 << 64) - 1
    x = (number + 0x9E3779B97F4A7C15) & bits
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & bits
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & bits
    return x ^ (x >> 31)


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_mix_is_splitmix64(numbers: list[int]) -> None:
    mixed = mix(np.array(numbers, np.uint64))
    assert mixed.tolist() == [splitmix64(number) for number in numbers]


def test_names_differ_by_key_kind_and_number() -> None:
    numbers = np.arange(10_000)
    names = [Names(key).of(kind, numbers) for key in (1, 2) for kind in ("ip", "network")]
    assert np.unique(np.concatenate(names)).size == 40_000
    assert np.array_equal(Names(1).of("ip", numbers), names[0])


def test_null_references_are_numbers_like_any_other() -> None:
    assert Names(1).of("org", np.array([-1, 0], np.int32)).size == 2


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_hex16_is_the_contracts(numbers: list[int]) -> None:
    assert hex16(np.array(numbers, np.uint64)).tolist() == [b"%016x" % n for n in numbers]


def test_prompts_keep_their_distances() -> None:
    prompts = np.random.default_rng(0).integers(0, 1 << 64, 100, np.uint64)
    moved = Names(5).prompts(prompts)
    assert not np.array_equal(moved, prompts)
    apart = np.bitwise_count(prompts[:, None] ^ prompts)
    assert np.array_equal(np.bitwise_count(moved[:, None] ^ moved), apart)
    # A bit of its own for each bit, and some of them inverted: affine over GF(2).
    single = Names(5).prompts(np.uint64(1) << np.arange(64, dtype=np.uint64))
    zero = Names(5).prompts(np.zeros(1, np.uint64))
    assert np.all(np.bitwise_count(single ^ zero) == 1)
    assert np.unique(single).size == 64
    assert not np.array_equal(single ^ zero, np.uint64(1) << np.arange(64, dtype=np.uint64))


@pytest.mark.parametrize("bit", range(64))
def test_every_bit_of_a_number_matters(bit: int) -> None:
    zero, one = mix(np.array([0, 1 << bit], np.uint64)).tolist()
    assert 15 <= (zero ^ one).bit_count() <= 49
