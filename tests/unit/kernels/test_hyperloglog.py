"""HyperLogLog: the error that theory promises, from one value to more than it was made for."""

import math

import numba
import numpy as np
import pytest

from app.kernels.compile import kernel
from app.kernels.hyperloglog import estimate, merge, observe, union_estimates
from tests.reference.links import set_register


@kernel
def observe_all(registers, hashes):
    for i in range(hashes.size):
        observe(registers, hashes[i])


def hashes(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, count, np.uint64)


def sketch(values: np.ndarray, size: int = 64) -> np.ndarray:
    registers = np.zeros(size, np.uint8)
    observe_all(registers, values)
    return registers


def test_an_empty_sketch_has_seen_nothing():
    assert estimate(np.zeros(64, np.uint8)) == 0.0


@pytest.mark.parametrize("count", [1, 2, 10])
def test_a_few_values_are_counted_almost_exactly(count):
    # With distinct registers hit, which these seeds give, only the estimator's own bias is left.
    assert estimate(sketch(hashes(count, 1), 512)) == pytest.approx(count, rel=0.02)


SIZES = [(64, 100), (64, 1000)]
if not numba.config.DISABLE_JIT:
    SIZES += [(64, 100_000), (512, 300_000)]


@pytest.mark.parametrize(("size", "count"), SIZES)
def test_the_error_is_that_of_theory(size, count):
    runs = 64
    errors = np.array(
        [estimate(sketch(hashes(count, seed), size)) / count - 1 for seed in range(runs)]
    )
    theory = 1.04 / math.sqrt(2 * size)
    # The standard error of a standard deviation from 64 runs is 9 %, of their mean 1/8 of it.
    assert np.sqrt(np.mean(errors**2)) < 1.3 * theory
    assert abs(errors.mean()) < 4 * theory / math.sqrt(runs)


def test_registers_that_saturate_do_not_ruin_the_estimate():
    # 2**13 values to a register, as a million have in 128: two in five are saturated.
    size, count = 8, 16 * 2**13
    errors = [estimate(sketch(hashes(count, seed), size)) / count - 1 for seed in range(4)]
    assert np.abs(errors).max() < 3 * 1.04 / math.sqrt(2 * size)


def test_a_sketch_with_every_register_saturated_has_no_estimate():
    assert estimate(np.full(64, 0xFF, np.uint8)) == math.inf


def test_registers_hold_the_longest_run_of_zeros_seen():
    values = np.concatenate(
        [hashes(500, 3), np.array([0, 1, 127, 128, 1 << 20, 1 << 21, 2**64 - 1], np.uint64)]
    )
    expected = np.zeros(64, np.uint8)
    for value in values:
        set_register(expected, int(value))
    assert (sketch(values) == expected).all()


def test_order_and_repeats_change_nothing_and_sketches_merge():
    values = hashes(1000, 5)
    whole = sketch(values)
    assert (sketch(np.concatenate([values[::-1], values[:300]])) == whole).all()
    part, rest = sketch(values[:600]), sketch(values[400:])
    merge(part, rest)
    assert (part == whole).all()


def test_sketches_of_different_sizes_do_not_merge():
    with pytest.raises(ValueError, match="sizes"):
        merge(np.zeros(64, np.uint8), np.zeros(32, np.uint8))


def test_unions_of_many_sketches_are_counted_at_once():
    rng = np.random.default_rng(4)
    registers = np.zeros((5, 2, 64), np.uint8)
    for i in range(5):
        for part in range(2):
            for value in rng.integers(0, 2**63, 30 * i, np.uint64):
                observe(registers[i, part], value)
    expected = []
    for first, second in registers:
        union = first.copy()
        merge(union, second)
        expected.append(estimate(union))
    assert union_estimates(registers).tolist() == expected
    assert len(union_estimates(registers[:0])) == 0
