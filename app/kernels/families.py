"""Prompt families: an account's few most frequent kinds of prompt, near-duplicates joined.

A family stands for prompts whose SimHashes (Charikar, "Similarity estimation techniques from
rounding algorithms", STOC 2002) differ from its mark in at most ``JOIN_BITS`` bits. The heaviest
families are kept by SpaceSaving (Metwally, Agrawal and El Abbadi, "Efficient computation of
frequent and top-k elements in data streams", ICDT 2005) over decayed weights: a prompt that joins
none takes the place and the weight of the lightest.

Whether an account runs through fresh prompts or through the same ones again cannot be read off a
count of requests, and a row has no room to remember prompts. So every mark is one prompt of its
family drawn uniformly (reservoir sampling, Vitter 1985), and the row counts how often a mark is
met again: mark and recapture. With ``M`` prompts repeated for ever, a mark returns every ``M``
requests; with fresh prompts it never does. The draw depends on the number of events alone, so no
value of a hash can influence it.
"""

import numpy as np

from app.kernels.compile import kernel
from app.kernels.decode_types import Int, Record
from app.state.layout import FAMILIES

JOIN_BITS = 12
"""Most bits in which a prompt of a family differs from its mark.

Of two unrelated 64-bit SimHashes, 2.3 in ten million are that close (binomial, n 64, p 0.5), while
filling another value into one template moves a handful of bits. Paraphrases lie further apart;
telling those from strangers takes many accounts, not one.
"""

_M1 = np.uint64(0x5555555555555555)
_M2 = np.uint64(0x3333333333333333)
_M4 = np.uint64(0x0F0F0F0F0F0F0F0F)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


@kernel
def popcount(word: np.uint64) -> Int:
    """Bits set in ``word``, added up in parallel: LLVM knows the pattern."""
    word = word - ((word >> np.uint64(1)) & _M1)
    word = (word & _M2) + ((word >> np.uint64(2)) & _M2)
    word = (word + (word >> np.uint64(4))) & _M4
    word = word + (word >> np.uint64(8))
    word = word + (word >> np.uint64(16))
    word = word + (word >> np.uint64(32))
    return np.int64(word & np.uint64(0x7F))


@kernel
def uniform(counter: Int) -> float:
    """A number in [0, 1) that looks random but depends on ``counter`` alone.

    SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
    2014).
    """
    z = np.uint64(counter) * _GOLDEN + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@kernel
def fold_family(row: Record, simhash: np.uint64, weight: float) -> None:
    """Add a prompt of ``weight`` to the families of ``row``, brought to its clock before."""
    nearest = -1
    distance = np.int64(JOIN_BITS + 1)
    lightest = 0
    for k in range(FAMILIES):
        if row["family_weight"][k] > 0.0:
            bits = popcount(row["family"][k] ^ simhash)
            if bits < distance:
                nearest = k
                distance = bits
        if row["family_weight"][k] < row["family_weight"][lightest]:
            lightest = k
    if nearest < 0:
        row["family"][lightest] = simhash
        row["family_weight"][lightest] += weight
        return
    row["family_weight"][nearest] += weight
    if distance == 0:
        row["recaptured"] += weight
        return
    row["novel"] += weight
    if uniform(row["events"]) * row["family_weight"][nearest] < weight:
        row["family"][nearest] = simhash
