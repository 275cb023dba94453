"""HyperLogLog: how many distinct values were seen, in a few bytes that merge.

Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a near-optimal cardinality
estimation algorithm", AofA 2007. The estimator is Ertl's ("New cardinality estimation algorithms
for HyperLogLog sketches", arXiv:1702.01284, algorithm 6): unbiased from the first value on, without
the linear counting and the correction tables of the original, and it knows that a register can
saturate, so four bits are enough for each. The standard error is 1.04 / sqrt(registers) while
there are fewer than 2**14 values to a register.

``registers`` is uint8[n], n a power of two, with two registers to a byte. Zeros are the empty set.
"""

import math

import numpy as np
import numpy.typing as npt

from app.kernels.compile import kernel, lean_kernel
from app.kernels.decode_types import Int

Registers = npt.NDArray[np.uint8]

HIGHEST = 15  # of a four-bit register: 14 zero bits or more


@lean_kernel
def observe(registers: Registers, hashed: np.uint64) -> None:
    """Add the value with this uniform 64-bit hash: idempotent, and in any order."""
    count = np.uint64(2 * registers.size)
    which = hashed & (count - np.uint64(1))
    rest = hashed // count
    rank: Int = 1
    while rank < HIGHEST and rest & np.uint64(1) == np.uint64(0):
        rest >>= np.uint64(1)
        rank += 1
    at = np.int64(which >> np.uint64(1))
    byte: Int = np.int64(registers[at])
    if which & np.uint64(1):
        registers[at] = max(byte >> 4, rank) << 4 | (byte & 15)
    else:
        registers[at] = (byte & 0xF0) | max(byte & 15, rank)


@lean_kernel
def scrambled(value: np.uint64) -> np.uint64:
    """A uniform hash of ``value``: SplitMix64's finalizer (Steele, Lea and Flood, OOPSLA 2014)."""
    z = value + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@lean_kernel
def merge(registers: Registers, other: Registers) -> None:
    """Make ``registers`` the sketch of the union. Raises ValueError for another size."""
    if registers.size != other.size:
        raise ValueError("sketches of different sizes do not merge")
    for at in range(registers.size):
        mine: Int = np.int64(registers[at])
        theirs: Int = np.int64(other[at])
        registers[at] = max(mine & 0xF0, theirs & 0xF0) | max(mine & 15, theirs & 15)


@kernel
def estimate(registers: Registers) -> float:
    """The estimated number of distinct values; infinite when every register is saturated."""
    histogram = np.zeros(HIGHEST + 1, np.int64)
    for byte in registers:
        histogram[byte & 15] += 1
        histogram[byte >> 4] += 1
    count = 2.0 * registers.size
    if histogram[0] == 2 * registers.size:
        return 0.0
    z = count * _tau(1.0 - histogram[HIGHEST] / count)
    for rank in range(HIGHEST - 1, 0, -1):
        z = 0.5 * (z + histogram[rank])
    z += count * _sigma(histogram[0] / count)
    if z == 0.0:
        return math.inf
    return count * count / (2.0 * math.log(2.0) * z)


@kernel
def union_estimates(registers: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """For each of ``registers`` uint8[n, parts, size], how many values its parts hold together."""
    estimates = np.empty(registers.shape[0], np.float64)
    union = np.empty(registers.shape[2], np.uint8)
    for i in range(registers.shape[0]):
        union[:] = 0
        for part in range(registers.shape[1]):
            merge(union, registers[i, part])
        estimates[i] = estimate(union)
    return estimates


@lean_kernel
def _sigma(x: float) -> float:
    """``x + sum(x ** (2 ** k) * 2 ** (k - 1))`` over k >= 1, for 0 <= x < 1."""
    total = x
    weight = 1.0
    while True:
        x *= x
        before = total
        total += x * weight
        weight += weight
        if total == before:
            return total


@lean_kernel
def _tau(x: float) -> float:
    """``(1 - x - sum((1 - x ** (2 ** -k)) ** 2 * 2 ** -k)) / 3`` over k >= 1, for 0 <= x <= 1."""
    if x == 0.0 or x == 1.0:
        return 0.0
    total = 1.0 - x
    weight = 1.0
    while True:
        x = math.sqrt(x)
        before = total
        weight *= 0.5
        total -= (1.0 - x) * (1.0 - x) * weight
        if total == before:
            return total / 3.0
