"""Bands of a SimHash: who shares a bucket."""

from itertools import combinations

import numpy as np
import pytest

from app.kernels.bands import BANDS, band_bucket

MARK = 0x0123_4567_89AB_CDEF


def buckets(simhash: int) -> set[int]:
    return {int(band_bucket(np.uint64(simhash), band)) for band in range(BANDS)}


def test_a_bucket_is_a_band_and_its_number():
    assert [int(band_bucket(np.uint64(MARK), band)) for band in range(BANDS)] == [
        0x1_CDEF,
        0x2_89AB,
    ]


def test_prompts_one_bit_apart_always_share_a_bucket():
    for bit in range(64):
        assert buckets(MARK) & buckets(MARK ^ 1 << bit)


def test_prompts_two_bits_apart_share_one_as_often_as_documented():
    pairs = list(combinations(range(64), 2))
    shared = sum(bool(buckets(MARK) & buckets(MARK ^ 1 << a ^ 1 << b)) for a, b in pairs)
    assert round(shared / len(pairs), 2) == 0.87


@pytest.mark.parametrize(
    ("distance", "expected"), [(3, 0.711), (6, 0.315), (10, 0.086), (20, 0.002)]
)
def test_farther_prompts_share_one_as_often_as_documented(distance, expected):
    rng = np.random.default_rng(distance)
    runs = 2000
    shared = 0
    for _ in range(runs):
        other = MARK
        for bit in rng.choice(64, distance, replace=False):
            other ^= 1 << int(bit)
        shared += bool(buckets(MARK) & buckets(other))
    error = (expected * (1 - expected) / runs) ** 0.5
    assert abs(shared / runs - expected) < 4 * error


def test_different_bands_never_share_a_bucket():
    assert len(buckets(0)) == BANDS
