"""The compiled hash against the reference, and the reference against the world."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest

from app.kernels.siphash import siphash13
from tests.reference import siphash as reference

KEYS = [(0, 0), (0x0706050403020100, 0x0F0E0D0C0B0A0908), (2**64 - 1, 2**63)]


def hashed(data: bytes, start: int, length: int, k0: int = 0, k1: int = 0) -> int:
    array = np.frombuffer(data, dtype=np.uint8)
    return int(siphash13(array, start, length, np.uint64(k0), np.uint64(k1)))


def test_reference_gives_the_published_siphash_2_4_vectors():
    key = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
    # Appendix A of the paper, and the empty message of the authors' own vectors.
    assert reference.siphash(bytes(range(15)), *key, compress=2, finalise=4) == 0xA129CA6149BE45E5
    assert reference.siphash(b"", *key, compress=2, finalise=4) == 0x726FDB47DD0E0E31


def test_reference_agrees_with_the_interpreter_s_own_hash():
    assert sys.hash_info.algorithm == "siphash13"
    # With PYTHONHASHSEED=0 CPython's key is zero; it replaces a hash of -1, an error code, by -2.
    texts = [bytes(range(n)) for n in range(1, 70)]
    script = "for n in range(1, 70): print(hash(bytes(range(n))) % 2**64)"
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    output = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True, text=True
    ).stdout
    assert [reference.siphash13(text) for text in texts] == [int(line) for line in output.split()]


@pytest.mark.parametrize(("k0", "k1"), KEYS)
def test_kernel_agrees_with_the_reference_at_every_length_and_alignment(k0, k1):
    data = random.Random(1).randbytes(300)
    for length in [*range(41), 64, 255, 256, 257]:
        for start in (0, 1, 7, 8, 300 - length):
            if start + length <= 300:
                expected = reference.siphash13(data[start : start + length], k0, k1)
                assert hashed(data, start, length, k0, k1) == expected


@pytest.mark.parametrize(
    ("start", "length"),
    [(-1, 1), (0, -1), (0, 9), (8, 1), (9, 0), (2**62, 2**62), (1, 2**63 - 1), (-(2**63), 0)],
)
def test_a_range_outside_of_the_data_is_refused(start, length):
    with pytest.raises(IndexError):
        hashed(b"12345678", start, length)


def test_an_empty_range_at_the_end_is_within():
    assert hashed(b"12345678", 8, 0) == reference.siphash13(b"")
