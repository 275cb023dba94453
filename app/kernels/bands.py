"""Buckets that near-duplicate prompts share.

A SimHash (Charikar, STOC 2002) of a prompt changes by a few bits when the prompt does, so it cannot
be a link itself. Its lower half is cut into two *bands* of 16 bits, and each band is a link of its
own: bit sampling, the locality-sensitive hash of the Hamming distance (Indyk and Motwani, STOC
1998), with disjoint samples. Two prompts one bit apart share a band for certain; 2 bits apart they
share one with 87 % probability, 3 bits apart with 71 %, 6 bits apart with 32 %, 10 bits apart with
9 %, 20 bits apart with 0.2 %.

Four bands would make 3 bits certain, at twice the sightings: prompt families are most of them. Two
do because a group is found by any few of its members that share a bucket, and an account's other
families are further tries.

A band has 65,536 buckets, so at a million accounts chance alone puts some 15 strangers' families
into each: a bucket is weak evidence that needs the rest of its members' behaviour, and the links of
all families together are bounded at 131,072.
"""

import numpy as np

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int

BANDS = 2
BAND_BITS = 16


@lean_kernel
def band_bucket(simhash: np.uint64, band: Int) -> np.uint64:
    """The link hash of ``simhash`` in ``band`` (0..BANDS - 1, from the lowest bits up).

    The band's number, counted from 1, stands above its bits: 0x00000000000Bxxxx. So no bucket is 0,
    which would be no link.
    """
    shift = np.uint64(band * BAND_BITS)
    bits = simhash >> shift & np.uint64((1 << BAND_BITS) - 1)
    bucket: np.uint64 = np.uint64(band + 1) << np.uint64(BAND_BITS) | bits
    return bucket
