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
        0x0_CDEF,
        0x1_89AB,
        0x2_4567,
        0x3_0123,
    ]


def test_prompts_up_to_three_bits_apart_always_share_a_bucket():
    for bits in combinations(range(0, 64, 3), 3):
        other = MARK
        for bit in bits:
            other ^= 1 << bit
        assert buckets(MARK) & buckets(other)


@pytest.mark.parametrize(("distance", "expected"), [(6, 0.583), (10, 0.170), (20, 0.003)])
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
